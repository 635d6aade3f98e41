"""The port that listens to a study, and its adapters without a store. A tracker decides nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tracking.values import EpochRow, StudyInfo, StudySummary, TrialInfo, TrialResult


class Tracker(Protocol):
    """Is told what happens, by one thread, in the order in which it happens.

    Calls return at once and never raise because a store is away. `study_started` comes first and `close`
    last; `close` may be called twice. Between `trial_started` and `trial_finished` a trial is running; one
    that is still running at `close` was interrupted.
    """

    def study_started(self, info: StudyInfo) -> None: ...

    def trial_started(self, info: TrialInfo) -> None:
        """A new trial, or one of an earlier command that goes on after `info.resumed_from_epoch`."""

    def epochs(self, number: int, rows: Sequence[EpochRow]) -> None:
        """Epochs of trial `number`; those told before are told again without harm."""

    def trial_finished(self, number: int, result: TrialResult) -> None: ...

    def artifact(self, path: Path, folder: str = "") -> None:
        """A file of the whole study, to be kept under `folder`."""

    def study_finished(self, summary: StudySummary) -> None:
        """The study as this command leaves it, finished or interrupted."""

    def link(self) -> str | None:
        """Where a person can look at the study, if anywhere."""

    def close(self) -> None:
        """Nothing is told after this; what is not delivered yet is kept for the next command."""


class NullTracker:
    """Listens to nothing."""

    def study_started(self, info: StudyInfo) -> None: ...

    def trial_started(self, info: TrialInfo) -> None: ...

    def epochs(self, number: int, rows: Sequence[EpochRow]) -> None: ...

    def trial_finished(self, number: int, result: TrialResult) -> None: ...

    def artifact(self, path: Path, folder: str = "") -> None: ...

    def study_finished(self, summary: StudySummary) -> None: ...

    def link(self) -> str | None:
        return None

    def close(self) -> None: ...


class RecordingTracker:
    """Keeps every call in `calls` as (method name, arguments...)."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def study_started(self, info: StudyInfo) -> None:
        self.calls.append(("study_started", info))

    def trial_started(self, info: TrialInfo) -> None:
        self.calls.append(("trial_started", info))

    def epochs(self, number: int, rows: Sequence[EpochRow]) -> None:
        self.calls.append(("epochs", number, tuple(rows)))

    def trial_finished(self, number: int, result: TrialResult) -> None:
        self.calls.append(("trial_finished", number, result))

    def artifact(self, path: Path, folder: str = "") -> None:
        self.calls.append(("artifact", path, folder))

    def study_finished(self, summary: StudySummary) -> None:
        self.calls.append(("study_finished", summary))

    def link(self) -> str | None:
        return None

    def close(self) -> None:
        self.calls.append(("close",))

    def named(self, method: str) -> list[tuple[Any, ...]]:
        """The arguments of every call of `method`, in order."""
        return [call[1:] for call in self.calls if call[0] == method]


class SeveralTrackers:
    """Tells each of `trackers` in turn; the link is the first that there is."""

    def __init__(self, *trackers: Tracker) -> None:
        self._trackers = trackers

    def study_started(self, info: StudyInfo) -> None:
        for tracker in self._trackers:
            tracker.study_started(info)

    def trial_started(self, info: TrialInfo) -> None:
        for tracker in self._trackers:
            tracker.trial_started(info)

    def epochs(self, number: int, rows: Sequence[EpochRow]) -> None:
        for tracker in self._trackers:
            tracker.epochs(number, rows)

    def trial_finished(self, number: int, result: TrialResult) -> None:
        for tracker in self._trackers:
            tracker.trial_finished(number, result)

    def artifact(self, path: Path, folder: str = "") -> None:
        for tracker in self._trackers:
            tracker.artifact(path, folder)

    def study_finished(self, summary: StudySummary) -> None:
        for tracker in self._trackers:
            tracker.study_finished(summary)

    def link(self) -> str | None:
        links = (tracker.link() for tracker in self._trackers)
        return next((link for link in links if link), None)

    def close(self) -> None:
        for tracker in self._trackers:
            tracker.close()

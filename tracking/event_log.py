"""Every event of a study as one JSON line in a file beside it, for people and for later tools."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tracking.events import (
    ArtifactSaved,
    Closed,
    EpochsDone,
    Event,
    StudyFinished,
    StudyStarted,
    TrialFinished,
    TrialStarted,
    to_line,
)
from tracking.lines import LineFile
from tracking.values import EpochRow, StudyInfo, StudySummary, TrialInfo, TrialResult


def wall_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class EventLog:
    """Appends to `path`; commands on the same study write on. A full disk costs lines and one warning."""

    def __init__(self, path: Path, *, now_ms: Callable[[], int] = wall_ms) -> None:
        self._path = path
        self._now_ms = now_ms
        self._file: LineFile | None = None
        self._warned = False

    def study_started(self, info: StudyInfo) -> None:
        self._file = LineFile(self._path)
        self._write(StudyStarted(info, self._now_ms()))

    def trial_started(self, info: TrialInfo) -> None:
        self._write(TrialStarted(info, self._now_ms()))

    def epochs(self, number: int, rows: Sequence[EpochRow]) -> None:
        self._write(EpochsDone(number, tuple(rows), self._now_ms()))

    def trial_finished(self, number: int, result: TrialResult) -> None:
        self._write(TrialFinished(number, result, self._now_ms()))

    def artifact(self, path: Path, folder: str = "") -> None:
        self._write(ArtifactSaved(path, folder, self._now_ms()))

    def study_finished(self, summary: StudySummary) -> None:
        self._write(StudyFinished(summary, self._now_ms()))

    def link(self) -> str | None:
        return None

    def close(self) -> None:
        if self._file is not None:
            self._write(Closed(self._now_ms()))
            self._file.close()
            self._file = None

    def _write(self, event: Event) -> None:
        if self._file is None:
            return
        try:
            self._file.append(to_line(event))
        except OSError as error:
            if not self._warned:
                logging.getLogger(__name__).warning("%s: %s; events are left out of it", self._path, error)
            self._warned = True

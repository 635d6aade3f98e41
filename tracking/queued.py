"""A tracker that answers at once and delivers from its own thread, through a spool on disk.

Every call becomes a line in the spool; the thread reads them in order and hands them to a sink. A sink that
is away costs nothing but waiting: the lines stay, are tried again, and at last are sent by the next command.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tracking.courier import Courier, Pace
from tracking.event_log import wall_ms
from tracking.events import (
    ArtifactSaved,
    Closed,
    EpochsDone,
    Event,
    StudyFinished,
    StudyStarted,
    TrialFinished,
    TrialStarted,
)
from tracking.sink import Sink
from tracking.spool import Spool
from tracking.values import EpochRow, StudyInfo, StudySummary, TrialInfo, TrialResult


class QueuedTracker:
    """Tells the sink that `open_sink` makes; `name` is how warnings call it and how its spool is named.

    open_sink: called in the thread, with the start of the study; raises SinkAwayError.
    warn: gets at most one sentence for a lost sink and one for refused events.
    """

    def __init__(
        self,
        open_sink: Callable[[StudyStarted], Sink],
        *,
        name: str,
        pace: Pace | None = None,
        warn: Callable[[str], None] | None = None,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._open_sink = open_sink
        self._name = name
        self._pace = pace or Pace()
        self._warn = warn or logging.getLogger(__name__).warning
        self._now_ms = now_ms
        self._courier: Courier | None = None
        self._link: str | None = None

    def study_started(self, info: StudyInfo) -> None:
        started = StudyStarted(replace(info, folder=info.folder.absolute()), self._now_ms())
        post = Spool(info.folder / f"{self._name}.spool.jsonl")
        self._courier = Courier(self._name, post, lambda: self._open_sink(started), self._pace, self._warn)
        self._courier.post(started)
        self._courier.start()

    def trial_started(self, info: TrialInfo) -> None:
        self._post(TrialStarted(info, self._now_ms()))

    def epochs(self, number: int, rows: Sequence[EpochRow]) -> None:
        self._post(EpochsDone(number, tuple(rows), self._now_ms()))

    def trial_finished(self, number: int, result: TrialResult) -> None:
        files = tuple(path.absolute() for path in result.files)
        self._post(TrialFinished(number, replace(result, files=files), self._now_ms()))

    def artifact(self, path: Path, folder: str = "") -> None:
        self._post(ArtifactSaved(path.absolute(), folder, self._now_ms()))

    def study_finished(self, summary: StudySummary) -> None:
        self._post(StudyFinished(summary, self._now_ms()))

    def link(self) -> str | None:
        """Known once the sink has answered, and kept after `close`."""
        return self._courier.link if self._courier is not None else self._link

    def close(self) -> None:
        """Waits while events are delivered; a lost sink is tried once more, then left to the next command."""
        if self._courier is None:
            return
        courier, self._courier = self._courier, None
        courier.post(Closed(self._now_ms()))
        courier.finish()
        self._link = courier.link

    def _post(self, event: Event) -> None:
        if self._courier is not None:
            self._courier.post(event)

"""What every tracker must bear, whoever listens behind it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tracking import told
from tracking.event_log import EventLog
from tracking.events import Event, StudyStarted
from tracking.mlflow_tracker import MlflowTracker
from tracking.queued import QueuedTracker
from tracking.sink import Sink, SinkAwayError
from tracking.tracker import NullTracker, RecordingTracker, SeveralTrackers, Tracker

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


class _Heap:
    link: str | None = "http://127.0.0.1:5000/"

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, event: Event) -> None:
        self.events.append(event)


def _away(_: StudyStarted) -> Sink:
    raise SinkAwayError("nobody there")


def _silent(_: str) -> None: ...


def _trackers(folder: Path) -> dict[str, Callable[[], Tracker]]:
    return {
        "null": NullTracker,
        "recording": RecordingTracker,
        "several": lambda: SeveralTrackers(NullTracker(), RecordingTracker()),
        "event log": lambda: EventLog(folder / "events.jsonl"),
        "queued": lambda: QueuedTracker(lambda _: _Heap(), name="heap"),
        "queued, sink away": lambda: QueuedTracker(_away, name="away", warn=_silent),
        "mlflow": lambda: MlflowTracker("sqlite:///mlflow.db", "contract", warn=_silent),
        "mlflow, no server": lambda: MlflowTracker("http://127.0.0.1:9", "contract", warn=_silent),
    }


@pytest.fixture(params=list(_trackers(Path())))
def tracker(request: pytest.FixtureRequest, working_directory: Path) -> Tracker:
    return _trackers(working_directory)[request.param]()


def test_a_whole_study_can_be_told(tracker: Tracker, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss\n1,0.5\n")
    tracker.study_started(told.study(tmp_path / "studies" / "digits"))
    for number, state in enumerate(("COMPLETE", "PRUNED", "FAILED")):
        tracker.trial_started(told.trial(number))
        tracker.epochs(number, told.epochs(1, 3))
        tracker.trial_finished(number, told.result(state, files=(log,)))
    tracker.artifact(log, "logs")
    tracker.study_finished(told.summary())
    tracker.close()
    assert tracker.link() is None or tracker.link().startswith("http")  # type: ignore[union-attr]


def test_an_interrupted_study_can_be_closed_with_trials_running(tracker: Tracker, tmp_path: Path) -> None:
    tracker.study_started(told.study(tmp_path / "study"))
    tracker.trial_started(told.trial(0))
    tracker.epochs(0, told.epochs(1, 2))
    tracker.close()


def test_closing_twice_is_closing_once(tracker: Tracker, tmp_path: Path) -> None:
    tracker.study_started(told.study(tmp_path / "study"))
    tracker.close()
    tracker.close()


def test_a_tracker_that_never_started_can_be_closed(tracker: Tracker) -> None:
    tracker.close()


def test_a_file_that_is_not_there_ends_nothing(tracker: Tracker, tmp_path: Path) -> None:
    tracker.study_started(told.study(tmp_path / "study"))
    tracker.artifact(tmp_path / "missing.txt")
    tracker.trial_started(told.trial(0))
    tracker.trial_finished(0, told.result(files=(tmp_path / "missing.csv",)))
    tracker.close()

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tracking import told
from tracking.courier import Pace
from tracking.events import Closed, EpochsDone, Event, StudyStarted, TrialStarted
from tracking.queued import QueuedTracker
from tracking.sink import RefusedError, Sink, SinkAwayError

AT_ONCE_S = 0.25
"""Far above what a call takes (some 30 us), far below any store's answer."""


class FakeSink:
    """Takes events until `away`; then every call fails."""

    link: str | None = "http://127.0.0.1:5000/#/x"

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.away = False
        self.refuses: type[Event] | None = None

    def open(self, started: StudyStarted) -> Sink:
        if self.away:
            raise SinkAwayError("store does not answer")
        return self

    def send(self, event: Event) -> None:
        if self.away:
            raise SinkAwayError("store does not answer")
        if self.refuses is not None and isinstance(event, self.refuses):
            raise RefusedError("bad name")
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


def _tracker(
    open_sink: Callable[[StudyStarted], Sink], warnings: list[str] | None = None, **pace: float
) -> QueuedTracker:
    heard = warnings if warnings is not None else []
    return QueuedTracker(open_sink, name="fake", pace=Pace(**pace), warn=heard.append)  # type: ignore[arg-type]


def _tell(tracker: QueuedTracker, folder: Path, *numbers: int) -> None:
    tracker.study_started(told.study(folder))
    for number in numbers:
        tracker.trial_started(told.trial(number))
        for row in told.epochs(1, 3):
            tracker.epochs(number, [row])
        tracker.trial_finished(number, told.result())


def test_events_arrive_in_the_order_in_which_they_were_told(sink: FakeSink, tmp_path: Path) -> None:
    tracker = _tracker(sink.open)
    _tell(tracker, tmp_path, 0, 1)
    tracker.close()
    one = ["TrialStarted", "EpochsDone", "TrialFinished"]
    kinds = [kind for place, kind in enumerate(sink.kinds()) if sink.kinds()[place - 1 : place] != [kind]]
    assert kinds == ["StudyStarted", *one, *one, "Closed"]


def test_epochs_in_a_row_arrive_together_by_trial(sink: FakeSink, tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(started: StudyStarted) -> Sink:
        assert gate.wait(10)
        return sink

    tracker = _tracker(slow)
    tracker.study_started(told.study(tmp_path))
    for row in told.epochs(1, 4):
        tracker.epochs(0, [row])
        tracker.epochs(1, [row])
    gate.set()
    tracker.close()
    batches = [event for event in sink.events if isinstance(event, EpochsDone)]
    assert [(batch.number, [row.epoch for row in batch.rows]) for batch in batches] == [
        (0, [1, 2, 3, 4]),
        (1, [1, 2, 3, 4]),
    ]


def test_calls_return_at_once_while_the_sink_hangs(tmp_path: Path) -> None:
    gate = threading.Event()

    def hangs(started: StudyStarted) -> Sink:
        gate.wait(30)
        raise SinkAwayError("too late")

    tracker = _tracker(hangs, grace_s=0.01)
    before = time.perf_counter()
    _tell(tracker, tmp_path, 0, 1, 2)
    tracker.study_finished(told.summary())
    assert tracker.link() is None
    assert time.perf_counter() - before < AT_ONCE_S
    tracker.close()
    gate.set()


def test_a_sink_that_hangs_for_ever_does_not_keep_close_from_returning(tmp_path: Path) -> None:
    gate, warnings = threading.Event(), list[str]()

    def hangs(started: StudyStarted) -> Sink:
        gate.wait(30)
        raise SinkAwayError("too late")

    tracker = _tracker(hangs, warnings, grace_s=0.01)
    _tell(tracker, tmp_path, 0)
    tracker.close()
    gate.set()
    assert "no answer" in warnings[0]
    assert (tmp_path / "fake.spool.jsonl").stat().st_size > 0


def test_a_lost_sink_costs_one_warning_that_says_where_the_events_are(sink: FakeSink, tmp_path: Path) -> None:
    sink.away = True
    warnings: list[str] = []
    tracker = _tracker(sink.open, warnings, retry_s=(0.0, 0.0))  # type: ignore[arg-type]
    _tell(tracker, tmp_path, 0, 1, 2)
    tracker.close()
    assert len(warnings) == 1
    assert "store does not answer; the study goes on" in warnings[0]
    assert str(tmp_path / "fake.spool.jsonl") in warnings[0]


def test_the_next_command_sends_what_the_last_could_not_in_order_and_once(sink: FakeSink, tmp_path: Path) -> None:
    sink.away = True
    first = _tracker(sink.open)
    _tell(first, tmp_path, 0)
    first.close()
    assert sink.events == []
    sink.away = False
    second = _tracker(sink.open)
    _tell(second, tmp_path, 1)
    second.close()
    started = [event.info.number for event in sink.events if isinstance(event, TrialStarted)]
    assert started == [0, 1]
    assert [type(event) for event in sink.events].count(Closed) == 2
    rows = [row.epoch for event in sink.events if isinstance(event, EpochsDone) for row in event.rows]
    assert rows == [1, 2, 3, 1, 2, 3]
    assert not (tmp_path / "fake.spool.jsonl").exists()


def test_a_sink_that_comes_back_gets_everything_in_the_same_command(sink: FakeSink, tmp_path: Path) -> None:
    tried = threading.Event()

    def first_away(started: StudyStarted) -> Sink:
        if not tried.is_set():
            tried.set()
            raise SinkAwayError("store does not answer")
        return sink

    tracker = _tracker(first_away, retry_s=(0.0, 0.0))  # type: ignore[arg-type]
    _tell(tracker, tmp_path, 0)
    assert tried.wait(10)
    tracker.close()
    assert sink.kinds()[0] == "StudyStarted"
    assert sink.kinds()[-1] == "Closed"


def test_a_refused_event_is_left_out_with_one_warning(sink: FakeSink, tmp_path: Path) -> None:
    sink.refuses = TrialStarted
    warnings: list[str] = []
    tracker = _tracker(sink.open, warnings)
    _tell(tracker, tmp_path, 0, 1)
    tracker.close()
    assert warnings == ["fake: an event was refused and is left out there: bad name"]
    assert sink.kinds()[-1] == "Closed"


def test_a_mistake_in_a_sink_ends_no_study(tmp_path: Path) -> None:
    class Broken(FakeSink):
        def send(self, event: Event) -> None:
            raise KeyError("oops")

    warnings: list[str] = []
    tracker = _tracker(Broken().open, warnings)
    _tell(tracker, tmp_path, 0)
    tracker.close()
    assert warnings == ["fake: an event was refused and is left out there: KeyError: 'oops'"]


def test_a_spool_with_an_unreadable_line_delivers_the_others(sink: FakeSink, tmp_path: Path) -> None:
    (tmp_path / "fake.spool.jsonl").write_text("no json\n")
    tracker = _tracker(sink.open)
    _tell(tracker, tmp_path)
    tracker.close()
    assert sink.kinds() == ["StudyStarted", "Closed"]


def test_the_link_is_kept_after_close(sink: FakeSink, tmp_path: Path) -> None:
    tracker = _tracker(sink.open)
    _tell(tracker, tmp_path)
    tracker.close()
    assert tracker.link() == sink.link


def test_relative_paths_are_told_as_full_ones(sink: FakeSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tracker = _tracker(sink.open)
    tracker.study_started(told.study(Path("study")))
    tracker.artifact(Path("a.txt"))
    tracker.close()
    assert [getattr(event, "path", None) for event in sink.events][1] == tmp_path / "a.txt"

"""What the loop knows reaches record and tracker in their words, the record first."""

import pytest

from models.training.orders import EpochReport
from search.clock import ManualClock
from search.folder import StudyFolder
from search.study import Cause, Outcome, Suggestion, TrialState
from search.telling import LOG_NAME, Teller, trial_result
from tracking.tracker import RecordingTracker
from tracking.values import EpochRow, TrialInfo

DONE = Outcome(TrialState.COMPLETE, Cause.FINISHED, "", 0.8, best_epoch=2, epochs=3, seconds=4.5, metrics={"m": 1.0})
SUGGESTION = Suggestion(7, {"x": 1}, 10, source="tpe")


class Record:
    """Keeps what it is told in the list that all share."""

    def __init__(self, told):
        self._told = told

    def start(self, suggestion, *, seed):
        self._told.append(("record", "start", suggestion.number, seed))

    def report(self, number, *, epoch, value):
        self._told.append(("record", "report", number, epoch, value))

    def finish(self, number, outcome):
        self._told.append(("record", "finish", number, outcome))

    def keep_up(self):
        self._told.append(("record", "keep up"))

    def flush(self):
        self._told.append(("record", "flush"))

    def set_seconds(self, seconds):
        self._told.append(("record", "seconds", seconds))


class Told:
    def __init__(self, folder):
        self.calls = []
        self.folder = StudyFolder(folder)
        self.tracker = RecordingTracker()
        self.tracker.calls = self.calls
        self.teller = Teller(
            Record(self.calls), self.tracker, folder=self.folder, metric="val_accuracy", clock=ManualClock(),
            seed_of=lambda number: 100 + number,
        )  # fmt: skip


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path)


def test_a_new_trial_is_recorded_with_its_seed_before_any_tracker_hears_of_it(told):
    told.teller.new_trial(SUGGESTION)
    assert told.calls == [("record", "start", 7, 107)]
    told.teller.trial_started(SUGGESTION, epoch=3)
    assert told.calls[1:] == [("trial_started", TrialInfo(7, {"x": 1}, 107, resumed_from_epoch=3, source="tpe"))]


def test_an_epoch_is_recorded_by_its_objective_and_tracked_with_all_metrics(told):
    metrics = {"loss": 0.3, "val_accuracy": 0.6}
    told.teller.epoch(7, EpochReport(2, metrics, 1.0))
    assert told.calls == [
        ("record", "report", 7, 2, 0.6),
        ("epochs", 7, (EpochRow(2, metrics, ManualClock().wall_ms()),)),
    ]


def test_a_finished_trial_is_recorded_and_tracked_with_its_log(told):
    log = told.folder.trial(7) / LOG_NAME
    log.parent.mkdir(parents=True)
    log.write_text("epoch\n")
    told.teller.trial_finished(7, DONE)
    assert told.calls == [("record", "finish", 7, DONE), ("trial_finished", 7, trial_result(DONE, (log,)))]


def test_a_trial_without_a_log_is_tracked_without_one(told):
    told.teller.trial_finished(7, DONE)
    assert told.calls[-1][2].files == ()


def test_a_configuration_outside_the_limits_is_recorded_and_not_tracked(told):
    refused = Outcome(TrialState.PRUNED, Cause.INFEASIBLE, "x <= 1: x is 2")
    told.teller.never_trained(SUGGESTION, refused)
    assert told.calls == [("record", "start", 7, 107), ("record", "finish", 7, refused)]


def test_the_record_is_asked_to_keep_up_and_to_store_everything(told):
    told.teller.keep_up()
    told.teller.flush()
    assert told.calls == [("record", "keep up"), ("record", "flush")]


def test_seconds_are_recorded(told):
    told.teller.seconds(3.5)
    assert told.calls == [("record", "seconds", 3.5)]


def test_a_tracked_reason_is_never_empty():
    assert trial_result(DONE, ()).reason == "finished"
    assert trial_result(Outcome(TrialState.FAILED, Cause.ERROR, "ValueError: no"), ()).reason == "ValueError: no"

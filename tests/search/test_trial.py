"""The one trial core with a real, tiny training: what it leaves on disk and what it says."""

import dataclasses

import numpy as np
import pytest
from spec_text import read

from models.bundle import is_complete, load_bundle
from models.objective import Direction, Objective
from models.training.errors import CheckpointError, OutOfMemory
from models.training.graphs import Graphs
from search.open_study import OpenStudy
from search.study import Cause, Decision, Outcome, Suggestion, TrialState
from search.telling import LOG_NAME
from search.trial import CHECKPOINT_NAME, Calls, Left, Warm, run_trial

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

STUDY = """\
study: tiny
data: sklearn:iris
objective: val_accuracy
model: {layers: 1, units: 8}
training: {epochs: 3, batch_size: 32, learning_rate: 0.01, checkpoint_every: 0.001}
budget: 1
"""


class Lab:
    """Runs the trial of a study file, and keeps what it tells its worker."""

    def __init__(self, folder):
        self._folder = folder
        self.warm = Warm(Graphs())
        self.started, self.reports, self.seconds = [], [], []

    def task(self, *overrides, **changes):
        study = OpenStudy.open(read(self._folder, STUDY, f"folder={self._folder}", *overrides))
        task = study.task_of(Suggestion(0, {}, study.file.max_epochs))
        return dataclasses.replace(task, **changes)

    def run(self, task, answer=lambda epoch: Decision.go_on()):
        self.started.clear()
        self.reports.clear()

        def epoch(report):
            self.reports.append(report)
            return answer(report.epoch)

        def started(history, trained_s):
            self.started.append(len(history))
            self.seconds.append(trained_s)

        return run_trial(task, Calls(started, epoch), warm=self.warm)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def at(epoch, decision):
    """Answers `decision` after `epoch`, and lets the others go on."""
    return lambda now: decision if now == epoch else Decision.go_on()


def test_a_finished_trial_leaves_its_model_predictions_and_log(lab):
    task = lab.task()
    outcome = lab.run(task)
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.COMPLETE, Cause.FINISHED, 3)
    assert outcome.objective == outcome.metrics["val_accuracy"] == max(r.metrics["val_accuracy"] for r in lab.reports)
    assert is_complete(task.folder)
    assert {part: p.shape for part, p in load_bundle(task.folder).predictions.items()} == {
        "validation": (30, 3),
        "test": (30, 3),
    }
    assert len((task.folder / LOG_NAME).read_text().splitlines()) == 4
    assert not (task.folder / CHECKPOINT_NAME).exists()


@pytest.mark.slow
def test_the_data_are_opened_once_for_many_trials(lab):
    task = lab.task("training.epochs=1")
    lab.run(task)
    (opened,) = lab.warm.datasets.values()
    lab.run(task)
    assert list(lab.warm.datasets.values()) == [opened]


def test_without_a_test_part_only_the_validation_rows_are_predicted(lab):
    task = lab.task("training.epochs=1", "data.split.test=none")
    lab.run(task)
    assert set(load_bundle(task.folder).predictions) == {"validation"}


def test_csv_log_false_leaves_no_log(lab):
    task = lab.task("training.csv_log=false", "training.epochs=1")
    lab.run(task)
    assert not (task.folder / LOG_NAME).exists()


def test_a_stopped_trial_keeps_its_best_and_is_whole(lab):
    task = lab.task()
    outcome = lab.run(task, at(2, Decision.stop("poor")))
    assert outcome.epochs == 2
    assert outcome.objective is not None
    assert is_complete(task.folder)


@pytest.mark.slow
def test_a_paused_trial_goes_on_where_it_was_and_ends_as_if_it_had_never_paused(lab):
    whole = lab.run(lab.task())
    predictions = load_bundle(lab.task().folder).predictions["test"]
    assert lab.run(lab.task(), at(2, Decision.pause("later"))) == Left(2)
    again = lab.run(lab.task(resume=True))
    assert lab.started == [2]
    assert [r.epoch for r in lab.reports] == [3]
    assert (again.objective, again.epochs) == (whole.objective, whole.epochs)
    np.testing.assert_array_equal(load_bundle(lab.task().folder).predictions["test"], predictions)


@pytest.mark.slow
def test_without_resume_a_trial_begins_anew_whatever_lies_in_its_folder(lab):
    lab.run(lab.task(), at(2, Decision.pause("later")))
    lab.run(lab.task())
    assert lab.started == [0]
    assert [r.epoch for r in lab.reports] == [1, 2, 3]


@pytest.mark.slow
def test_a_trial_that_begins_anew_where_another_has_finished_is_not_taken_for_it(lab):
    """The record was replaced by an older copy, and this trial's process died before its end."""
    lab.run(lab.task())
    assert lab.run(lab.task(), at(1, Decision.pause("later"))) == Left(1)
    assert not is_complete(lab.task().folder)


@pytest.mark.slow
def test_a_trial_that_is_only_closed_trains_no_more(lab):
    lab.run(lab.task(), at(2, Decision.pause("later")))
    outcome = lab.run(lab.task(resume=True, epochs=2))
    assert lab.reports == []
    assert outcome.epochs == 2
    assert outcome.objective is not None


@pytest.mark.slow
def test_with_no_epochs_the_best_of_the_checkpoint_is_stored(lab):
    """Also where the checkpoint is older than what was reported: nothing is trained again."""
    lab.run(lab.task(), at(2, Decision.pause("later")))
    outcome = lab.run(lab.task(resume=True, epochs=0))
    assert (lab.started, lab.reports, outcome.epochs) == ([2], [], 2)
    assert lab.seconds[-1] > 0
    assert is_complete(lab.task().folder)
    assert load_bundle(lab.task().folder).result["objective"] == outcome.objective


def test_with_no_epochs_and_no_checkpoint_nothing_is_stored(lab):
    outcome = lab.run(lab.task(resume=True, epochs=0))
    assert (outcome.state, outcome.objective, outcome.epochs) == (TrialState.PRUNED, None, 0)
    assert not is_complete(lab.task().folder)


@pytest.mark.slow
def test_the_seconds_of_a_trial_go_on_after_a_pause(lab):
    lab.run(lab.task(), at(2, Decision.pause("later")))
    whole = lab.run(lab.task(resume=True))
    assert lab.seconds[0] == 0
    assert 0 < lab.seconds[1] < whole.seconds


@pytest.mark.slow
def test_a_damaged_checkpoint_costs_the_trial_its_epochs_and_nothing_else(lab):
    task = lab.task(resume=True)
    lab.run(lab.task(), at(2, Decision.pause("later")))
    (task.folder / CHECKPOINT_NAME).write_bytes(b"nonsense")
    outcome = lab.run(task)
    assert lab.started == [0]
    assert (outcome.state, outcome.epochs) == (TrialState.COMPLETE, 3)


@pytest.mark.slow
def test_a_checkpoint_of_another_configuration_is_not_used(lab):
    lab.run(lab.task(), at(2, Decision.pause("later")))
    outcome = lab.run(lab.task("model.units=9", resume=True))
    assert lab.started[-1] == 0
    assert (outcome.state, outcome.epochs) == (TrialState.COMPLETE, 3)


@pytest.mark.slow
def test_a_trial_that_was_stored_before_its_process_died_is_not_trained_again(lab):
    whole = lab.run(lab.task())
    again = lab.run(lab.task(resume=True))
    assert lab.started == [3]
    assert lab.reports == []
    assert again == whole


def test_an_early_stopped_trial_says_so(lab):
    still = ("training.early_stopping={patience: 0}", "training.learning_rate=1e-9")
    outcome = lab.run(lab.task(*still))
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.COMPLETE, Cause.EARLY_STOPPED, 2)


def test_a_target_that_is_reached_says_so(lab):
    outcome = lab.run(lab.task("training.stop_at=0.01"))
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.COMPLETE, Cause.TARGET, 1)


MINE = """\
import keras

class Ends(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True

class Breaks(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise OSError("no more disk for pictures")
"""


def test_a_callback_that_ends_a_trial_is_its_reason_and_the_result_says_how_it_was_trained(lab, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    task = lab.task("training.callbacks=mine.py:Ends")
    outcome = lab.run(task)
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.COMPLETE, Cause.CALLBACK, 1)
    assert outcome.reason == "stopped by Ends"
    assert load_bundle(task.folder).result["by_step"] == "Ends has on_train_batch_end"


def test_what_a_callback_raises_fails_the_trial_with_the_line_in_the_users_file(lab, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    outcome = lab.run(lab.task("training.callbacks=mine.py:Breaks"))
    assert (outcome.state, outcome.reason) == (TrialState.FAILED, "OSError: no more disk for pictures")
    assert f'{tmp_path}/mine.py", line 9, in on_epoch_begin' in outcome.traceback


def test_an_objective_that_is_no_number_prunes_the_trial(lab):
    explosive = ("data=sklearn:diabetes", "objective=val_mse", "training.optimizer=sgd", "training.learning_rate=100")
    outcome = lab.run(lab.task(*explosive, "training.epochs=9"))
    assert (outcome.state, outcome.cause) == (TrialState.PRUNED, Cause.NAN)
    assert outcome.reason == "the objective is not a number"


def raising(error):
    def build(*_):
        raise error

    return build


def test_exhausted_memory_prunes_the_trial(lab, monkeypatch):
    monkeypatch.setattr("models.training.graphs.Graphs.begin", raising(OutOfMemory("training ran out of memory: 9 GB")))
    outcome = lab.run(lab.task())
    assert (outcome.state, outcome.cause) == (TrialState.PRUNED, Cause.OUT_OF_MEMORY)
    assert outcome.reason == "out of memory: training ran out of memory: 9 GB"


def test_whatever_the_model_raises_belongs_to_the_trial_with_its_traceback(lab, monkeypatch):
    monkeypatch.setattr("models.training.graphs.Graphs.begin", raising(RuntimeError("no such layer\nat all")))
    outcome = lab.run(lab.task())
    assert (outcome.state, outcome.cause, outcome.reason) == (
        TrialState.FAILED,
        Cause.ERROR,
        "RuntimeError: no such layer",
    )
    assert outcome.traceback.startswith("Traceback")
    assert outcome.objective is None


def test_an_error_without_words_still_has_a_reason(lab, monkeypatch):
    monkeypatch.setattr("models.training.graphs.Graphs.begin", raising(RuntimeError()))
    assert lab.run(lab.task()).reason == "RuntimeError"


def test_a_checkpoint_that_can_never_be_written_is_an_error_of_the_trial(lab, monkeypatch):
    monkeypatch.setattr("models.training.graphs.Graphs.begin", raising(CheckpointError("again")))
    outcome = lab.run(lab.task())
    assert isinstance(outcome, Outcome)
    assert outcome.reason == "CheckpointError: again"


def test_data_that_are_gone_are_an_error_of_the_trial(lab, tmp_path):
    outcome = lab.run(lab.task(data=tmp_path / "gone"))
    assert outcome.state is TrialState.FAILED
    assert "holds no prepared data" in outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "epoch"), [("last", 3), ("best", 1)])
def test_the_rule_of_the_objective_picks_the_epoch_that_counts(lab, rule, epoch):
    """The loss falls, so that the first epoch has the largest."""
    assert lab.run(lab.task(objective=Objective("val_loss", Direction.MAXIMIZE, at=rule))).best_epoch == epoch


FURTHER = ("params", "latency_ms", "train_seconds", "val_loss")


def test_several_objectives_are_measured_after_the_training_and_stored_with_the_trial(lab):
    task = lab.task(further=FURTHER)
    outcome = lab.run(task)
    assert outcome.metrics["params"] == 4 * 8 + 8 + 8 * 3 + 3
    assert {report.n_params for report in lab.reports} == {67}
    assert 0 < outcome.metrics["latency_ms"] < 1000
    assert 0 < outcome.metrics["train_seconds"] <= outcome.seconds
    assert outcome.metrics["val_loss"] == lab.reports[outcome.best_epoch - 1].metrics["val_loss"]
    again = lab.run(dataclasses.replace(task, resume=True))
    assert again == outcome
    assert lab.reports == []


def test_the_seconds_to_the_best_epoch_are_those_of_all_its_processes(lab):
    task = lab.task("objective={metric: val_accuracy, at: last}", further=("train_seconds",))
    lab.run(task, at(2, Decision.pause("")))
    before = sum(report.seconds for report in lab.reports)
    outcome = lab.run(dataclasses.replace(task, resume=True))
    assert outcome.metrics["train_seconds"] == pytest.approx(before + lab.reports[0].seconds)


def test_one_objective_costs_no_measuring(lab):
    outcome = lab.run(lab.task())
    assert "params" not in outcome.metrics
    assert {report.n_params for report in lab.reports} == {None}


def test_a_trial_of_which_an_objective_is_not_a_number_is_pruned(lab, monkeypatch):
    monkeypatch.setattr("models.training.costs.measure", lambda *asked, **named: {"params": float("nan")})
    outcome = lab.run(lab.task(further=("params",)))
    assert (outcome.state, outcome.cause, outcome.objective) == (TrialState.PRUNED, Cause.NAN, None)
    assert outcome.reason == "params is not a number"

"""The trial of a model that the user's own code builds: what it tells, what it stores, how it stops and goes on."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from spec_text import read

from models.bundle import load_bundle
from models.code.asked import Asked
from models.signature import Signature
from models.training.graphs import Graphs
from search.open_study import OpenStudy
from search.own_trial import as_signature, draw_of
from search.study import Cause, Decision, Suggestion, TrialState
from search.trial import CHECKPOINT_NAME, Calls, Left, Warm, run_trial
from spaces.domains import IntRange

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning", "ignore:Your input ran out of data:UserWarning"
)

CODE = Path(__file__).parents[1] / "models" / "code"
STUDY = f"""\
study: own
data: {{source: "{CODE}/rows.py:pair", split: {{validation: 0.3, test: 0.2}}}}
objective: val_accuracy
model: {{code: "{CODE}/programs.py:build_mlp"}}
training: {{epochs: 3, checkpoint_every: 0.001}}
budget: 1
"""


def program(name):
    return f"model.code={CODE}/programs.py:{name}"


def rows(name):
    return f"data={{code: '{CODE}/rows.py:{name}'}}"


LOOP = ("objective={metric: my_metric, goal: min}",)


class Lab:
    """Runs the trial of a study file in this process, and keeps what it tells its worker, in order."""

    def __init__(self, folder):
        self._folder = folder
        self.warm = Warm(Graphs())
        self.told, self.reports, self.settled = [], [], []

    def task(self, *overrides, params=None, **changes):
        study = OpenStudy.open(read(self._folder, STUDY, f"folder={self._folder}", *overrides))
        return dataclasses.replace(study.task_of(Suggestion(0, params or {}, study.file.max_epochs)), **changes)

    def run(self, task, answer=lambda epoch: Decision.go_on()):
        self.told.clear(), self.reports.clear(), self.settled.clear()

        def epoch(report):
            self.told.append(f"epoch {report.epoch}")
            self.reports.append(report)
            return answer(report.epoch)

        def settled(event):
            self.told.append("settled")
            self.settled.append(event)

        started = lambda history, trained_s: self.told.append(f"started {len(history)}")  # noqa: E731
        return run_trial(task, Calls(started, epoch, settled), warm=self.warm)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def at(epoch, decision):
    return lambda reported: decision if reported == epoch else Decision.go_on()


def test_a_trial_tells_its_parameters_before_anything_else(lab):
    outcome = lab.run(lab.task("training.epochs=2", params={"num_layers": 1, "units_0": 16, "units_1": 24, "lr": 0.01}))
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert lab.told == ["settled", "started 0", "epoch 1", "epoch 2"]
    (settled,) = lab.settled
    assert {name: settled.params[name] for name in ("num_layers", "units_0", "lr")} == {
        "num_layers": 1,
        "units_0": 16,
        "lr": 0.01,
    }
    assert "units_1" not in settled.params
    assert settled.places["num_layers"].startswith("programs.py:")


def test_what_nobody_suggested_is_drawn_alike_for_the_same_seed_trial_and_name(lab):
    asked = Asked("units", IntRange(1, 1000), 1, "here")
    others = [(seed, number, name) for seed in (0, 1) for number in (0, 1) for name in "ab"]
    drawn = {draw_of(seed, number)(dataclasses.replace(asked, name=name)) for seed, number, name in others}
    assert draw_of(3, 7)(asked) == draw_of(3, 7)(asked)
    assert len(drawn) > 4


@pytest.mark.slow
def test_a_stopped_trial_ends_after_its_epoch_and_is_stored(lab):
    task = lab.task()
    outcome = lab.run(task, at(2, Decision.stop("poor")))
    assert (outcome.state, outcome.epochs) == (TrialState.COMPLETE, 2)
    assert load_bundle(task.folder).model().output_shape == (None, 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["build_mlp", "OwnFit"])
def test_a_paused_trial_goes_on_where_it_was_and_ends_as_if_it_had_never_paused(lab, name):
    params = {"dropout": True, "num_layers": 1, "units_0": 8, "lr": 0.01, "units": 8, "batch_size": 16, "shuffle": True}
    whole = lab.run(lab.task(program(name), params=params))
    weights = load_bundle(lab.task().folder).model().get_weights()
    assert lab.run(lab.task(program(name), params=params), at(2, Decision.pause("later"))) == Left(2)
    again = lab.run(lab.task(program(name), params=params, resume=True))
    assert lab.told == ["settled", "started 2", "epoch 3"]
    assert (again.objective, again.epochs) == (whole.objective, whole.epochs)
    for mine, other in zip(load_bundle(lab.task().folder).model().get_weights(), weights, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.slow
def test_a_trial_does_not_depend_on_those_before_it_in_its_worker(lab):
    first = lab.run(lab.task()).objective
    lab.run(lab.task(seed=99))
    assert lab.run(lab.task()).objective == first


@pytest.mark.slow
def test_a_fit_of_its_own_tunes_what_it_is_given(lab):
    outcome = lab.run(lab.task(program("OwnFit")))
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert set(lab.settled[0].params) == {"units", "batch_size", "shuffle"}
    assert lab.told[:2] == ["settled", "started 0"]


@pytest.mark.slow
def test_a_trial_that_is_only_stored_keeps_the_parameters_that_its_fit_has_asked_for(lab):
    params = {"units": 8, "batch_size": 16, "shuffle": True}
    assert lab.run(lab.task(program("OwnFit"), params=params), at(1, Decision.pause("later"))) == Left(1)
    lab.run(lab.task(program("OwnFit"), params=params, resume=True, epochs=0))
    assert lab.told == ["settled", "started 1"]
    assert lab.settled[0].params == params


@pytest.mark.slow
def test_a_loop_of_its_own_is_reported_epoch_by_epoch_and_goes_on_after_a_pause(lab):
    task = lab.task(program("OwnLoop"), *LOOP)
    assert lab.run(task, at(2, Decision.pause("later"))) == Left(2)
    outcome = lab.run(dataclasses.replace(task, resume=True))
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert lab.told == ["settled", "started 2", "epoch 3"]
    assert set(lab.settled[0].params) == {"units", "batch_size", "learning_rate"}


@pytest.mark.slow
def test_a_loop_that_does_not_heed_the_stop_is_ended_at_its_next_epoch(lab):
    task = lab.task(program("DeafLoop"), *LOOP)
    outcome = lab.run(task, at(2, Decision.stop("poor")))
    assert (outcome.epochs, [r.epoch for r in lab.reports]) == (2, [1, 2])
    assert not (task.folder / CHECKPOINT_NAME).exists()
    assert lab.run(lab.task(program("DeafLoop"), *LOOP, "training.epochs=4")).epochs == 4


@pytest.mark.slow
def test_a_fit_that_calls_no_callback_is_one_epoch_with_what_it_returns(lab):
    outcome = lab.run(lab.task(program("SilentLoop"), *LOOP))
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert lab.reports[0].metrics["other"] == 1.0
    assert outcome.objective == lab.reports[0].metrics["my_metric"]


@pytest.mark.parametrize(
    ("name", "metric", "text"),
    [
        ("build_mlp", "{metric: val_auc}", "has no `val_auc`; its epochs have .*accuracy.*val_loss"),
        ("OwnLoop", "{metric: val_accuracy}", "has no `val_accuracy`; its epochs have my_metric"),
    ],
)
def test_a_metric_that_the_model_has_not_is_told_with_those_that_it_has(lab, name, metric, text):
    outcome = lab.run(lab.task(program(name), f"objective={metric}"))
    assert outcome.state is TrialState.FAILED
    assert outcome.cause is Cause.ERROR
    assert re.search(text, outcome.reason), outcome.reason
    assert lab.told[:2] == ["settled", "started 0"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "model"),
    [("two_inputs", "build_two_inputs"), ("tensors", "build_mlp"), ("batches", "build_mlp"), ("parts", "build_mlp")],
)
def test_rows_go_to_the_model_as_they_are(lab, data, model):
    task = lab.task(rows(data), program(model), "training.epochs=1")
    outcome = lab.run(task)
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    predictions = load_bundle(task.folder).predictions
    assert set(predictions) == ({"validation", "test"} if data in ("two_inputs", "parts") else {"validation"})
    assert predictions["validation"].shape[1] == 10


@pytest.mark.slow
def test_a_plain_function_is_compiled_and_trained_as_the_study_file_says(lab):
    space = f"model={{code: '{CODE}/programs.py:build_plain', space: {{units: {{int: [4, 32]}}, activation: relu}}}}"
    task = lab.task(space, "training.optimizer=sgd", "training.learning_rate=0.5", params={"units": 16})
    outcome = lab.run(task)
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert lab.reports[0].metrics["learning_rate"] == 0.5
    assert lab.settled[0].params == {}


MULTI = Signature("multiclass", (2,), 3, (0, 1, 2), ("target",), 9)
BINARY = Signature("binary", (2,), 1, (0, 1), ("target",), 9)
AMOUNT = Signature("regression", (2,), 1, (), ("target",), 9, (0.0,), (1.0,))


@pytest.mark.parametrize(
    ("rows", "signature", "kept"),
    [
        ([[0.25, 0.25, 0.5]], MULTI, [[0.25, 0.25, 0.5]]),
        ([[2.0, -1.0, 0.5]], MULTI, None),
        ([[0.5, 0.5]], MULTI, None),
        ([[0.25, 0.75]], BINARY, [[0.75]]),
        ([[0.75]], BINARY, [[0.75]]),
        ([[1.75]], BINARY, None),
        ([0.75], BINARY, [[0.75]]),
        ([[17.5]], AMOUNT, [[17.5]]),
        ([[17.5, 3.0]], AMOUNT, None),
    ],
)
def test_predictions_are_kept_where_they_can_be_blended(rows, signature, kept):
    found = as_signature(np.array(rows), signature)
    assert (None if found is None else found.tolist()) == kept


def test_an_error_of_the_program_is_told_from_its_own_first_line_on(lab, tmp_path):
    (tmp_path / "bad.py").write_text(
        "def build(hp):\n    hp.Int('units', 1, 4)\n    raise ValueError('no such layer')\n"
    )
    outcome = lab.run(lab.task(f"model.code={tmp_path}/bad.py:build"))
    assert outcome.reason == "ValueError: no such layer"
    lines = outcome.traceback.splitlines()
    assert "bad.py" in lines[1]
    assert not any("own_trial.py" in line for line in lines)
    assert lab.settled[0].params.keys() == {"units"}


def test_rows_that_only_a_fit_prepares_leave_a_trial_without_predictions(lab):
    task = lab.task(program("Cropped"), "training.epochs=1", params={"size": 5, "normalize": True})
    outcome = lab.run(task)
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert outcome.metrics["val_accuracy"] > 0
    assert load_bundle(task.folder).predictions == {}


def test_a_number_that_a_fit_returns_is_the_objective_of_epochs_without_it(lab):
    task = lab.task(program("Judged"), "training.epochs=2", "objective={metric: error, goal: min}")
    outcome = lab.run(task)
    assert outcome.state is TrialState.COMPLETE, outcome.traceback
    assert 0 <= outcome.objective <= 1


def test_a_configuration_that_the_program_refuses_is_pruned(lab):
    outcome = lab.run(lab.task(program("build_limited"), params={"units": 30}))
    assert (outcome.state, outcome.cause) == (TrialState.PRUNED, Cause.PRUNED)
    assert outcome.reason.startswith("FailedTrialError: Model too large!")
    assert outcome.objective is None

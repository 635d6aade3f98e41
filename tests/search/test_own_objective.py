"""The trial of an Optuna objective of the user's own in a worker: what it tells, how it ends, how it is stopped."""

import json
from pathlib import Path

import pytest
from spec_text import read

from models.training.graphs import Graphs
from search.open_study import OpenStudy
from search.own_objective import USER_ATTRS, NoObjectiveError, objective_of
from search.study import Cause, Decision, Suggestion, TrialState
from search.trial import Calls, Left, Warm, run_trial

OBJECTIVES = Path(__file__).with_name("objectives.py")
STUDY = "study: own\nobjective: {code: objectives.py:branching, goal: min}\nbudget: 1\n"


class Lab:
    """Runs a trial in this process, and keeps what it tells its worker, in order."""

    def __init__(self, folder):
        self.folder = folder
        self.told, self.reports, self.settled = [], [], []

    def run(self, name, answer=lambda epoch: Decision.go_on(), *, params=None, number=0):
        self.told.clear(), self.reports.clear(), self.settled.clear()
        code = f"objective.code={OBJECTIVES}:{name}"
        study = OpenStudy.open(read(self.folder, STUDY, f"folder={self.folder}", code))
        task = study.task_of(Suggestion(number, params or {}, study.file.max_epochs))

        def epoch(report):
            self.told.append(f"epoch {report.epoch}")
            self.reports.append(report)
            return answer(report.epoch)

        def settled(event):
            self.told.append("settled")
            self.settled.append(event)

        started = lambda history, trained_s: self.told.append("started")  # noqa: E731
        return run_trial(task, Calls(started, epoch, settled), warm=Warm(Graphs()))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    (tmp_path / "objectives.py").write_text(OBJECTIVES.read_text())
    monkeypatch.chdir(tmp_path)
    return Lab(tmp_path)


def at(epoch, decision):
    return lambda now: decision if now == epoch else Decision.go_on()


def test_a_trial_tells_its_parameters_before_its_reports(lab):
    outcome = lab.run("branching", params={"x": 2.0, "kind": "b", "rate": 0.01})
    assert lab.told == ["settled", "started", *(f"epoch {n}" for n in range(1, 7))]
    (settled,) = lab.settled
    assert settled.params == {"x": 2.0, "kind": "b", "rate": 0.01}
    assert [d.name for d in settled.dimensions] == ["x", "kind", "rate"]
    assert settled.places["x"].startswith("objectives.py:")
    assert (outcome.state, outcome.cause) == (TrialState.COMPLETE, Cause.FINISHED)
    assert outcome.objective == pytest.approx(4 + 1 / 6 + 0.01)
    assert (outcome.best_epoch, outcome.epochs) == (6, 6)


def test_steps_are_counted_as_epochs(lab):
    lab.run("branching")
    assert [report.epoch for report in lab.reports] == [1, 2, 3, 4, 5, 6]
    assert all(set(report.metrics) == {"value"} for report in lab.reports)


def test_user_attributes_are_kept_and_numbers_are_metrics(lab):
    outcome = lab.run("branching")
    assert outcome.metrics == {"steps": 6.0, "value": outcome.objective}
    kept = json.loads((next((lab.folder / "own" / "trials").iterdir()) / USER_ATTRS).read_text())
    assert kept == {"steps": 6, "kind of value": "square"}


def test_the_number_of_a_trial_without_reports_is_its_one_epoch(lab):
    outcome = lab.run("silent", params={"x": 0.25})
    assert lab.told == ["settled", "started", "epoch 1"]
    assert (outcome.objective, outcome.best_epoch, outcome.epochs) == (0.25, 1, 1)


def test_a_pruned_trial_ends_with_the_best_that_it_reported(lab):
    outcome = lab.run("branching", at(2, Decision.stop("poor")), params={"x": 0.0, "kind": "a", "n": 1})
    assert lab.told[-1] == "epoch 2"
    # the coordinator, which has ordered it, says that it is pruned
    assert (outcome.state, outcome.objective, outcome.epochs) == (TrialState.COMPLETE, 0.51, 2)


def test_a_function_that_never_asks_ends_at_its_next_report(lab):
    outcome = lab.run("deaf", at(3, Decision.stop("poor")))
    assert lab.told[-1] == "epoch 3"
    assert (outcome.objective, outcome.epochs) == (0.0, 3)


def test_a_function_that_returns_when_it_is_to_be_pruned_keeps_its_number(lab):
    outcome = lab.run("returns_best_when_pruned", at(1, Decision.stop("poor")))
    assert outcome.objective == 3.0


def test_a_function_may_prune_by_itself(lab):
    outcome = lab.run("gives_up")
    assert (outcome.state, outcome.cause, outcome.reason) == (TrialState.PRUNED, Cause.PRUNED, "too large a model")
    assert outcome.objective is None
    assert lab.told == ["settled", "started"]


def test_an_interrupted_trial_leaves_at_its_report(lab):
    assert lab.run("deaf", at(2, Decision.pause("interrupted"))) == Left(2)
    assert lab.told[-1] == "epoch 2"


def test_a_number_that_is_none_is_pruned_so_that_samplers_learn(lab):
    outcome = lab.run("returns_nan")
    assert (outcome.state, outcome.cause, outcome.objective) == (TrialState.PRUNED, Cause.NAN, None)
    assert outcome.reason == "the objective is not a number"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("returns_none", "returned None; return the number to optimise"),
        ("returns_two", "returned 2 values, and a function of your own has one objective; return the one number"),
        ("exits", "the objective ended its process by sys.exit; return a number in its place"),
        ("missing", "has no `missing`"),
        ("number", "is of type int; name a function of a `trial`"),
        ("breaks", "RuntimeError: no such layer"),
    ],
)
def test_a_function_that_fails_says_why(lab, name, reason):
    if name == "missing":
        (lab.folder / "other.py").write_text("from objectives import *\n")
        with pytest.raises(ValueError, match=reason):
            objective_of(f"{lab.folder}/other.py:missing")
        return
    outcome = lab.run(name)
    assert (outcome.state, outcome.cause) == (TrialState.FAILED, Cause.ERROR)
    assert reason in outcome.reason


def test_a_class_that_needs_arguments_is_no_function(lab):
    with pytest.raises(NoObjectiveError, match="the class `Given` needs arguments; make an instance in the file"):
        objective_of(f"{OBJECTIVES}:Given")


def test_a_failure_has_the_traceback_of_the_users_own_lines(lab):
    outcome = lab.run("breaks")
    assert outcome.traceback.count("File ") == 1
    assert 'raise RuntimeError("no such layer")' in outcome.traceback
    assert lab.settled[0].params.keys() == {"x"}


def test_a_failure_that_names_its_place_itself_has_no_traceback_of_this_project(lab):
    assert "File " not in lab.run("returns_none").traceback


@pytest.mark.parametrize("name", ["Objective", "made"])
def test_an_object_that_can_be_called_is_a_function(lab, name):
    assert lab.run(name, params={"x": 0.5}).objective == 0.5


def test_a_list_of_one_number_is_the_number(lab):
    assert lab.run("returns_one_of_a_list").objective == 1.5


def test_the_generators_of_a_trial_have_its_seed(lab):
    first = lab.run("random_number").objective
    assert lab.run("random_number").objective == first
    assert lab.run("random_number", number=1).objective != first

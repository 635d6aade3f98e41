"""A whole `run` with several objectives on simulated time: the front, what is made of it, and how a study goes on."""

import csv
import io
import json

import optuna
import pytest
from rehearsal import BASE, Rehearsal

from models.objective import Aim, Direction
from search.lock import StudyChangedError
from search.record import Record
from search.showing import show
from search.study import Cause, Outcome, Suggestion, TrialState
from spaces.space import Space

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

SEVERAL = BASE.replace("objective: val_accuracy", "objectives: [val_accuracy, params]").replace(
    "units: 8", "units: {int: [1, 64]}"
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def growing(params, epoch):
    """Wide models are better, if the learning rate is."""
    return {"loss": 1.0, "val_accuracy": (0.1 + params["learning_rate"] * params["units"] / 64) * (1 - 0.5**epoch)}


def costs(params):
    return {"params": 10.0 * params["units"]}


def rehearsed(*overrides, text=SEVERAL, curve=growing, priced=costs):
    rehearsal = Rehearsal(curve)
    rehearsal.costs = priced
    return rehearsal.run(*overrides, text=text)


def front_of(rehearsal):
    return list(csv.DictReader(io.StringIO((rehearsal.folder / "front.csv").read_text())))


def stored(rehearsal):
    """The record as Optuna reads it."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.load_study(study_name="small", storage=f"sqlite:///{rehearsal.folder}/record.db")


def shown():
    stream = io.StringIO()
    show("small", None, stream=stream)
    return stream.getvalue()


@pytest.mark.parametrize("sampler", ["random", "tpe", "nsga2"])
def test_the_front_is_the_one_that_optuna_finds_in_the_record(sampler):
    rehearsal = rehearsed(f"search.sampler={sampler}", "budget.trials=25")
    study = stored(rehearsal)
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == ["val_accuracy", "params"]
    members = {int(row["trial"]): (float(row["objective"]), float(row["params"])) for row in front_of(rehearsal)}
    assert members == {trial.number: tuple(trial.values) for trial in study.best_trials}
    assert 1 < len(members) < 25


def test_the_leaderboard_begins_with_the_front_from_the_best_first_objective_on():
    rehearsal = rehearsed("budget.trials=20")
    rows = rehearsal.rows
    ranks = [int(row["rank"]) for row in rows]
    assert ranks == sorted(ranks)
    assert max(ranks) > 1
    for rank in set(ranks):
        values = [float(row["objective"]) for row in rows if row["rank"] == str(rank)]
        assert values == sorted(values, reverse=True)
    assert [row for row in rows if row["rank"] == "1"] == front_of(rehearsal)
    assert [row["place"] for row in rows] == [str(place) for place in range(1, 21)]


def test_a_person_sees_the_front():
    rehearsal = rehearsed("budget.trials=20")
    front = front_of(rehearsal)
    best = front[0]
    lines = [line for line in rehearsal.text.splitlines() if line.startswith("front: ")]
    low, high = (limit(int(row["params"]) for row in front) for limit in (min, max))
    assert lines[-1] == (
        f"front: {len(front)} trials, best val_accuracy {float(best['objective']):.4f} (trial {best['trial']}), "
        f"params {low} to {high}"
    )
    assert f"the front, {len(front)} of 20 trials by val_accuracy" in rehearsal.text
    assert f"params {best['params']}" in next(
        line for line in rehearsal.text.splitlines() if line.startswith(f"trial {int(best['trial']):>3}  done")
    )
    assert "trials by rank (1 is the front) and val_accuracy:" in shown()
    heading, first = shown().splitlines()[3:5]
    assert heading.split()[:4] == ["rank", "trial", "objective", "params"]
    assert first.split()[:2] == ["1", best["trial"]]


def test_a_study_that_was_stopped_goes_on_with_the_same_suggestions():
    whole = rehearsed("search.sampler=nsga2", "search.startup_trials=4", "budget.trials=16", "study=whole")
    rehearsed("search.sampler=nsga2", "search.startup_trials=4", "budget.trials=7")
    parts = rehearsed("search.sampler=nsga2", "search.startup_trials=4", "budget.trials=16")
    assert parts.rates == whole.rates
    assert [row["trial"] for row in front_of(parts)] == [row["trial"] for row in front_of(whole)]


def test_other_objectives_are_another_study():
    rehearsed()
    with pytest.raises(StudyChangedError, match=r"objectives were val_accuracy \(max\), params \(min\) at the best"):
        rehearsed("objectives=[val_accuracy, params, size_mb]")
    with pytest.raises(StudyChangedError, match=r"and are val_accuracy \(max\), params \(min\) at the last epoch"):
        rehearsed("objectives=[{metric: val_accuracy, at: last}, params]")
    one = "objective: {at: {mean_of_last: 2}, metric: val_accuracy}"
    with pytest.raises(StudyChangedError, match=r"and are val_accuracy \(max\) at the mean of the last 2 epochs"):
        rehearsed(text=SEVERAL.replace("objectives: [val_accuracy, params]", one))
    assert rehearsed("objectives=[val_accuracy, {metric: params, goal: min}]").code == 0


def falling(params, epoch):
    """The best epoch is the second; the loss falls to the end."""
    return {"loss": 1.0, "val_accuracy": params["learning_rate"] - abs(epoch - 2) / 10, "val_loss": 1.0 / epoch}


def test_all_objectives_are_read_at_the_epoch_of_the_first():
    best = rehearsed("objectives=[val_accuracy, val_loss]", curve=falling)
    assert {float(row["val_loss"]) for row in best.rows} == {0.5}
    last = rehearsed(
        "objectives=[{metric: val_accuracy, at: last}, val_loss]", "training.epochs=4", "study=last", curve=falling
    )
    assert {float(row["val_loss"]) for row in last.rows} == {0.25}


def test_the_goal_of_a_further_metric_turns_the_front_round():
    def biased(params, epoch):
        return {"loss": 1.0, "val_mae": 1 - params["learning_rate"], "val_bias": params["learning_rate"]}

    text = SEVERAL.replace("sklearn:iris", "sklearn:diabetes")
    low = rehearsed("objectives=[val_mae, {metric: val_bias, goal: min}]", text=text, curve=biased)
    assert len(front_of(low)) == 4
    high = rehearsed("objectives=[val_mae, {metric: val_bias, goal: max}]", "study=high", text=text, curve=biased)
    assert len(front_of(high)) == 1


def test_patience_counts_the_trials_since_the_front_changed():
    def alike(params, epoch):
        return {"loss": 1.0, "val_accuracy": 0.5}

    sizes, known = [50.0, 40.0, 60.0, 30.0, 30.0, 70.0, 90.0], {}

    def shrinking(params):
        place = known.setdefault(params["learning_rate"], len(known))
        return {"params": sizes[place]}

    rehearsal = rehearsed("budget={trials: 20, patience_trials: 3}", curve=alike, priced=shrinking)
    assert "stopped: 3 trials in a row brought nothing new to the front of 2 trials" in rehearsal.text
    assert len(rehearsal.rows) == 7


def test_the_target_is_that_of_the_first_objective():
    rehearsal = rehearsed("budget={trials: 50, target: 0.12}")
    assert "stopped: the target 0.12 is reached" in rehearsal.text


def test_members_of_the_ensemble_are_on_the_front():
    rehearsal = rehearsed("ensemble=8", "budget.trials=20")
    members = {member["trial"] for found in rehearsal.ensemble["contenders"].values() for member in found}
    assert members <= {int(row["trial"]) for row in front_of(rehearsal)}
    assert len(members) > 1


def test_the_files_of_the_front_are_kept_before_those_of_a_better_dominated_trial():
    rehearsal = rehearsed("ensemble=2", "keep=3", "budget.trials=20")
    whole = {int(p.parent.name) for p in rehearsal.folder.glob("trials/*/manifest.json")}
    front = [int(row["trial"]) for row in front_of(rehearsal)]
    members = {member["trial"] for member in rehearsal.ensemble["members"]}
    assert set(front[:3]) - members <= whole
    assert whole <= set(front)


def test_a_trial_behind_most_that_are_no_larger_is_stopped():
    rehearsal = rehearsed("search.pruner={name: dominated, warmup_epochs: 1}", "search.audit=0", "budget.trials=40")
    stopped = [row for row in rehearsal.rows if row["state"] == "PRUNED"]
    assert stopped
    assert all("trials with no more than its" in row["reason"] for row in stopped)
    # at the median of all, small models would be stopped: they are all worse than the larger ones
    smallest = min(rehearsal.rows, key=lambda row: int(row["params"]))
    assert smallest["rank"] == "1"


def test_the_audit_counts_trials_that_came_to_the_front():
    rehearsal = rehearsed("search.pruner={name: dominated, warmup_epochs: 1}", "search.audit=1", "budget.trials=40")
    assert "to be stopped were let finish, and " in rehearsal.text
    assert "became a member of the front" in rehearsal.text


def test_the_tracker_is_told_every_objective():
    rehearsal = rehearsed()
    info = next(event["info"] for event in rehearsal.events if event["event"] == "study_started")
    assert info["further"] == [["params", "min"]]
    result = next(event["result"] for event in rehearsal.events if event["event"] == "trial_finished")
    assert result["metrics"]["params"] > 0


def test_one_objective_has_no_front_and_no_ranks():
    rehearsal = Rehearsal().run()
    assert not (rehearsal.folder / "front.csv").exists()
    assert "rank" not in rehearsal.rows[0]
    assert json.loads((rehearsal.folder / "space.lock.json").read_text())["aims"] == []


def test_a_trial_of_which_one_objective_is_not_known_keeps_the_first(tmp_path):
    aims = (Aim("val_accuracy", Direction.MAXIMIZE), Aim("params", Direction.MINIMIZE))
    opened = {"study": "s", "direction": Direction.MAXIMIZE, "space": Space(()), "aims": aims}
    record = Record.open(f"sqlite:///{tmp_path}/record.db", **opened)
    record.start(Suggestion(0, {}, 9), seed=1)
    record.finish(0, Outcome(TrialState.PRUNED, Cause.OVER_TIME, objective=0.5, best_epoch=2, epochs=3))
    (trial,) = record.trials()
    record.close()
    assert trial.outcome.objective == 0.5
    study = optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path}/record.db")
    assert study.trials[0].values is None

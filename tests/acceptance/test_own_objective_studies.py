"""The real command with Optuna objectives of the user's own: pruned, interrupted, killed and resumed, shown."""

import csv
import re
import shutil
import signal
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
STUDY = """
study: own
seed: 3
objective: {{code: objectives.py:{name}, goal: min}}
search: {search}
budget: {budget}
tracking: none
"""


@pytest.fixture
def study(place):
    shutil.copy(ROOT / "tests" / "search" / "objectives.py", place.root / "objectives.py")

    def write(
        name="branching",
        *,
        budget="{trials: 10}",
        search="{sampler: tpe, pruner: {name: median, startup_trials: 2, warmup_epochs: 1}}",
    ):
        place.write(STUDY.format(name=name, budget=budget, search=search))
        return place

    return write


def board(place, study="own"):
    with (place.root / "studies" / study / "leaderboard.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_the_example_runs_and_is_shown_and_has_no_models_to_export(place):
    text = place.run("run", ROOT / "examples" / "own_objective.yaml", "budget.trials=3", "workers=1")
    assert "3 done" in text
    rows = board(place, "own_objective")
    assert len(rows) == 3
    assert float(rows[0]["objective"]) > 0.9
    for row in rows:
        assert sum(bool(row.get(f"n_units_l{i}")) for i in range(3)) == int(row["n_layers"])
    shown = place.run("show", "own_objective", rows[0]["trial"])
    assert re.search(r"params +\d+", shown)
    assert "val_accuracy by epoch" in shown
    assert len(place.steps("val_accuracy")) == 3
    refused = place.run("export", "own_objective", "--to", "exported", code=1)
    assert "are its own and are not kept by the study" in refused


def test_two_studies_of_one_seed_are_the_same(study):
    place = study()
    place.run("run", "space.yaml")
    first = board(place)
    assert {row["state"] for row in first} == {"COMPLETE", "PRUNED"}
    shutil.rmtree(place.root / "studies")
    place.run("run", "space.yaml")
    assert board(place) == first


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_study_begins_its_trial_anew_and_ends_as_one_that_was_not(study, how):
    place = study("slow", budget="{trials: 4}", search="{sampler: tpe, pruner: none}")
    place.run("run", "space.yaml")
    whole = board(place)
    shutil.rmtree(place.root / "studies")
    command = place.start("run", "space.yaml")
    command.wait_for(lambda text: "trial   1  done" in text, "two trials")
    command.kill(how)
    command.end()
    place.run("run", "space.yaml")
    assert board(place) == whole


def test_reports_use_the_budget_of_epochs(study):
    place = study("deaf", budget="{epochs: 8}", search="{sampler: random, pruner: none}")
    assert "0 pruned" not in place.run("run", "space.yaml")
    assert sum(int(row["epochs"]) for row in board(place)) == 8


def test_a_function_that_fails_three_times_ends_the_study_with_its_traceback(study):
    text = study("breaks").run("run", "space.yaml", code=1)
    assert 'raise RuntimeError("no such layer")' in text
    assert "3 trials in a row failed alike" in text


def test_one_name_with_other_values_in_a_later_trial_ends_the_study_with_both(study):
    place = study()
    (place.root / "objectives.py").write_text(
        "def branching(trial):\n    return trial.suggest_float('x', 0, 1 + trial.number)\n"
    )
    text = place.run("run", "space.yaml", code=1)
    assert "objectives.py:2: `x` is {float: [0, 2]} here and was {float: [0, 1]} (objectives.py:2)" in text

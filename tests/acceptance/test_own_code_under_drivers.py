"""The same unchanged programs under both drivers: trained, killed and resumed."""

import csv
import re
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAMS = Path(__file__).parents[2] / "tests" / "models" / "code"
STUDY = """
study: own
seed: 0
data: {data}
model: {{code: programs.py:{program}}}
objective: {objective}
training: {{epochs: {epochs}, checkpoint_every: 0.001}}
search: {search}
budget: {{trials: {trials}}}
ensemble: none
tracking: none
workers: 1
"""
PAIR, INPUTS = "{source: rows.py:pair}", "{code: rows.py:two_inputs}"
ACCURACY, OWN = "{metric: val_accuracy}", "{metric: my_metric, goal: min}"
PROGRAM = {
    "build_mlp": (PAIR, ACCURACY, "num_layers"),
    "build_cnn": (PAIR, ACCURACY, "model_type"),
    "OwnFit": (PAIR, ACCURACY, "batch_size"),
    "OwnLoop": (PAIR, OWN, "learning_rate"),
    "build_two_inputs": (INPUTS, ACCURACY, "units"),
}
SEARCHES = {
    "auto": "{}",
    "tpe": "{sampler: tpe, pruner: none, startup_trials: 2}",
    "random": "{sampler: random, pruner: none}",
    "kt-random": "{driver: keras_tuner, oracle: random, pruner: none}",
    "kt-bayesian": "{driver: keras_tuner, oracle: bayesian, pruner: none, startup_trials: 2}",
    "kt-hyperband": "{driver: keras_tuner, oracle: hyperband, pruner: none}",
}


@pytest.fixture
def study(place):
    for name in ("programs.py", "rows.py"):
        shutil.copy(PROGRAMS / name, place.root / name)

    def write(program, search, *, epochs=1, trials=3):
        data, objective, _ = PROGRAM[program]
        text = STUDY.format(
            program=program, data=data, objective=objective, search=search, epochs=epochs, trials=trials
        )
        place.write(text)
        return place

    return write


def board(place):
    """The leaderboard by trial, without the seconds and empty cells."""
    with (place.root / "studies" / "own" / "leaderboard.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{name: cell for name, cell in row.items() if cell and name != "seconds"} for row in rows]


PAIRS = [("build_mlp", search) for search in SEARCHES]
PAIRS += [(program, search) for program in PROGRAM if program != "build_mlp" for search in ("auto", "kt-random")]


@pytest.mark.parametrize(("program", "search"), PAIRS)
def test_a_program_runs_unchanged_under_both_drivers(study, program, search):
    place = study(program, SEARCHES[search])
    place.run("run", "space.yaml")
    assert set(place.trials("own").values()) <= {"COMPLETE", "PRUNED"}
    assert len(board(place)) == 3
    assert all(PROGRAM[program][2] in row for row in board(place))


@pytest.mark.parametrize("oracle", ["bayesian", "hyperband"])
def test_an_oracle_records_only_parameters_that_were_used(study, oracle):
    place = study("build_mlp", f"{{driver: keras_tuner, oracle: {oracle}, pruner: none}}", trials=6)
    place.run("run", "space.yaml")
    for row in board(place):
        assert sum(name in row for name in ("units_0", "units_1", "units_2")) == int(row["num_layers"])
        assert ("rate" in row) == (row["dropout"] == "True")


def test_hyperband_goes_on_with_the_same_trial_of_a_fit_of_its_own(study):
    place = study("OwnFit", "{driver: keras_tuner, oracle: hyperband, pruner: none}", epochs=3, trials=4)
    text = place.run("run", "space.yaml")
    (number,) = set(re.findall(r"trial +(\d+)  goes on after epoch 1", text)[:1])
    assert place.last_epochs("own")[int(number)] == 3
    assert len(place.trials("own")) == 4


@pytest.mark.parametrize("oracle", ["bayesian", "hyperband"])
def test_a_killed_study_of_an_oracle_ends_as_one_that_was_not(study, oracle):
    place = study("build_mlp", f"{{driver: keras_tuner, oracle: {oracle}, pruner: none}}", epochs=3, trials=5)
    place.run("run", "space.yaml")
    whole = board(place)
    shutil.rmtree(place.root / "studies")
    command = place.start("run", "space.yaml")
    command.wait_for(lambda text: len(re.findall(r"^trial +\d+  (done|paused)", text, re.MULTILINE)) >= 2, "two trials")
    command.kill()
    command.end()
    place.run("run", "space.yaml")
    assert board(place) == whole


@pytest.mark.parametrize("search", ["auto", "tpe", "kt-random", "kt-bayesian"])
def test_a_study_with_seed_0_is_the_same_twice_under_both_drivers(study, search):
    place = study("build_mlp", SEARCHES[search], epochs=2, trials=4)
    boards = []
    for _ in range(2):
        place.run("run", "space.yaml")
        boards.append(board(place))
        shutil.rmtree(place.root / "studies")
    assert boards[0] == boards[1]


def test_a_grid_of_an_oracle_ends_with_a_sentence_where_a_fit_asks_for_more(study):
    place = study("OwnFit", "{driver: keras_tuner, oracle: grid, pruner: none}")
    command = place.start("run", "space.yaml")
    assert command.end() == 1
    assert "the oracle grid lists all configurations before the first trial, and the code has asked" in command.text

"""The real command with models of the user's own code: searched, killed and resumed, paused and promoted, exported."""

import re
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "models" / "code"
STUDY = """
study: own
seed: 3
data: {{source: rows.py:pair}}
model: {{code: programs.py:{program}}}
objective: {{metric: val_accuracy}}
training: {{epochs: {epochs}, checkpoint_every: 0.001}}
search: {search}
budget: {{trials: {trials}}}
tracking: none
"""


@pytest.fixture
def study(place):
    for name in ("programs.py", "rows.py"):
        shutil.copy(PROGRAMS / name, place.root / name)

    def write(program="build_mlp", *, epochs=3, trials=4, search="{sampler: tpe, pruner: none}"):
        place.write(STUDY.format(program=program, epochs=epochs, trials=trials, search=search))
        return place

    return write


def board(place):
    return (place.root / "studies" / "own" / "leaderboard.csv").read_text().splitlines()


def settled(place):
    """The leaderboard without the seconds."""
    heading, *rows = board(place)
    without = heading.split(",").index("seconds")
    return [",".join(cell for i, cell in enumerate(row.split(",")) if i != without) for row in (heading, *rows)]


def test_the_example_runs_and_its_export_predicts(place):
    text = place.run(
        "run", ROOT / "examples" / "own_model.yaml", "budget={trials: 3}", "training.epochs=2", "tracking=none"
    )
    assert "looking at what own_model.py:build asks for" in text
    assert re.search(r"kind +(dense|convolutions)", text)
    assert "rows predicted as by the members" in place.run("export", "own_model", "--to", "exported")


def test_a_killed_study_ends_as_one_that_was_not(study):
    place = study(epochs=6)
    place.run("run", "space.yaml")
    whole = settled(place)
    shutil.rmtree(place.root / "studies")
    command = place.start("run", "space.yaml")
    command.wait_for(lambda text: len(re.findall(r"^trial +\d+  done", text, re.MULTILINE)) >= 2, "two trials")
    command.kill()
    command.end()
    assert "looking at" not in place.run("run", "space.yaml")
    assert settled(place) == whole


def test_only_parameters_that_were_used_are_recorded(study):
    place = study(trials=6, epochs=1)
    place.run("run", "space.yaml")
    heading, *rows = (line.split(",") for line in board(place))
    for row in rows:
        cells = dict(zip(heading, row, strict=True))
        used = [name for name in ("units_0", "units_1", "units_2") if cells.get(name)]
        assert len(used) == int(cells["num_layers"])
        assert bool(cells.get("rate")) == (cells["dropout"] == "True")


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "cmaes"])
def test_a_parameter_that_only_a_fit_asks_for_is_searched_from_then_on(study, sampler):
    place = study("OwnFit", epochs=1, trials=3, search=f"{{sampler: {sampler}, pruner: none}}")
    place.run("run", "space.yaml")
    assert {"units", "batch_size", "shuffle"} <= set(board(place)[0].split(","))
    assert "3 trials are used" in place.run("run", "space.yaml")


def test_a_grid_over_a_space_that_grows_ends_with_a_sentence(study):
    place = study("OwnFit", epochs=1, search="{sampler: grid, pruner: none}")
    command = place.start("run", "space.yaml")
    assert command.end() == 1
    assert "the sampler grid lists all configurations before the first trial, and the code has asked" in command.text


def test_trials_are_paused_and_promoted(study):
    place = study("OwnFit", epochs=4, trials=6, search="{sampler: random, pruner: {name: asha, eta: 2, min_epochs: 1}}")
    text = place.run("run", "space.yaml")
    assert re.search(r"paused|promoted|place \d", text) or "pruned" in text
    assert board(place)


def test_a_metric_that_the_model_has_not_ends_the_study_with_those_that_it_has(study):
    place = study()
    command = place.start("run", "space.yaml", "objective={metric: val_f2, goal: max}")
    assert command.end() == 1
    assert "the model has no `val_f2`; its epochs have" in command.text
    assert "val_accuracy" in command.text


def test_code_that_builds_no_model_is_told_before_the_first_trial(study):
    place = study("build_broken")
    (place.root / "programs.py").write_text("def build_broken(hp):\n    raise ValueError('no such layer')\n")
    command = place.start("run", "space.yaml")
    assert command.end() == 1
    assert "ValueError: no such layer" in command.text
    assert "programs.py:build_broken builds no model" in command.text


def test_a_changed_range_is_refused_with_what_it_was(study):
    place = study(epochs=1, trials=1)
    place.run("run", "space.yaml")
    path = place.root / "programs.py"
    path.write_text(path.read_text().replace('hp.Int("num_layers", 1, 3)', 'hp.Int("num_layers", 1, 2)'))
    command = place.start("run", "space.yaml", "budget.trials=2")
    assert command.end() == 1
    assert "`num_layers` was {int: [1, 3]}; it is {int: [1, 2]}" in command.text


def test_check_and_init_show_what_the_code_asks_for(study):
    place = study("build_cnn")
    assert re.search(r"blocks +\{int: \[1, 2\]\} +`model_type` in", place.run("check", "space.yaml"))
    place.run("init", "--from", "programs.py:build_cnn", "--to", "first.yaml")
    assert "objective: val_accuracy" in (place.root / "first.yaml").read_text()
    assert "6 parameters vary" in place.run("check", "first.yaml", "data.source=rows.py:pair")
    command = place.start("init", "--from", "programs.py:build_cnn", "--to", "first.yaml")
    assert command.end() == 1
    assert "first.yaml is there already; name another file with `--to`" in command.text

"""A study file with a model of the user's own code: what it means, and every mistake in it."""

import re
from pathlib import Path

import numpy as np
import pytest
from spec_text import problems, read

from models.spec.code import CodeSpec
from search.starting import objective_of

TEXT = """\
version: 1
study: own
data: sklearn:digits
objective: val_accuracy
budget: 4
model: {code: models.py:build}
"""
PROGRAM = """
def build(hp):
    return hp.Int("units", 1, 4)


def plain(config, signature):
    return config["units"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(PROGRAM)
    (tmp_path / "rows.py").write_text("def load():\n    return 1\n")
    return tmp_path


def test_code_needs_no_family(folder: Path) -> None:
    model = read(folder, TEXT).spec.model
    assert isinstance(model, CodeSpec)
    assert (model.family, model.code) == ("code", "models.py:build")


def test_nothing_varies_by_itself_and_rows_are_left_as_they_are(folder: Path) -> None:
    study = read(folder, TEXT)
    assert len(study.space) == 0
    assert (study.spec.data.scaling, study.spec.data.windows) == ("none", True)
    assert (study.spec.training.batch_size, study.spec.training.optimizer) == (32, "adam")


def test_what_is_written_is_kept(folder: Path) -> None:
    study = read(folder, TEXT, "data={source: 'sklearn:digits', scaling: standard}", "training.batch_size=8")
    assert (study.spec.data.scaling, study.spec.training.batch_size) == ("standard", 8)


def test_the_space_of_the_study_file_is_searched(folder: Path) -> None:
    study = read(folder, TEXT, "model={code: 'models.py:plain', space: {units: {int: [1, 4]}, kind: a}}")
    assert study.space.names == ("units",)
    config = study.config({"units": 3})
    assert isinstance(config.model, CodeSpec)
    assert dict(config.model.space) == {"units": 3, "kind": "a"}
    assert config.model.code == f"{folder}/models.py:plain"


def test_conditions_and_limits_may_name_parameters_of_the_space(folder: Path) -> None:
    space = "{kind: {choice: [a, b]}, units: {int: [1, 4], when: kind == a}}"
    study = read(folder, TEXT, f"model={{code: 'models.py:plain', space: {space}}}", "limits=[units <= 3]")
    samples = [study.space.sample(np.random.default_rng(n)) for n in range(20)]
    assert {("units" in params) == (params["kind"] == "a") for params in samples} == {True}
    assert study.broken_limit({"kind": "a", "units": 4}) is not None


def test_parameters_of_the_code_stand_beside_knobs_that_vary(folder: Path) -> None:
    study = read(folder, TEXT, "training.epochs={int: [2, 5]}")
    config = study.config({"epochs": 3, "units": 2, "cnn/filters": 8})
    assert config.training.epochs == 3
    assert isinstance(config.model, CodeSpec)
    assert dict(config.model.space) == {"units": 2, "cnn/filters": 8}


def test_parameters_of_the_code_may_have_the_names_of_knobs_that_do_not_vary(folder: Path) -> None:
    config = read(folder, TEXT).config({"batch_size": 16, "learning_rate": 0.25, "optimizer": "sgd"})
    assert isinstance(config.model, CodeSpec)
    assert dict(config.model.space) == {"batch_size": 16, "learning_rate": 0.25, "optimizer": "sgd"}
    assert (config.training.batch_size, config.training.optimizer) == (32, "adam")


PLAIN = "model={code: 'models.py:plain', space: {units: 3}}"


def test_a_plain_function_is_trained_as_training_says(folder: Path) -> None:
    assert read(folder, TEXT, PLAIN, "training.optimizer={choice: [adam, sgd]}").space.names == ("optimizer",)


MISTAKES = [
    ("model: {code: build}", "6:15 model.code: build names no model; write `file.py:build`"),
    ("model: {code: model.py:build}", "6:15 model.code: there is no file `.*/model.py`; did you mean `models.py`"),
    ("model: {code: models.py:buidl}", "6:15 model.code: `models.py` has no `buidl`; did you mean `build`"),
    ("model: {code: no_such_module:build}", "6:15 model.code: there is no module `no_such_module`; install it"),
    ("model: {code: models.py:build, layers: 3}", "model.layers: unknown key `layers`"),
    ("model: {family: code}", "model.code: `code` is missing"),
    ("model: {code: models.py:plain, space: 3}", "model.space: 3 is not a mapping; write `{name: value}`"),
    ("model: {code: models.py:plain, space: {a: [1]}}", "model.space.a: .* is not one value; write a number"),
    ("model: {code: models.py:plain, space: {a: {int: [4, 1]}}}", "model.space.a.int: low is 4 but high is 1"),
    ("model: {code: models.py:plain, space: {'`': 1}}", "model.space.`: .* is no name of a parameter; write a text"),
]


@pytest.mark.parametrize(("line", "told"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_in_the_model_is_told_where_it_stands(folder: Path, line: str, told: str) -> None:
    found = problems(folder, TEXT.replace("model: {code: models.py:build}", line))
    assert any(re.search(told, problem) for problem in found), found


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["training.optimizer=sgd"], "training.optimizer: `optimizer` has no effect here: the model comes compiled by"),
        (["training.learning_rate=0.1"], "`learning_rate` has no effect here"),
        (["training.loss=mse"], "`loss` has no effect here"),
        (["training.metrics=[auc]"], "`metrics` has no effect here"),
        (["training.others=vary"], "`others` has no meaning for a model of your own code"),
        (["objective=val_my_metric"], "whether `val_my_metric` is to be large or small is not known; add `goal: max`"),
        (["objective={metric: val_accuracy, goal: min}"], "`val_accuracy` improves towards max, not min; leave `goal`"),
        (["data={code: 'row.py:load'}"], "data.code: there is no file `.*/row.py`; did you mean `rows.py`"),
        (["data={code: 'rows.py:load', ignore: [y]}"], "`ignore` has no effect here: the rows of rows.py:load go to"),
        (["data={code: 'rows.py:load', source: 'sklearn:digits'}"], "`source` has no effect here"),
        (["data={code: 'rows.py:load', split: {validation: v.csv}}"], "do not go with a file of validation rows; give"),
        (["data={code: 'rows.py:load', split: {group: g}}"], "`group` has no effect here: the rows of"),
        (["data={code: rows}"], "data.code: .*not allowed; write `file.py:function`"),
        (
            ["model={code: 'models.py:plain', space: {epochs: 3}}", "training.epochs={int: [2, 4]}"],
            "model.space.epochs: `epochs` varies under `data` or `training` too; leave it out of one",
        ),
        (["limits=[params <= 3]"], "`params` is no parameter"),
        (["data={code: 'rows.py:load'}", "model=mlp"], "rows as they are fit a model of your own code, not the"),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_refused(folder: Path, changes: list[str], told: str) -> None:
    found = problems(folder, TEXT, *changes)
    assert any(re.search(told, problem) for problem in found), found


def test_a_metric_of_the_users_own_has_the_goal_that_is_written(folder: Path) -> None:
    assert read(folder, TEXT, "objective={metric: my_metric, goal: min}").objective.direction == "min"


@pytest.mark.parametrize(
    ("metrics", "objective"),
    [
        ((), "val_loss"),
        (("accuracy", "auc"), "val_accuracy"),
        (("mean_absolute_error",), "{metric: val_mean_absolute_error, goal: min}"),
        (("dice",), "{metric: val_dice, goal: max}"),
    ],
)
def test_a_first_study_file_guesses_the_objective(metrics: tuple[str, ...], objective: str) -> None:
    assert objective_of(metrics) == objective

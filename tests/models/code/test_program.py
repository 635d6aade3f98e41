"""What the user's program is taken for, and what it cannot be."""

import sys
from pathlib import Path

import pytest

from models.code.hyperparameters import HyperParameters
from models.code.program import Program, load_program
from models.spec.code import CodeSpec
from models.training.errors import TrainingError

GUIDE = """
import keras
import keras_tuner


class Wide(keras_tuner.HyperModel):
    def __init__(self, width):
        self.width = width

    def build(self, hp):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(self.width)])
        model.compile(loss="mse")
        return model


class Narrow(Wide):
    pass


class OwnTuner(keras_tuner.RandomSearch):
    def run_trial(self, trial, rows):
        return trial.hyperparameters.Float("x", -1, 1) ** 2


def build(units, activation, hp):
    return None


tuner = keras_tuner.RandomSearch(Wide(width=3), objective="val_loss", max_trials=2, overwrite=True)
tuner.search([1], [2])
best = tuner.get_best_models()[0]
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "guide.py").write_text(GUIDE)

    def loaded(name: str) -> Program:
        return load_program(CodeSpec(code=f"{tmp_path}/guide.py:{name}"), None)

    return loaded


def test_a_class_with_arguments_is_the_instance_that_its_own_tuner_is_given(load) -> None:
    program = load("Wide")
    assert program.build(HyperParameters()).output_shape == (None, 3)
    assert program.note == "guide.py searches by itself in line 30, which is left out here"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Narrow", "the class `Narrow` needs arguments; make an instance in a file of your own"),
        ("OwnTuner", "`OwnTuner` is a tuner of KerasTuner, which searches by itself; name the function or the"),
        ("tuner", "`tuner` comes from the search in line 29 of guide.py, which is not run here; name what that search"),
        ("best", "`best` comes from the search in line 29 of guide.py, which is not run here"),
        ("build", "takes 3 arguments; write a function `build"),
        ("Tuner", "has no `Tuner`; did you mean"),
    ],
)
def test_what_is_no_program_is_told(load, name: str, told: str) -> None:
    with pytest.raises(TrainingError) as raised:
        load(name)
    assert told in str(raised.value)

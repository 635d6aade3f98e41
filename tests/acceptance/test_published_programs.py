"""Files that search when they are imported, as guides and tutorials do: named in a study file as they are."""

import re
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROWS = Path(__file__).parents[1] / "models" / "code" / "rows.py"
GUIDE = """
import keras
import keras_tuner
import numpy as np

x = np.random.rand(20, 8, 8)
y = np.random.randint(0, 10, 20)


def build(hp):
    model = keras.Sequential([keras.layers.Flatten()])
    for i in range(hp.Int("layers", 1, 2)):
        model.add(keras.layers.Dense(hp.Int(f"units_{i}", 4, 8), activation="relu"))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


build(keras_tuner.HyperParameters())
tuner = keras_tuner.RandomSearch(build, objective="val_accuracy", max_trials=2, overwrite=True, directory="mine")
tuner.search(x, y, validation_split=0.2, epochs=1)
print(tuner.get_best_hyperparameters()[0].values)


def build(hp):
    raise keras_tuner.errors.FatalError("the second is not the one")
"""
TUTORIAL = """
import optuna


class Objective:
    def __init__(self, at):
        self.at = at

    def __call__(self, trial):
        return (trial.suggest_float("x", -1, 1) - self.at) ** 2


if __name__ == "__main__":
    objective = Objective(0.5)
    study = optuna.create_study(storage="sqlite:///mine.db", study_name="mine")
    study.optimize(objective, n_trials=100)
"""
STUDY = """
study: own
seed: 0
data: {{source: rows.py:pair}}
model: {{code: guide.py:build}}
objective: val_accuracy
training: {{epochs: 1}}
search: {search}
budget: 2
tracking: none
workers: 1
"""


@pytest.mark.parametrize("search", ["{sampler: tpe, pruner: none}", "{driver: keras_tuner, oracle: random}"])
def test_a_guide_that_searches_by_itself_is_searched_as_its_own_tuner_would(place, search):
    (place.root / "guide.py").write_text(GUIDE)
    (place.root / "mine").mkdir()
    (place.root / "mine" / "earlier").write_text("the result of an earlier search")
    shutil.copy(ROWS, place.root / "rows.py")
    place.write(STUDY.format(search=search))
    text = place.run("run", "space.yaml")
    assert "note: guide.py searches by itself in line 21, which is left out here; `build` is that of line 10" in text
    assert set(place.trials("own").values()) <= {"COMPLETE", "PRUNED"}
    assert (place.root / "mine" / "earlier").exists()


def test_an_objective_that_a_script_makes_is_called(place):
    (place.root / "tutorial.py").write_text(TUTORIAL)
    place.run("init", "--from", "tutorial.py:objective", "--to", "first.yaml")
    text = place.run("run", "first.yaml", "budget=3", "tracking=none", "study=own", "workers=1")
    assert re.search(r"best so far: value \d", text)
    assert set(place.trials("own").values()) == {"COMPLETE"}
    assert not (place.root / "mine.db").exists()

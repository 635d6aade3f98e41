"""The studies of `examples/`, on strongly reduced budgets, by the commands of the README."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.datasets import load_digits

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[3] / "shared" / "data"


def data(name):
    """The folder of a data set, which is not part of the project."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the data set {name} is not there: {folder}")
    return folder


def load_source(name):
    """What a function of `examples/sources.py` returns."""
    found = importlib.util.spec_from_file_location("example_sources", EXAMPLES / "sources.py")
    sources = importlib.util.module_from_spec(found)
    found.loader.exec_module(sources)
    return getattr(sources, name)()


def elected_accuracy(text):
    """Test accuracy of the contender with the star in the table that `run` prints."""
    found = re.search(r"^ensemble: accuracy of the four contenders\n((?: {2}.*\n)+)", text, re.MULTILINE)
    heading, *lines = found.group(1).splitlines()
    columns = heading.split()
    star = next(line for line in lines if line.startswith("  * ")).split()[2:]
    return float(star[columns.index("test")])


def test_digits_runs_and_its_export_predicts_raw_rows(place):
    text = place.run("run", EXAMPLES / "digits.yaml", "budget={trials: 6, epochs: 72}", "training.epochs=12")
    assert 0.9 < elected_accuracy(text) <= 1.0
    assert re.search(r"^  .+ of the best single model|^  the best single model ", text, re.MULTILINE)
    assert "on 180 rows that no weight has seen" in text

    exported = place.run("export", "digits", "--to", "exported")
    assert "rows predicted as by the members" in exported

    images, labels = load_digits().images, load_digits().target
    np.savez(place.root / "rows.npz", x=images)
    said = place.run("predict", "exported", "rows.npz", "--out", "predictions.csv")
    assert "1797 predictions in predictions.csv" in said
    predicted = pd.read_csv(place.root / "predictions.csv")
    assert (predicted["prediction"] == labels).mean() > 0.93
    assert predicted.filter(like="probability ").sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-3)


def test_pareto_runs_and_its_front_is_the_one_that_optuna_finds(place):
    text = place.run("run", EXAMPLES / "pareto.yaml", "budget={trials: 8}", "training.epochs=8", "ensemble.size=2")
    assert re.search(r"^the front, \d of 8 trials by val_accuracy", text, re.MULTILINE)
    assert 0.7 < elected_accuracy(text) <= 1.0
    folder = place.root / "studies" / "pareto"
    front = pd.read_csv(folder / "front.csv")
    study = optuna.load_study(study_name="pareto", storage=f"sqlite:///{folder}/record.db")
    assert set(front["trial"]) == {trial.number for trial in study.best_trials}
    assert (front[["params", "latency_ms"]] > 0).all(axis=None)
    place.run("export", "pareto", "--to", "exported")


def test_adult_runs_and_its_export_predicts_the_official_test_file(place):
    folder = data("adult")
    cut = ("budget={trials: 3}", "training.epochs=3", "data.rows=6000", "ensemble.size=2")
    text = place.run("run", EXAMPLES / "adult.yaml", *cut)
    assert "test:  16281 test rows" in text
    assert 0.8 < elected_accuracy(text) < 0.9

    place.run("export", "adult", "--to", "exported")
    place.run("predict", "exported", folder / "adult-test.csv", "--out", "predictions.csv")
    truth = pd.read_csv(folder / "adult-test.csv", header=None, skipinitialspace=True)[14].str.rstrip(".")
    predicted = pd.read_csv(place.root / "predictions.csv")["prediction"]
    assert (predicted == truth).mean() == pytest.approx(elected_accuracy(text), abs=2e-4)


def test_fashion_mnist_trains_convolutional_networks_on_arrays_of_a_function(place):
    data("fashion_mnist")
    cut = ("budget={trials: 2}", "training.epochs=2", "data.rows=3000", "ensemble.size=2", "model.blocks=4")
    text = place.run("run", EXAMPLES / "fashion_mnist.yaml", *cut, "training.batch_size=32")
    assert "test:  10000 test rows" in text
    assert 0.5 < elected_accuracy(text) < 0.9


def test_waves_trains_recurrent_networks_and_its_export_predicts_raw_windows(place):
    cut = ("budget={trials: 3}", "training.epochs=6", "ensemble.size=2", "model.bidirectional=true", "model.layers=1")
    text = place.run("run", EXAMPLES / "waves.yaml", *cut)
    assert "test:  1200 test rows" in text
    assert 0.6 < elected_accuracy(text) <= 1.0

    exported = place.run("export", "waves", "--to", "exported")
    assert "rows predicted as by the members" in exported
    windows, kinds = load_source("waves")
    np.savez(place.root / "rows.npz", x=windows)
    place.run("predict", "exported", "rows.npz", "--out", "predictions.csv")
    predicted = pd.read_csv(place.root / "predictions.csv")
    assert (predicted["prediction"] == kinds).mean() > 0.6


def test_wine_is_searched_by_hyperband_of_keras_tuner(place):
    cut = ("budget={trials: 9}", "training.epochs=9", "ensemble.size=2")
    text = place.run("run", EXAMPLES / "wine_kerastuner.yaml", *cut)
    assert re.search(r"trial +\d+  goes on after epoch 3  promoted to epoch 9", text)
    assert elected_accuracy(text) > 0.8

"""Metrics from arrays agree with scikit-learn and with the Keras metrics that trials log."""

import keras
import numpy as np
import pytest
from sklearn import metrics as sk

from models.ensemble.candidates import EnsembleError
from models.ensemble.scores import MEASURES, loss, score
from models.spec.metrics import METRICS

N = 400


def binary() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = (rng.random(N) < 0.3).astype(np.int32)
    p = np.clip(0.3 * y + 0.7 * rng.random(N), 0.001, 0.999).astype(np.float32)
    return y, p[:, np.newaxis]


def multiclass() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 6, N).astype(np.int32)
    logits = rng.normal(size=(N, 6)) + 1.5 * np.eye(6)[y]
    p = np.exp(logits)
    return y, (p / p.sum(axis=1, keepdims=True)).astype(np.float32)


def regression() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    y = rng.normal(5.0, 2.0, size=(N, 2)).astype(np.float32)
    return y, (y + rng.normal(0.3, 1.0, size=y.shape)).astype(np.float32)


ROWS = {"binary": binary, "multiclass": multiclass, "regression": regression}

KERAS = {
    ("binary", "accuracy"): keras.metrics.BinaryAccuracy,
    ("binary", "precision"): keras.metrics.Precision,
    ("binary", "recall"): keras.metrics.Recall,
    ("binary", "crossentropy"): keras.metrics.BinaryCrossentropy,
    ("binary", "loss"): keras.metrics.BinaryCrossentropy,
    ("multiclass", "accuracy"): keras.metrics.SparseCategoricalAccuracy,
    ("multiclass", "crossentropy"): keras.metrics.SparseCategoricalCrossentropy,
    ("multiclass", "loss"): keras.metrics.SparseCategoricalCrossentropy,
    ("multiclass", "top_3_accuracy"): lambda: keras.metrics.SparseTopKCategoricalAccuracy(3),
    ("multiclass", "top_5_accuracy"): lambda: keras.metrics.SparseTopKCategoricalAccuracy(5),
    ("regression", "loss"): keras.metrics.MeanSquaredError,
    ("regression", "mse"): keras.metrics.MeanSquaredError,
    ("regression", "rmse"): keras.metrics.RootMeanSquaredError,
    ("regression", "mae"): keras.metrics.MeanAbsoluteError,
    ("regression", "mape"): keras.metrics.MeanAbsolutePercentageError,
    ("regression", "r2"): keras.metrics.R2Score,
}

SKLEARN = {
    ("binary", "auc"): lambda y, p: sk.roc_auc_score(y, p[:, 0]),
    ("binary", "pr_auc"): lambda y, p: sk.average_precision_score(y, p[:, 0]),
    ("binary", "f1"): lambda y, p: sk.f1_score(y, p[:, 0] > 0.5),
    ("binary", "positive_share"): lambda y, p: np.mean(p > 0.5),
    ("multiclass", "auc"): lambda y, p: np.mean([sk.roc_auc_score(y == k, p[:, k]) for k in range(6)]),
    ("multiclass", "f1"): lambda y, p: sk.f1_score(y, p.argmax(axis=1), average="macro"),
    ("regression", "bias"): lambda y, p: np.mean(p - y),
}


@pytest.mark.parametrize(("task", "metric"), KERAS)
def test_a_metric_agrees_with_keras(task: str, metric: str) -> None:
    y, p = ROWS[task]()
    meter = KERAS[task, metric]()
    meter.update_state(y[:, np.newaxis] if task == "binary" else y, p)
    assert score(metric, y, p, task=task) == pytest.approx(float(meter.result()), rel=1e-5)


@pytest.mark.parametrize(("task", "metric"), SKLEARN)
def test_a_metric_agrees_with_scikit_learn(task: str, metric: str) -> None:
    y, p = ROWS[task]()
    assert score(metric, y, p, task=task) == pytest.approx(SKLEARN[task, metric](y, p), rel=1e-6)


@pytest.mark.parametrize("task", MEASURES)
def test_every_metric_of_the_study_file_is_there_and_tested(task: str) -> None:
    known = {name for name, metric in METRICS.items() if task in metric.tasks}
    assert set(MEASURES[task]) == known
    assert known == {name for t, name in KERAS | SKLEARN if t == task}


def test_the_loss_of_a_confident_mistake_is_finite() -> None:
    assert loss(np.array([1]), np.array([[0.0]]), task="binary") == pytest.approx(-np.log(1e-7), rel=1e-3)


def test_the_auc_of_rows_of_one_class_is_undefined() -> None:
    assert np.isnan(score("auc", np.zeros(3, int), np.full((3, 1), 0.2), task="binary"))
    assert np.isnan(score("pr_auc", np.zeros(3, int), np.full((3, 1), 0.2), task="binary"))


def test_a_class_without_rows_is_left_out_of_the_multiclass_auc() -> None:
    y, p = (
        np.array([0, 0, 1, 1]),
        np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1]]),
    )
    assert score("auc", y, p, task="multiclass") == 1.0


def test_nothing_predicted_positive_has_precision_zero_as_in_keras() -> None:
    assert score("precision", np.array([1, 0]), np.array([[0.1], [0.2]]), task="binary") == 0.0


def test_a_metric_of_another_task_is_refused_with_the_nearest() -> None:
    with pytest.raises(EnsembleError, match="regression task cannot give the metric `r`; did you mean `r2`"):
        score("r", np.zeros((2, 1)), np.zeros((2, 1)), task="regression")

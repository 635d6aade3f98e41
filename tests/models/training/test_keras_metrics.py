"""Every metric of the table as Keras computes it, against scikit-learn."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from models.signature import Signature
from models.spec.metrics import METRICS
from models.training.errors import TrainingError
from models.training.metrics import MAKERS, metrics

SIGNATURES = {
    "binary": Signature("binary", (2,), 1, ("no", "yes"), ("y",), 10),
    "multiclass": Signature("multiclass", (2,), 4, ("a", "b", "c", "d"), ("y",), 10),
    # values such as years: far from 0, close to each other
    "regression": Signature("regression", (2,), 2, (), ("y", "z"), 10, (2000.0, 1.0), (2.0, 1.0)),
}


def rows(task: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    if task == "binary":
        p = rng.random((200, 1)).astype(np.float32)
        return (rng.random((200, 1)) < p).astype(np.int32), p
    if task == "multiclass":
        p = rng.dirichlet((0.5, 1, 1, 2), 200).astype(np.float32)
        return np.array([rng.choice(4, p=row / row.sum()) for row in p.astype(float)], np.int32)[:, None], p
    y = np.stack([2000 + 2 * rng.normal(size=200), 1 + rng.normal(size=200)], axis=1).astype(np.float32)
    return y, y + rng.normal(size=y.shape).astype(np.float32)


def expected(task: str, name: str, y: Any, p: Any) -> float:
    codes = y[:, 0]
    if task == "regression":
        return float(
            {
                "mse": lambda: sk.mean_squared_error(y, p),
                "rmse": lambda: sk.mean_squared_error(y, p) ** 0.5,
                "mae": lambda: sk.mean_absolute_error(y, p),
                "mape": lambda: 100 * sk.mean_absolute_percentage_error(y, p),
                "r2": lambda: sk.r2_score(y, p),
                "bias": lambda: np.mean(p - y),
            }[name]()
        )
    chosen = (p[:, 0] > 0.5).astype(int) if task == "binary" else p.argmax(axis=1)
    score = p[:, 0] if task == "binary" else p / p.sum(axis=1, keepdims=True)
    average = "binary" if task == "binary" else "macro"
    return float(
        {
            "accuracy": lambda: sk.accuracy_score(codes, chosen),
            "auc": lambda: sk.roc_auc_score(codes, score, multi_class="ovr"),
            "pr_auc": lambda: sk.average_precision_score(codes, score),
            "precision": lambda: sk.precision_score(codes, chosen),
            "recall": lambda: sk.recall_score(codes, chosen),
            "f1": lambda: sk.f1_score(codes, chosen, average=average),
            "crossentropy": lambda: sk.log_loss(codes, score),
            "top_3_accuracy": lambda: sk.top_k_accuracy_score(codes, score, k=3),
            "top_5_accuracy": lambda: 1.0,
            "positive_share": lambda: np.mean(chosen),
        }[name]()
    )


CASES = [(task, name) for task, makers in MAKERS.items() for name in makers]


@pytest.mark.parametrize(("task", "name"), CASES, ids=str)
def test_a_metric_agrees_with_scikit_learn(task: str, name: str) -> None:
    y, p = rows(task)
    metric = metrics([name], SIGNATURES[task])[-1]
    for start in (0, 64, 128):  # in batches, the last one of another size
        stop = start + 64 if start < 128 else None
        metric.update_state(y[start:stop], p[start:stop])
    # areas are sums over 200 thresholds in Keras, and average precision is no trapezoid
    tolerance = {"auc": 5e-3, "pr_auc": 2e-2}.get(name, 1e-4)
    assert metric.name == name
    assert float(metric.result()) == pytest.approx(expected(task, name, y, p), rel=tolerance)


def test_the_table_is_what_a_study_file_may_name() -> None:
    made = {(task, name) for task, name in CASES}
    named = {(task, name) for name, metric in METRICS.items() for task in metric.tasks if name != "loss"}
    assert made == named


def test_each_metric_is_made_once_and_the_standard_one_is_always_there() -> None:
    made = metrics(["loss", "auc", "accuracy", "auc"], SIGNATURES["binary"])
    assert [metric.name for metric in made] == ["accuracy", "auc"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("r2", "metric r2 does not fit binary targets; choose among loss, accuracy"),
        ("acc", "metric acc is unknown; choose among"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused_with_those_that_do(name: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        metrics([name], SIGNATURES["binary"])

"""The study's metrics from stored predictions, as Keras counts them while training. Knows no framework.

y: (n_rows,) class codes, or (n_rows, n_targets) for regression; p: (n_rows, n_outputs) as in
`models.signature.Signature`. Areas under curves are exact here, where Keras counts at 200 thresholds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, r2_score

from models.ensemble.candidates import EnsembleError
from models.ensemble.losses import SMALLEST_PROBABILITY
from models.signature import Task
from spaces.problems import did_you_mean

Rows = NDArray[Any]
Measure = Callable[[Rows, Rows], float]

SMALLEST_DIVISOR = 1e-7
"""Keras divides a percentage by no less."""


def score(metric: str, y: Rows, p: Rows, *, task: Task) -> float:
    """Value of `metric` (without `val_`); NaN where it is undefined, such as the AUC of rows of one class.

    Raises: EnsembleError for a metric that does not fit `task`.
    """
    return scorable(metric, task)(y, p)


def loss(y: Rows, p: Rows, *, task: Task) -> float:
    """Cross-entropy in nats a row, or the mean squared error; without the penalties of a training loss."""
    return score("loss", y, p, task=task)


def scorable(metric: str, task: Task) -> Measure:
    """The function of `metric`; raises EnsembleError that names those of `task` when there is none."""
    known = MEASURES[task]
    if metric not in known:
        raise EnsembleError(
            f"predictions of a {task} task cannot give the metric `{metric}`; {did_you_mean(metric, known)}"
        )
    return known[metric]


def _positive(p: Rows) -> Rows:
    return np.asarray(p[:, 0] > 0.5)


def _crossentropy(y: Rows, p: Rows) -> float:
    true = np.where(y == 1, p[:, 0], 1.0 - p[:, 0]) if p.shape[1] == 1 else p[np.arange(len(y)), y]
    return float(-np.mean(np.log(np.clip(true, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))))


def _binary_accuracy(y: Rows, p: Rows) -> float:
    return float(np.mean(_positive(p) == (y == 1)))


def _accuracy(y: Rows, p: Rows) -> float:
    return float(np.mean(np.argmax(p, axis=1) == y))


def _top(k: int) -> Measure:
    def measure(y: Rows, p: Rows) -> float:
        true = p[np.arange(len(y)), y][:, np.newaxis]
        return float(np.mean(np.sum(p > true, axis=1) < k))

    return measure


def _precision(y: Rows, p: Rows) -> float:
    positive = _positive(p)
    return _share(np.sum(positive & (y == 1)), np.sum(positive))


def _recall(y: Rows, p: Rows) -> float:
    return _share(np.sum(_positive(p) & (y == 1)), np.sum(y == 1))


def _binary_f1(y: Rows, p: Rows) -> float:
    return _f1_of(_positive(p), y == 1)


def _f1(y: Rows, p: Rows) -> float:
    guess = np.argmax(p, axis=1)
    return float(np.mean([_f1_of(guess == k, y == k) for k in range(p.shape[1])]))


def _f1_of(guess: Rows, truth: Rows) -> float:
    return _share(2 * np.sum(guess & truth), np.sum(guess) + np.sum(truth))


def _share(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else 0.0  # as Keras: 0 where nothing was predicted or is there to find


def _binary_auc(y: Rows, p: Rows) -> float:
    return _area(y == 1, p[:, 0])


def _auc(y: Rows, p: Rows) -> float:
    areas = [_area(y == k, p[:, k]) for k in range(p.shape[1])]
    found = [area for area in areas if not np.isnan(area)]  # a class that no row has does not count
    return float(np.mean(found)) if found else float("nan")


def _area(truth: Rows, p: Rows) -> float:
    """The area by ranks (Mann and Whitney 1947), a tenth of the time of scikit-learn's; the same number."""
    positive = int(np.sum(truth))
    pairs = positive * (len(truth) - positive)
    if not pairs:
        return float("nan")
    return (float(np.sum(rankdata(p.astype(np.float64))[truth])) - positive * (positive + 1) / 2) / pairs


def _pr_auc(y: Rows, p: Rows) -> float:
    return float(average_precision_score(y == 1, p[:, 0])) if np.any(y == 1) else float("nan")


def _mse(y: Rows, p: Rows) -> float:
    return float(np.mean((p - y) ** 2, dtype=np.float64))


def _mape(y: Rows, p: Rows) -> float:
    return 100.0 * float(np.mean(np.abs(p - y) / np.maximum(np.abs(y), SMALLEST_DIVISOR), dtype=np.float64))


def _r2(y: Rows, p: Rows) -> float:
    return float(r2_score(y, p)) if len(y) > 1 else float("nan")


CLASSES: dict[str, Measure] = {"loss": _crossentropy, "crossentropy": _crossentropy}
MEASURES: dict[Task, dict[str, Measure]] = {
    "binary": CLASSES
    | {
        "accuracy": _binary_accuracy,
        "auc": _binary_auc,
        "pr_auc": _pr_auc,
        "precision": _precision,
        "recall": _recall,
        "f1": _binary_f1,
        "positive_share": lambda y, p: float(np.mean(_positive(p))),
    },
    "multiclass": CLASSES
    | {"accuracy": _accuracy, "auc": _auc, "f1": _f1, "top_3_accuracy": _top(3), "top_5_accuracy": _top(5)},
    "regression": {
        "loss": _mse,
        "mse": _mse,
        "rmse": lambda y, p: float(np.sqrt(_mse(y, p))),
        "mae": lambda y, p: float(np.mean(np.abs(p - y), dtype=np.float64)),
        "mape": _mape,
        "r2": _r2,
        "bias": lambda y, p: float(np.mean(p - y, dtype=np.float64)),
    },
}
"""By task, in the words of `models.spec.metrics.METRICS`; a test holds the two together."""

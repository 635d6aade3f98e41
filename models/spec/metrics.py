"""Metrics that may be watched and optimised, with their tasks and directions. Computes nothing."""

from dataclasses import dataclass

from models.objective import Direction
from models.signature import Task
from spaces.problems import did_you_mean

CLASSIFICATION: tuple[Task, ...] = ("binary", "multiclass")
ALL: tuple[Task, ...] = ("binary", "multiclass", "regression")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: the tasks that it fits and which way it improves (None: the user must say)."""

    tasks: tuple[Task, ...]
    direction: Direction | None
    doc: str


METRICS: dict[str, Metric] = {
    "loss": Metric(ALL, Direction.MINIMIZE, "the training loss, penalties of regularizers included"),
    "accuracy": Metric(CLASSIFICATION, Direction.MAXIMIZE, "share of rows whose most probable class is right"),
    "auc": Metric(
        CLASSIFICATION, Direction.MAXIMIZE, "area under the ROC curve; mean of one-against-rest if multiclass"
    ),
    "pr_auc": Metric(("binary",), Direction.MAXIMIZE, "area under the precision-recall curve"),
    "precision": Metric(("binary",), Direction.MAXIMIZE, "share of predicted positives that are positive"),
    "recall": Metric(("binary",), Direction.MAXIMIZE, "share of positives that are predicted positive"),
    "f1": Metric(
        CLASSIFICATION,
        Direction.MAXIMIZE,
        "harmonic mean of precision and recall; mean over classes if multiclass",
    ),
    "crossentropy": Metric(CLASSIFICATION, Direction.MINIMIZE, "mean negative log probability of the true class"),
    "top_3_accuracy": Metric(
        ("multiclass",), Direction.MAXIMIZE, "share of rows whose true class is among the 3 most probable"
    ),
    "top_5_accuracy": Metric(
        ("multiclass",), Direction.MAXIMIZE, "share of rows whose true class is among the 5 most probable"
    ),
    "positive_share": Metric(("binary",), None, "share of rows that are predicted positive"),
    "mse": Metric(("regression",), Direction.MINIMIZE, "mean squared error, in squared units of the target"),
    "rmse": Metric(("regression",), Direction.MINIMIZE, "root of the mean squared error, in units of the target"),
    "mae": Metric(("regression",), Direction.MINIMIZE, "mean absolute error, in units of the target"),
    "mape": Metric(("regression",), Direction.MINIMIZE, "mean absolute error in percent of the target"),
    "r2": Metric(
        ("regression",),
        Direction.MAXIMIZE,
        "share of the target's variance that is explained; mean over targets",
    ),
    "bias": Metric(("regression",), None, "mean of prediction minus target, in units of the target"),
}

VALIDATION = "val_"
"""Before a metric's name: its value on validation rows."""


def base_name(metric: str) -> str:
    """The metric's name without `val_`."""
    return metric.removeprefix(VALIDATION)


def tasks_of(task: str | None) -> tuple[Task, ...]:
    """The tasks that `classification` or `regression` may turn out to be; all for None."""
    if task is None:
        return ALL
    return CLASSIFICATION if task == "classification" else ("regression",)


def fitting(tasks: tuple[Task, ...]) -> list[str]:
    """Names of the metrics that fit at least one of `tasks`."""
    return [name for name, metric in METRICS.items() if set(metric.tasks) & set(tasks)]


def why_unknown(metric: str, *, prefix: str = "") -> tuple[str, str] | None:
    """What is wrong with the name of a metric, and how to mend it; None if it is known.

    prefix: what stands before the names that are proposed.
    """
    base = base_name(metric)
    if base in METRICS:
        return None
    return f"unknown metric `{metric}`", did_you_mean(prefix + base, [prefix + name for name in METRICS])

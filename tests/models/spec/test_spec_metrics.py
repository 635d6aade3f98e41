"""The table of metrics."""

from models.objective import Direction
from models.spec.metrics import METRICS, VALIDATION, fitting, tasks_of, why_unknown


def test_the_validation_prefix_does_not_make_a_metric_unknown() -> None:
    assert why_unknown("val_accuracy") is None
    assert why_unknown("accuracy") is None


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    answer = why_unknown("val_acuracy")
    assert answer is not None
    problem, mend = answer
    assert problem == "unknown metric `val_acuracy`"
    assert mend.startswith("did you mean `accuracy`? known are accuracy, auc")


def test_an_unknown_objective_is_answered_as_an_objective_is_written() -> None:
    answer = why_unknown("acuracy", prefix=VALIDATION)
    assert answer is not None
    assert answer[1].startswith("did you mean `val_accuracy`? known are val_accuracy, val_auc")


def test_errors_fall_and_scores_rise() -> None:
    assert METRICS["mse"].direction is Direction.MINIMIZE
    assert METRICS["auc"].direction is Direction.MAXIMIZE
    assert METRICS["bias"].direction is None


def test_metrics_fit_by_task() -> None:
    assert "mse" not in fitting(tasks_of("classification"))
    assert set(fitting(tasks_of("regression"))) == {"loss", "mse", "rmse", "mae", "mape", "r2", "bias"}
    assert fitting(tasks_of(None)) == list(METRICS)

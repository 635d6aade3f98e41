"""What fit does, ends by, and leaves in the model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.families.registry import build
from models.objective import Direction, Objective
from models.spec.mlp import MlpSpec
from models.spec.training import TrainingSpec
from models.training.compile import check_objective, compile_model
from models.training.errors import TrainingError
from models.training.orders import EpochReport, Order
from models.training.predict import predict
from models.training.rows import epoch_order

Make = Callable[..., Any]


def order_at(epoch: int, order: Order) -> Callable[[EpochReport], Order]:
    return lambda report: order if report.epoch == epoch else Order.GO_ON


def test_training_learns_and_reports_every_epoch_once_with_all_logs(trial: Make) -> None:
    learner = trial({"epochs": 4, "learning_rate": 0.05, "metrics": ["auc"]})
    result = learner.run()
    assert result.history[-1]["val_loss"] < result.history[0]["val_loss"]
    assert [report.epoch for report in learner.reports] == [1, 2, 3, 4]
    assert [report.metrics for report in learner.reports] == list(result.history)
    assert set(result.history[0]) == {
        *("loss", "accuracy", "auc", "val_loss", "val_accuracy", "val_auc"),
        "learning_rate",
    }
    assert (result.ended_by, result.epochs) == ("epochs", 4)


def test_a_stopped_trial_keeps_its_best_weights(trial: Make, tiny: Make) -> None:
    stopped = trial(
        {"epochs": 9, "optimizer": "sgd", "learning_rate": 5.0},
        objective=Objective("val_loss", Direction.MINIMIZE),
    )
    result = stopped.run(on_epoch=order_at(4, Order.STOP))
    values = [row["val_loss"] for row in result.history]
    assert (result.ended_by, result.epochs) == ("order", 4)
    assert result.objective == min(values)
    assert result.best_epoch == values.index(min(values)) + 1 < 4, "the last epoch must not be the best here"
    made = predict(stopped.built, tiny().validation.x)
    truth = made[np.arange(len(made)), tiny().validation.y]
    assert float(-np.log(truth).mean()) == pytest.approx(result.objective, rel=1e-4)


def test_an_objective_metric_that_does_not_fit_the_task_is_refused_before_training(trial: Make) -> None:
    refused = trial(objective=Objective("val_mae", Direction.MINIMIZE))
    with pytest.raises(TrainingError, match=r"metric mae does not fit multiclass targets; choose among loss"):
        refused.run()
    assert refused.reports == []


def test_class_weights_for_numbers_are_refused(trial: Make) -> None:
    with pytest.raises(TrainingError, match=r"class_weights: balanced weighs classes, but the targets are numbers"):
        trial({"class_weights": "balanced"}, task="regression").run()


def test_the_same_seed_gives_the_same_training_and_another_seed_another(trial: Make) -> None:
    first = trial().run(seed=1).history
    assert first == trial().run(seed=1).history
    assert first != trial().run(seed=2).history


def test_a_binary_task_learns(trial: Make) -> None:
    result = trial({"epochs": 4, "learning_rate": 0.05}, task="binary").run()
    assert result.history[-1]["val_loss"] < result.history[0]["val_loss"]


def test_regression_learns_in_standard_deviations_and_reports_in_raw_units(trial: Make, tiny: Make) -> None:
    fitted = trial({"epochs": 4, "learning_rate": 0.05}, task="regression")
    result = fitted.run()
    validation = tiny("regression").validation
    error = predict(fitted.built, validation.x) - validation.y
    best = result.history[result.best_epoch - 1]
    assert best["val_loss"] < result.history[0]["val_loss"]
    assert float(np.abs(error).mean()) == pytest.approx(best["val_mae"], rel=1e-4)
    assert float((error**2).mean()) / 20**2 == pytest.approx(best["val_loss"], rel=1e-4)


def test_an_objective_that_is_not_in_the_logs_is_refused_with_those_that_are(tiny: Make) -> None:
    data = tiny()
    model = build(MlpSpec.model_validate({"layers": 1, "units": 4}), data.signature)
    loss = Objective("val_loss", Direction.MINIMIZE)
    compile_model(model, TrainingSpec(), signature=data.signature, objective=loss)
    with pytest.raises(TrainingError, match=r"val_speed is not in the epochs' logs; there are loss, accuracy, val_l"):
        check_objective(
            model, data.train.x, data.train.y[:, None], objective=Objective("val_speed", Direction.MAXIMIZE)
        )


def test_rows_have_an_order_of_their_own_in_every_epoch() -> None:
    orders = [epoch_order(10, seed=3, epoch=epoch).tolist() for epoch in (1, 2, 1)]
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[0]) == list(range(10))
    assert epoch_order(10, seed=4, epoch=1).tolist() != orders[0]

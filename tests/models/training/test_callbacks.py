"""The callbacks of a run, played over scripted epochs."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.objective import Direction, Objective
from models.training.orders import EpochReport, Order

Play = Callable[..., Any]
LOSS = Objective("val_loss", Direction.MINIMIZE)


def order_at(epoch: int, order: Order) -> Callable[[EpochReport], Order]:
    return lambda report: order if report.epoch == epoch else Order.GO_ON


@pytest.mark.parametrize(("order", "reason"), [(Order.STOP, "order"), (Order.PAUSE, "pause")])
def test_an_order_ends_training_after_its_epoch(script: Play, order: Order, reason: str) -> None:
    played = script({}, [3.0, 2.0, 1.0], on_epoch=order_at(2, order))
    assert (played.life.epoch, played.life.ended_by) == (2, reason)


def test_a_pause_is_checkpointed_at_once_and_a_stop_is_not(script: Play) -> None:
    assert script({"checkpoint_every": 1000}, [2.0, 1.0], on_epoch=order_at(1, Order.PAUSE)).saved == [1]
    assert script({"checkpoint_every": 1000}, [2.0, 1.0], on_epoch=order_at(1, Order.STOP)).saved == []


@pytest.mark.parametrize("order", [Order.STOP, Order.PAUSE])
def test_an_order_after_the_last_epoch_changes_nothing(script: Play, order: Order) -> None:
    result = script({}, [2.0, 1.0], on_epoch=order_at(2, order)).life.result(LOSS, seconds=0)
    assert result.ended_by == "epochs"


def test_a_callback_that_ends_training_comes_before_an_order(script: Play) -> None:
    played = script({"early_stopping": {"patience": 1}}, [1.0, 1.0, 1.0], on_epoch=order_at(2, Order.PAUSE))
    assert played.life.ended_by == "early stopping"


def test_what_the_reports_reader_raises_is_kept_and_its_epoch_is_not_checkpointed(script: Play) -> None:
    def broken(report: EpochReport) -> Order:
        raise ConnectionError("no reader")

    played = script({"checkpoint_every": 1}, [2.0, 1.0], on_epoch=broken)
    assert str(played.life.failure) == "no reader"
    assert (played.life.epoch, played.saved) == (1, [])


def test_a_report_has_all_logs_the_learning_rate_and_the_seconds(script: Play) -> None:
    reports: list[EpochReport] = []

    def note(report: EpochReport) -> Order:
        reports.append(report)
        return Order.GO_ON

    script({}, [2.0, 1.0], on_epoch=note)
    assert reports == [
        EpochReport(1, {"loss": 1.0, "val_loss": 2.0, "learning_rate": 1.0}, 10.0),
        EpochReport(2, {"loss": 1.0, "val_loss": 1.0, "learning_rate": 1.0}, 10.0),
    ]


@pytest.mark.parametrize(
    ("at", "value", "epoch", "kept"),
    [("best", 0.3, 2, [2.0]), ("last", 0.6, 3, None), ("mean", 0.45, 3, None)],
)
def test_the_objective_is_read_by_its_rule(
    script: Play, at: str, value: float, epoch: int, kept: list[float] | None
) -> None:
    objective = Objective("val_loss", Direction.MINIMIZE, at=at, last_k=2)
    life = script({}, [0.9, 0.3, 0.6], objective=objective).life
    result = life.result(objective, seconds=0)
    assert (pytest.approx(value), epoch) == (result.objective, result.best_epoch)
    assert life.best_weights == kept, "weights of an earlier epoch are kept for `best` only"


def test_a_trial_that_is_never_a_number_has_no_best_epoch(script: Play) -> None:
    life = script({}, [math.nan, 1.0]).life
    result = life.result(LOSS, seconds=0)
    assert (result.ended_by, result.epochs, result.best_epoch) == ("nan", 1, 0)
    assert math.isnan(result.objective)
    assert life.best_weights is None


def test_a_csv_log_has_a_line_an_epoch(script: Play, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "epochs.csv"
    script({}, [2.0, 0.1], csv_log=path)
    assert path.read_text() == "epoch,loss,val_loss,learning_rate\n1,1.0,2.0,1.0\n2,1.0,0.1,1.0\n"

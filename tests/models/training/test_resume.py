"""A trial that is paused or interrupted goes on bit for bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.objective import Direction, Objective
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.training.checkpoint import CheckpointFile
from models.training.errors import CheckpointError
from models.training.orders import EpochReport, Order

MLP = {
    "model": MlpSpec.model_validate({"layers": 2, "units": [8, 6], "dropout": 0.4, "batch_norm": True}),
    "training": {
        "epochs": 7,
        "optimizer": "adam",
        "learning_rate": 0.05,
        "warmup_epochs": 2,
        "reduce_lr": {"factor": 0.5, "patience": 1},
        "early_stopping": {"patience": 4},
        "class_weights": "balanced",
    },
    "objective": Objective("val_accuracy", Direction.MAXIMIZE),
}
CNN = {
    "model": CnnSpec.model_validate(
        {
            "blocks": 2,
            "filters": 4,
            "dropout": 0.2,
            "head": 6,
            "augmentation": {"flip": True, "shift": 0.1, "rotation": 0.1, "zoom": 0.1},
        }
    ),
    "shape": (8, 8, 1),
    "training": {"epochs": 4, "optimizer": "sgd", "momentum": 0.9, "schedule": "cosine"},
}
RNN = {
    "model": RnnSpec.model_validate({"layers": 2, "units": 5, "dropout": 0.3, "bidirectional": True}),
    "shape": (6, 3),
    "training": {"epochs": 4, "optimizer": "adamw"},
}


def pause_after(epoch: int) -> Callable[[EpochReport], Order]:
    return lambda report: Order.PAUSE if report.epoch == epoch else Order.GO_ON


def without_seconds(result: Any) -> tuple[Any, ...]:
    return result.history, result.objective, result.best_epoch, result.epochs, result.ended_by


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param(MLP, id="mlp"),
        pytest.param(CNN, id="cnn", marks=pytest.mark.slow),
        pytest.param(RNN, id="rnn", marks=pytest.mark.slow),
    ],
)
def test_a_resumed_trial_equals_an_uninterrupted_one_bit_for_bit(
    trial: Callable[..., Any], tmp_path: Path, setup: dict[str, Any]
) -> None:
    whole = trial(**setup)
    expected = whole.run()
    file = CheckpointFile(tmp_path / "checkpoint")
    broken = trial(**setup)
    paused = broken.run(checkpoint=file, on_epoch=pause_after(2))
    resumed = broken.run(checkpoint=file)

    assert paused.ended_by == "pause"
    assert paused.history == expected.history[:2]
    assert without_seconds(resumed) == without_seconds(expected)
    for one, other in zip(whole.weights(), broken.weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert resumed.epochs > 3, "the setup must go on for a while after the pause"


def test_a_killed_trial_goes_on_from_its_last_checkpoint_and_reports_what_was_lost_again(
    trial: Callable[..., Any], tmp_path: Path, clock: Any
) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    options = {"epochs": 5, "checkpoint_every": 20}
    log = {"csv_log": tmp_path / "epochs.csv", "clock": clock}
    expected = trial(options).run()
    killed = trial(options, plan=log)

    def answer(report: EpochReport) -> Order:
        clock.tick(10)
        if report.epoch == 4:
            raise ConnectionError("the coordinator is gone")
        return Order.GO_ON

    with pytest.raises(ConnectionError, match="the coordinator is gone"):
        killed.run(checkpoint=file, on_epoch=answer)
    resumed = killed.run(checkpoint=file)

    assert [report.epoch for report in killed.reports] == [3, 4, 5]
    assert resumed.history == expected.history
    lines = (tmp_path / "epochs.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch", "1", "2", "3", "4", "5"]
    assert resumed.seconds == 20, "the seconds up to the checkpoint count, those that were lost do not"


def test_a_trial_whose_checkpoint_is_at_its_end_is_not_trained_again(
    trial: Callable[..., Any], tmp_path: Path, clock: Any
) -> None:
    def a_minute_later(report: EpochReport) -> Order:
        clock.tick(60)
        return Order.GO_ON

    file = CheckpointFile(tmp_path / "checkpoint")
    stopped = trial({"epochs": 5, "stop_at": 100.0}, plan={"clock": clock})
    first = stopped.run(checkpoint=file, on_epoch=a_minute_later)
    again = stopped.run(checkpoint=file)
    assert first.ended_by == again.ended_by == "target"
    assert again.history == first.history
    assert stopped.reports == []


def test_a_pause_without_a_checkpoint_file_is_an_error(trial: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="told to pause after epoch 1, but it has no checkpoint file"):
        trial().run(on_epoch=pause_after(1))


def test_a_checkpoint_of_another_configuration_is_refused(trial: Callable[..., Any], tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    trial().run(checkpoint=file, on_epoch=pause_after(1))
    wider = trial(model=MlpSpec.model_validate({"layers": 1, "units": 9}))
    with pytest.raises(CheckpointError, match="checkpoint: is of another configuration; delete it to train"):
        wider.run(checkpoint=file)

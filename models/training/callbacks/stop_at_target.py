"""The end of a trial that is as good as was asked."""

from typing import Any

import keras

from models.objective import Objective
from models.training.life import Life


class StopAtTarget(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training once the objective, read by its own rule, is at `target` or better."""

    def __init__(self, life: Life, objective: Objective, target: float) -> None:
        super().__init__()
        self._life = life
        self._objective = objective
        self._target = target

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        value, _ = self._objective.read(self._life.history)
        if value == self._target or self._objective.direction.better(value, self._target):
            self._life.end("target")
            self.model.stop_training = True

"""The learning rate of each epoch: the schedule's, times what ReduceLROnPlateau has made of it."""

from typing import Any

import keras
import numpy as np

from models.spec.training import TrainingSpec
from models.training.schedules import rate_factor


class Schedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the rate before each epoch, and only then, so that ReduceLROnPlateau finds a rate that it may set.

    A rate that was changed since it was last set counts as a reduction by that ratio, which stays in force, so
    a reduction during the warm-up is not undone by the next epoch's rise. The user's callbacks may change it too,
    from the begin of training on.
    """

    kind = "schedule"

    def __init__(self, training: TrainingSpec) -> None:
        super().__init__()
        self._training = training
        self._reduction = 1.0
        self._last: float | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._last = float(self.model.optimizer.learning_rate)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        optimizer = self.model.optimizer
        current = float(optimizer.learning_rate)
        if self._last is not None and current != self._last:
            if self._last:
                self._reduction *= current / self._last
            else:  # no ratio leads back from 0
                self._reduction = current / self._rate(epoch)
        rate = self._rate(epoch + 1) * self._reduction
        optimizer.learning_rate = rate
        self._last = float(np.float32(rate))

    def _rate(self, epoch: int) -> float:
        """The schedule's own rate in `epoch`, from 1."""
        return self._training.learning_rate * rate_factor(self._training, max(epoch, 1))

    def state(self) -> dict[str, Any]:
        return {"reduction": self._reduction, "last": self._last}

    def restore(self, state: dict[str, Any]) -> None:
        self._reduction, self._last = state["reduction"], state["last"]

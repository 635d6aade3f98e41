"""Each epoch's row of the history; the first callback, because the others read it."""

from typing import Any

import keras

from models.training.life import Life
from models.training.plan import Clock


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes each epoch's metrics and learning rate to the life's history, and times the epoch."""

    def __init__(self, life: Life, clock: Clock) -> None:
        super().__init__()
        self._life = life
        self._clock = clock
        self._begun = 0.0
        self.seconds = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._begun = self._clock()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.seconds = self._clock() - self._begun
        row = {name: float(value) for name, value in (logs or {}).items()}
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None:  # a training loop of the user's own keeps it to itself
            row["learning_rate"] = float(optimizer.learning_rate)
        self._life.history.append(row)
        self._life.epoch_seconds.append(self.seconds)

"""The end of a trial whose numbers have run away."""

import math
from typing import Any

import keras

from models.objective import Objective
from models.training.life import Life


class StopOnNan(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training after an epoch whose loss or objective is NaN or infinite.

    Looked at once an epoch, not once a batch: fetching the loss after each batch would slow down every trial
    to save a part of one epoch in few.
    """

    def __init__(self, life: Life, objective: Objective) -> None:
        super().__init__()
        self._life = life
        self._watched = ("loss", "val_loss", objective.metric)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = self._life.history[-1]
        if not all(math.isfinite(row[name]) for name in self._watched if name in row):
            self._life.end("nan")
            self.model.stop_training = True

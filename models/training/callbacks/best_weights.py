"""The weights of the objective's best epoch, kept in memory."""

from typing import Any

import keras

from models.objective import Objective
from models.training.life import Life


class BestWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Copies the weights whenever the objective is strictly better than before, as Objective.read counts.

    Only for objectives read at their best epoch; for the others the last weights are the right ones.
    """

    def __init__(self, life: Life, objective: Objective) -> None:
        super().__init__()
        self._life = life
        self._objective = objective

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        value = self._life.history[-1][self._objective.metric]
        if self._objective.direction.better(value, self._life.best_value):
            self._life.best_value = value
            self._life.best_weights = self.model.get_weights()

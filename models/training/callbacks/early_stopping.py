"""Keras' EarlyStopping on the objective's metric, with a state that a checkpoint can keep."""

from typing import Any

import keras

from models.objective import Objective
from models.spec.training import EarlyStoppingSpec
from models.training.life import Life


class EarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Ends training when the objective's metric has not become better for `patience` epochs.

    The direction is the objective's own, stated. Weights are BestWeights' matter.
    """

    kind = "early_stopping"

    def __init__(self, life: Life, objective: Objective, spec: EarlyStoppingSpec) -> None:
        super().__init__(
            monitor=objective.metric,
            mode=objective.direction.value,
            patience=spec.patience,
            min_delta=spec.min_delta,
            start_from_epoch=spec.start_from_epoch,
        )
        self._life = life

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        if self.stopped_epoch:
            self._life.end("early stopping")

    def state(self) -> dict[str, Any]:
        return {"wait": self.wait, "best": None if self.best is None else float(self.best)}

    def restore(self, state: dict[str, Any]) -> None:
        self.wait, self.best = state["wait"], state["best"]

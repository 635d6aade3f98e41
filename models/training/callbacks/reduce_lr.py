"""Keras' ReduceLROnPlateau on the objective's metric, with a state that a checkpoint can keep."""

from typing import Any

import keras

from models.objective import Objective
from models.spec.training import ReduceLrSpec


class ReduceLearningRate(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """Multiplies the learning rate by `factor` after `patience` epochs without a better objective.

    Any progress counts (`min_delta` 0): Keras' default of 1e-4 would mean another thing for every metric.
    Under a schedule its factor stays in force on what the schedule gives (see `Schedule`).
    """

    kind = "reduce_lr"

    def __init__(self, objective: Objective, spec: ReduceLrSpec) -> None:
        super().__init__(
            monitor=objective.metric,
            mode=objective.direction.value,
            factor=spec.factor,
            patience=spec.patience,
            min_lr=spec.min_lr,
            min_delta=0.0,
        )

    def state(self) -> dict[str, Any]:
        return {"wait": self.wait, "best": None if self.best is None else float(self.best)}

    def restore(self, state: dict[str, Any]) -> None:
        self.wait, self.best = state["wait"], state["best"]

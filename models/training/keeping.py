"""One trial's training in this process: its model, its life, its checkpoint, and the weights that it ends with."""

from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from models.training.callbacks.checkpointing import Stateful
from models.training.checkpoint import Checkpoint, CheckpointFile
from models.training.errors import CheckpointError
from models.training.life import Life
from models.training.plan import FitPlan, FitResult


@dataclass(slots=True)
class Keeping:
    """begun: the clock when training began. stateful: callbacks whose memory a checkpoint keeps; states: that of an
    earlier process, by kind.
    """

    model: keras.Model
    plan: FitPlan
    life: Life
    checkpoint: CheckpointFile | None
    begun: float
    stateful: list[Stateful] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    def save(self) -> None:
        """Write the checkpoint, if the trial has one."""
        if self.checkpoint is None:
            return
        life = replace(self.life, trained_s=self._seconds())
        self.checkpoint.write(
            Checkpoint(
                model=[np.asarray(variable) for variable in self.model.variables],
                optimizer=[np.asarray(variable) for variable in self._optimizer_variables()],
                best_weights=self.life.best_weights,
                state={"life": life.to_json(), "callbacks": {c.kind: c.state() for c in self.stateful}},
            )
        )

    def resume(self, saved: Checkpoint) -> None:
        """Take up the trial where `saved` left it. Raises CheckpointError when it is of another model."""
        pairs = ((self.model.variables, saved.model), (self._optimizer_variables(), saved.optimizer))
        for variables, values in pairs:
            if [tuple(v.shape) for v in variables] != [v.shape for v in values]:
                where = self.checkpoint.path if self.checkpoint else "the checkpoint"
                raise CheckpointError(f"{where}: is of another configuration; delete it to train from the first epoch")
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self.life.restore(saved.state["life"], saved.best_weights)
        self.states = saved.state["callbacks"]

    def finish(self) -> FitResult:
        """Put the right weights into the model and sum up. Raises what the giver of orders raised."""
        if self.life.failure is not None:
            raise self.life.failure
        if self.life.ended_by == "pause" and self.checkpoint is None:
            raise ValueError(
                f"the trial was told to pause after epoch {self.life.epoch}, but it has no checkpoint file"
            )
        if self.life.best_weights is not None and self.plan.training.restore_best:
            self.model.set_weights(self.life.best_weights)
        return self.life.result(self.plan.objective, seconds=self._seconds())

    def _optimizer_variables(self) -> list[Any]:
        optimizer = getattr(self.model, "optimizer", None)
        return [] if optimizer is None else list(optimizer.variables)

    def _seconds(self) -> float:
        return self.life.trained_s + self.plan.clock() - self.begun

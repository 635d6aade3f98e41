"""What one trial has lived through so far: the record that its callbacks share and a checkpoint keeps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.objective import Objective
from models.training.plan import Ending, FitResult

Arrays = list[NDArray[Any]]


@dataclass(slots=True)
class Life:
    """Epochs lived, the best weights among them, and how it ended, if it did.

    total: epochs that the configuration asks for.
    epoch_seconds: of each epoch in `history`, its validation included.
    trained_s: seconds of training before this process took over.
    stopped_by, by_step: as in a `FitResult`.
    failure: what the order's giver raised; fit raises it again once Keras has closed everything.
    """

    total: int
    history: list[dict[str, float]] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    trained_s: float = 0.0
    best_value: float = math.nan
    best_weights: Arrays | None = None
    ended_by: Ending | None = None
    stopped_by: str = ""
    by_step: str = ""
    failure: Exception | None = None

    @property
    def epoch(self) -> int:
        """The last epoch that was trained, from 1; 0 before the first."""
        return len(self.history)

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left to train."""
        return self.ended_by not in (None, "pause") or self.epoch >= self.total

    def end(self, reason: Ending, *, stopped_by: str = "") -> None:
        """Note why training ends after this epoch; the first reason stands."""
        if self.ended_by is None:
            self.ended_by, self.stopped_by = reason, stopped_by

    def result(self, objective: Objective, *, seconds: float) -> FitResult:
        """The result as of now, `seconds` of training into the trial."""
        value, epoch = objective.read(self.history)
        return FitResult(
            history=tuple(dict(row) for row in self.history),
            objective=value,
            best_epoch=epoch,
            epochs=self.epoch,
            seconds=seconds,
            ended_by=self.ended_by or "epochs",
            stopped_by=self.stopped_by,
            by_step=self.by_step,
            best_seconds=sum(self.epoch_seconds[:epoch]),
        )

    def to_json(self) -> dict[str, Any]:
        """All but the weights."""
        return {
            "history": self.history,
            "epoch_seconds": self.epoch_seconds,
            "trained_s": self.trained_s,
            "best_value": self.best_value,
            "ended_by": None if self.ended_by == "pause" else self.ended_by,
            "stopped_by": self.stopped_by,
            "by_step": self.by_step,
        }

    def restore(self, state: dict[str, Any], best_weights: Sequence[NDArray[Any]] | None) -> None:
        """Take up the life that `to_json` and the weights tell of."""
        self.history = [dict(row) for row in state["history"]]
        # a checkpoint of an earlier version has no such seconds
        self.epoch_seconds = [float(s) for s in state.get("epoch_seconds", [0.0] * len(self.history))]
        self.trained_s = float(state["trained_s"])
        self.best_value = float(state["best_value"])
        self.ended_by = state["ended_by"]
        self.stopped_by, self.by_step = state.get("stopped_by", ""), state.get("by_step", "")
        self.best_weights = None if best_weights is None else [np.asarray(w) for w in best_weights]

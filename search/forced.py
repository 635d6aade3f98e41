"""How a trial that was ended by force is closed: with what its last checkpoint held, as far as there is one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.objective import Objective
from search.study import Cause, Outcome, TrialState

NOTHING_STORED = "it had left no checkpoint, so there is no model of it"


@dataclass(frozen=True, slots=True)
class Trained:
    """What is known of a trial without its files: the objective's metric of every epoch, its seconds, its plan."""

    objective: Objective
    values: Sequence[float]
    seconds: float
    planned: int


@dataclass(frozen=True, slots=True)
class Forced:
    """Why a trial was ended by force."""

    cause: Cause
    reason: str

    def with_stored(self, stored: Outcome, trained: Trained) -> Outcome:
        """The outcome of a trial of which a worker has `stored` what its checkpoint held, if there was one.

        The objective is that of the stored files. A trial that had come to an end of its own, and was ended by force
        while it stored its results, keeps that end.
        """
        if stored.state is not TrialState.FAILED and stored.epochs == 0:
            return self.without_files(trained)
        if stored.cause is not Cause.FINISHED or stored.epochs >= trained.planned:
            return stored
        epochs = len(trained.values)
        as_of = f"; it is kept as it was after epoch {stored.epochs}" if stored.epochs < epochs else ""
        return replace(
            stored,
            state=TrialState.PRUNED,
            cause=self.cause,
            reason=self.reason + as_of,
            epochs=max(stored.epochs, epochs),
            seconds=max(stored.seconds, trained.seconds),
        )

    def without_files(self, trained: Trained, *, why: str = NOTHING_STORED) -> Outcome:
        """The outcome of a trial of which nothing is stored, and `why`: the best of what it had reported."""
        objective = trained.objective
        value, epoch = objective.read([{objective.metric: v} for v in trained.values])
        reason = f"{self.reason}; {why}" if trained.values else self.reason
        return Outcome(
            TrialState.PRUNED,
            self.cause,
            reason,
            value if epoch and math.isfinite(value) else None,
            best_epoch=epoch,
            epochs=len(trained.values),
            seconds=trained.seconds,
        )

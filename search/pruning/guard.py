"""What all pruners answer alike: no epoch yet, a NaN, and the last epoch."""

import math
from dataclasses import dataclass

from search.ports import Others, Pruner
from search.study import Curve, Decision

NAN_REASON = "the objective is NaN"


@dataclass(frozen=True, slots=True)
class Guard:
    """Asks `pruner` only about trials with a number to compare and with epochs left to save.

    A NaN compares false with everything: unguarded, it would take first place. A trial that has trained
    `max_epochs` is finished; stopping it would save nothing and only call it pruned.
    """

    pruner: Pruner
    max_epochs: int

    def group(self, number: int) -> int:
        return self.pruner.group(number)

    def decide(self, trial: Curve, others: Others) -> Decision:
        if not trial.values:
            return Decision.go_on()
        if math.isnan(trial.values[-1]):
            return Decision.stop(NAN_REASON)
        if len(trial.values) >= self.max_epochs:
            return Decision.go_on()
        return self.pruner.decide(trial, others)

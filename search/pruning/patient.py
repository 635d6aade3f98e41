"""Lets a trial alone while it improves, and asks another pruner when it no longer does."""

import math
from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others, Rule
from search.pruning.words import figure
from search.study import Curve, Decision


@dataclass(frozen=True, slots=True)
class PatientPruner:
    """Asks `pruner` only when the last `patience` epochs improved the trial by no more than `min_delta`.

    Source: Prechelt 1998 (early stopping); the idea of `optuna.pruners.PatientPruner`, whose patience is one
    epoch longer and which takes an unchanged best for an improvement.
    """

    pruner: Rule
    direction: Direction
    patience: int = 5
    min_delta: float = 0.0

    def group(self, number: int) -> int:
        return self.pruner.group(number)

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if epoch <= self.patience:
            return Decision.go_on()
        now = trial.best(self.direction)
        before = trial.best(self.direction, until=epoch - self.patience)
        # without a number before the patience, the first one is an improvement
        if math.isnan(before) or abs(now - before) > self.min_delta:
            return Decision.go_on()
        decision = self.pruner.decide(trial, others)
        if not decision.reason or not self.patience:
            return decision
        waited = f"no better than {figure(before)} for {self.patience} epochs"
        return Decision(decision.order, f"{waited}, and {decision.reason}")

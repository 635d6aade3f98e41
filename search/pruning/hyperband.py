"""Hyperband: several successive halvings that begin to stop trials at different epochs."""

import math
from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others
from search.pruning.successive_halving import SuccessiveHalvingPruner
from search.study import Curve, Decision

_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class HyperbandPruner:
    """Bracket b is a successive halving with its first rung at min_epochs * eta**b; trials compete inside it.

    Brackets are those whose first rung is at most `max_epochs`, the true number of epochs. A trial's number
    gives it its bracket, in the shares of the paper: many in the brackets that stop early.

    Source: Li et al. 2018 (Hyperband), algorithm 1, over the asynchronous halving of Li et al. 2020, as in
    `optuna.pruners.HyperbandPruner`, which draws the bracket by a hash of the study's name and the number.
    """

    direction: Direction
    max_epochs: int
    min_epochs: int = 1
    eta: int = 3

    def decide(self, trial: Curve, others: Others) -> Decision:
        bracket = self.group(trial.number)
        decision = self._halving(bracket).decide(trial, others)
        if not decision.reason:
            return decision
        return Decision(decision.order, f"in bracket {bracket}, {decision.reason}")

    def group(self, number: int) -> int:
        """The bracket of trial `number`, from 0; any run of numbers is spread by the shares."""
        shares = self.shares()
        # multiples of the golden ratio fill [0, 1) evenly at once; a hash leaves gaps in small studies
        place = number * _GOLDEN % 1.0 * sum(shares)
        for bracket, share in enumerate(shares):
            place -= share
            if place < 0:
                return bracket
        return len(shares) - 1

    def shares(self) -> tuple[int, ...]:
        """How many trials each bracket gets in proportion: n of algorithm 1."""
        count = 1
        while self.min_epochs * self.eta**count <= self.max_epochs:
            count += 1
        halvings = range(count - 1, -1, -1)
        return tuple(math.ceil(count * self.eta**s / (s + 1)) for s in halvings)

    def _halving(self, bracket: int) -> SuccessiveHalvingPruner:
        return SuccessiveHalvingPruner(
            self.direction, min_epochs=self.min_epochs, eta=self.eta, min_early_stopping_rate=bracket
        )

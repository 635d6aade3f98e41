"""Hyperband: several successive halvings that begin to compare trials at different epochs."""

import math
from dataclasses import dataclass, replace

from models.objective import Direction
from search.ports import Others, OthersOf, Resting
from search.pruning.rungs import Rungs
from search.study import Curve, Decision, Promotion

_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class HyperbandPruner:
    """Bracket b is an asynchronous halving with its first rung at min_epochs * eta**b; trials compete inside it.

    Brackets are those whose first rung is at most `max_epochs`, the true number of epochs. A trial's number
    gives it its bracket, in the shares of the paper: many in the brackets that compare early.

    promote: trials rest at the rungs of their bracket, and its best go on, also later, as under `asha`. The highest
    rung of all brackets is looked at first. Otherwise they are stopped there, as under `successive_halving`.

    Source: Li et al. 2018 (Hyperband), algorithm 1, over the asynchronous halving of Li et al. 2020 (section 3.3 there:
    asynchronous Hyperband), as in `optuna.pruners.HyperbandPruner`, which only stops, and draws the bracket by a hash
    of the study's name and the number.
    """

    direction: Direction
    max_epochs: int
    min_epochs: int = 1
    eta: int = 3
    promotes: bool = True

    def decide(self, trial: Curve, others: Others) -> Decision:
        bracket, epoch, best = self.group(trial.number), len(trial.values), trial.best(self.direction)
        rungs = self._rungs(bracket)
        if not rungs.has(epoch):
            return Decision.go_on()
        why = rungs.why_not(best, others, epoch, least=0 if self.promotes else 1)
        if why is None:
            return Decision.go_on()
        reason = f"in bracket {bracket}, {why}"
        return Decision.pause(reason) if self.promotes else Decision.stop(reason)

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> Promotion | None:
        """The best paused trial of the highest rung at which it is among the best of its bracket by now."""
        rungs = [(-epoch, bracket) for bracket in resting.groups() for epoch in resting.epochs(bracket)]
        for epoch, bracket in sorted(rungs):
            found = self._rungs(bracket).promote(resting, others, group=bracket, epoch=-epoch, more=more)
            if found is not None:
                return replace(found, reason=f"in bracket {bracket}, {found.reason}")
        return None

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> list[int]:
        if most is None:
            return []
        brackets = resting.groups()
        return [n for b in brackets for n in self._rungs(b).hopeless(resting, others, group=b, most=most)]

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

    def _rungs(self, bracket: int) -> Rungs:
        return Rungs(self.min_epochs * self.eta**bracket, self.eta)

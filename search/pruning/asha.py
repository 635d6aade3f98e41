"""Asynchronous successive halving with promotion: trials rest at each rung, and the best of it go on."""

from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others, OthersOf, Resting
from search.pruning.rungs import Rungs
from search.study import Curve, Decision, Promotion


@dataclass(frozen=True, slots=True)
class AshaPruner:
    """Rungs are at epochs min_epochs * eta ** k, k = 0, 1, ...; see `Rungs` for who is compared with whom.

    A trial that is among the best n // eta at its rung goes on at once; otherwise it rests. A free worker takes up the
    best that rests at the highest rung at which it is among them by now. When no new trial may start, the best of a
    rung goes on however few they are, so that a short study has a full training too.

    Source: Li et al. 2020 (ASHA), algorithm 2. There a trial rests even when it is to be promoted at once, which would
    store and load a checkpoint for nothing.
    """

    direction: Direction
    min_epochs: int = 1
    eta: int = 4

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        return self._rungs.pauses(trial.best(self.direction), others, len(trial.values))

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> Promotion | None:
        for epoch in resting.epochs(0):
            promotion = self._rungs.promote(resting, others, group=0, epoch=epoch, more=more)
            if promotion is not None:
                return promotion
        return None

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> list[int]:
        return [] if most is None else self._rungs.hopeless(resting, others, group=0, most=most)

    @property
    def _rungs(self) -> Rungs:
        return Rungs(self.min_epochs, self.eta)

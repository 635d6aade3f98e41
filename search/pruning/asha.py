"""Asynchronous successive halving with promotion: trials rest at each rung, and the best of it go on."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others, OthersOf, Rested, Resting
from search.pruning.words import figure
from search.study import Curve, Decision, Promotion


@dataclass(frozen=True, slots=True)
class AshaPruner:
    """Rungs are at epochs min_epochs * eta ** k, k = 0, 1, ...

    A trial that comes to a rung is compared, by its best so far, with the best of every other trial that has come so
    far, and of complete ones, which keep theirs for rungs after their end. While it is among the best n // eta of n,
    itself included, it goes on at once; otherwise it rests. A free worker takes up the best that rests at the highest
    rung at which it is among the best n // eta by now. When no new trial may start, the best of a rung goes on however
    few they are, so that a short study has a full training too.

    Source: Li et al. 2020 (ASHA), algorithm 2. There a trial rests even when it is to be promoted at once, which would
    store and load a checkpoint for nothing.
    """

    direction: Direction
    min_epochs: int = 1
    eta: int = 4

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if not self.is_rung(epoch):
            return Decision.go_on()
        value = trial.best(self.direction)
        place, n = _place(value, others, epoch)
        if place <= n // self.eta:
            return Decision.go_on()
        return Decision.pause(
            f"{figure(value)} is place {place} of {n} at the rung of epoch {epoch}; {_who(n // self.eta)}"
        )

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> Promotion | None:
        for rested in self._leaders(resting):
            place, n = _place(rested.best, others(rested.number), rested.epoch)
            allowed = n // self.eta if more else max(1, n // self.eta)
            if place <= allowed:
                return Promotion(rested.number, f"place {place} of {n} at the rung of epoch {rested.epoch} by now")
        return None

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> list[int]:
        """Those whose place is beyond what a rung with all trials of the study would promote: places only get worse."""
        found: list[int] = []
        if most is None:
            return found
        allowed = max(1, most // self.eta)
        for group in resting.groups():
            for epoch in filter(self.is_rung, resting.epochs(group)):
                for rested in resting.worst_first(group, epoch):
                    place, _ = _place(rested.best, others(rested.number), epoch)
                    if place <= allowed:
                        break
                    found.append(rested.number)
        return found

    def is_rung(self, epoch: int) -> bool:
        """Whether trials are compared after `epoch`."""
        rung = self.min_epochs
        while rung < epoch:
            rung *= self.eta
        return rung == epoch

    def _leaders(self, resting: Resting) -> Iterator[Rested]:
        """The best of each rung, highest rung first."""
        for group in resting.groups():
            for epoch in filter(self.is_rung, resting.epochs(group)):
                best = resting.best(group, epoch)
                if best is not None:
                    yield best


def _place(value: float, others: Others, epoch: int) -> tuple[int, int]:
    """The place of a trial with `value` after `epoch`, and of how many."""
    rung = others.bests(epoch)
    return 1 + rung.better_than(value), len(rung) + 1


def _who(allowed: int) -> str:
    if not allowed:
        return "too few to let any go on"
    return "the best goes on" if allowed == 1 else f"the best {allowed} go on"

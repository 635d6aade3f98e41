"""Rungs: the epochs at which successive halving compares trials, and what a place at one of them means."""

from dataclasses import dataclass

from search.ports import Others, OthersOf, Rested, Resting
from search.pruning.words import figure
from search.study import Decision, Promotion


@dataclass(frozen=True, slots=True)
class Rungs:
    """The epochs first * eta ** k, k = 0, 1, ...; of n trials at one of them, the best n // eta go on.

    A trial is compared by its best so far with the best of every other one that has come so far, and of complete
    ones, which keep theirs for rungs after their end. n counts the trial itself; ties go on.

    Source: Li et al. 2020 (ASHA), algorithm 2.
    """

    first: int
    eta: int

    def has(self, epoch: int) -> bool:
        """Whether trials are compared after `epoch`."""
        rung = self.first
        while rung < epoch:
            rung *= self.eta
        return rung == epoch

    def allowed(self, n: int, *, least: int = 0) -> int:
        """How many of n go on, but no fewer than `least`."""
        return max(least, n // self.eta)

    def why_not(self, value: float, others: Others, epoch: int, *, least: int = 0) -> str | None:
        """Why a trial with `value` is not among those that go on from the rung of `epoch`; None when it is."""
        place, n = _place(value, others, epoch)
        allowed = self.allowed(n, least=least)
        if place <= allowed:
            return None
        return f"{figure(value)} is place {place} of {n} at the rung of epoch {epoch}; {_who(allowed)}"

    def pauses(self, value: float, others: Others, epoch: int) -> Decision:
        """Whether a trial with `value` rests after `epoch`, until it is among those that go on."""
        why = self.why_not(value, others, epoch) if self.has(epoch) else None
        return Decision.go_on() if why is None else Decision.pause(why)

    def promote(self, resting: Resting, others: OthersOf, *, group: int, epoch: int, more: bool) -> Promotion | None:
        """The best that rests at the rung of `epoch`, if it is among those that go on by now.

        When no new trial may start (`more` is false), the best of a rung goes on however few they are.
        """
        best = resting.best(group, epoch) if self.has(epoch) else None
        if best is None:
            return None
        place, n = _place(best.best, others(best.number), epoch)
        if place > self.allowed(n, least=0 if more else 1):
            return None
        return Promotion(best.number, f"place {place} of {n} at the rung of epoch {epoch} by now")

    def hopeless(self, resting: Resting, others: OthersOf, *, group: int, most: int) -> list[int]:
        """Those whose place is beyond what a rung with `most` trials would promote: places only get worse."""
        allowed = self.allowed(most, least=1)
        found: list[int] = []
        for epoch in filter(self.has, resting.epochs(group)):
            for rested in resting.worst_first(group, epoch):
                if _is_among(rested, others, allowed):
                    break
                found.append(rested.number)
        return found


def _is_among(rested: Rested, others: OthersOf, allowed: int) -> bool:
    return _place(rested.best, others(rested.number), rested.epoch)[0] <= allowed


def _place(value: float, others: Others, epoch: int) -> tuple[int, int]:
    """The place of a trial with `value` after `epoch`, and of how many."""
    rung = others.bests(epoch)
    return 1 + rung.better_than(value), len(rung) + 1


def _who(allowed: int) -> str:
    if not allowed:
        return "too few to let any go on"
    return "the best goes on" if allowed == 1 else f"the best {allowed} go on"

"""Which trials have had their time, beyond the end of the epoch that they were given to finish. Knows no clock.

A trial is told to stop at the end of an epoch. Where the epoch goes on for too long after that, it is ended by force.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from search.study import Cause, Suggestion

HARD_FACTOR = 1.5
"""A trial ends softly after an epoch when its time is over, and by force after this many times of it."""
GRACE_SHARE = 0.1
GRACE_MOST_S = 30.0
"""When the time of a study is over, epochs may go on for this share of it, and no longer than this."""
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Force:
    """Trial `number` is to be ended in the middle of its epoch."""

    number: int
    cause: Cause
    reason: str


@dataclass(slots=True)
class AtWork:
    """A trial in a worker. since_s: when it would have begun if nothing had ever interrupted it.

    is_leaving: it trains no further epoch, and only stores what it has; nothing would be saved by ending it.
    """

    number: int
    since_s: float
    is_leaving: bool = False


def grace_s(budget_s: float) -> float:
    """Seconds that epochs may go on for after a study of `budget_s` seconds."""
    return min(GRACE_MOST_S, GRACE_SHARE * budget_s)


def over_trial_time(trials: Sequence[AtWork], *, now_s: float, allowed_s: float) -> list[Force]:
    """The trials that have trained for far longer than `allowed_s`."""
    return [
        Force(
            t.number,
            Cause.OVER_TIME,
            f"it was ended by force after {now_s - t.since_s:.0f} s of {allowed_s:.0f} s (workers.trial_time)",
        )
        for t in trials
        if not t.is_leaving and now_s - t.since_s > HARD_FACTOR * allowed_s
    ]


def over_budget(trials: Sequence[AtWork], *, spent_s: float, budget_s: float) -> list[Force]:
    """The trials that still train when the study's time and the grace are over."""
    if spent_s <= budget_s + grace_s(budget_s):
        return []
    reason = f"its epoch did not end within {grace_s(budget_s):.3g} s after the study's time (budget.time)"
    return [Force(t.number, Cause.BUDGET, reason) for t in trials if not t.is_leaving]


class Overtime:
    """The trials at work, and which of them are to be ended by force. Looks at most twice a second."""

    def __init__(self, *, trial_s: float | None, budget_s: float | None) -> None:
        self._trial_s = trial_s
        self._budget_s = budget_s
        self._at_work: dict[int, AtWork] = {}
        self._looked_s = float("-inf")

    def submitted(self, suggestion: Suggestion, *, now_s: float) -> None:
        """The trial is handed to a worker; one that is only to be stored trains nothing."""
        self._at_work[suggestion.number] = AtWork(suggestion.number, now_s, is_leaving=suggestion.epochs == 0)

    def trained_before(self, number: int, seconds: float) -> None:
        """The trial goes on after `seconds` of training in earlier workers."""
        self._at_work[number].since_s -= seconds

    def leaves(self, number: int) -> None:
        """The trial has trained its last epoch in this worker."""
        self._at_work[number].is_leaving = True

    def left(self, number: int) -> None:
        """The trial has left its worker."""
        self._at_work.pop(number, None)

    def due(self, *, now_s: float, spent_s: float) -> list[Force]:
        """Whom to end; the same trial again while it has not left. spent_s: seconds that the study has been run for."""
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return []
        self._looked_s = now_s
        trials = list(self._at_work.values())
        found: list[Force] = []
        if self._trial_s is not None:
            found += over_trial_time(trials, now_s=now_s, allowed_s=self._trial_s)
        if self._budget_s is not None:
            found += over_budget(trials, spent_s=spent_s, budget_s=self._budget_s)
        return found

"""The money of a study: trials, seconds and epochs, whichever ends first, over all restarts and workers."""

from dataclasses import dataclass, field, replace

from search.goals import Goals


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper bounds of a whole study; None is no bound.

    goals: when it has enough before. purpose: what the bounds are for, where there is more besides; in words.
    """

    trials: int | None = None
    seconds: float | None = None
    epochs: int | None = None
    goals: Goals = field(default_factory=Goals)
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a study has used so far. A trial counts from its start; one that was never trained does not."""

    trials: int = 0
    seconds: float = 0.0
    epochs: int = 0

    def plus(self, *, trials: int = 0, seconds: float = 0.0, epochs: int = 0) -> "Spent":
        return replace(self, trials=self.trials + trials, seconds=self.seconds + seconds, epochs=self.epochs + epochs)


def no_new_trial(budget: Budget, spent: Spent, *, in_flight: int) -> str | None:
    """Why no new trial may start, or None. `in_flight` epochs are being trained and count as spent."""
    if budget.trials is not None and spent.trials >= budget.trials:
        return f"all {budget.trials} trials{budget.purpose} are used"
    return used_up(budget, spent, in_flight=in_flight)


def used_up(budget: Budget, spent: Spent, *, in_flight: int) -> str | None:
    """Why no further epoch may be trained, or None; never overshoots, since epochs in flight count as spent."""
    if budget.epochs is not None and spent.epochs + in_flight >= budget.epochs:
        return f"all {budget.epochs} epochs{budget.purpose} are used"
    if time_is_up(budget, spent):
        assert budget.seconds is not None
        return f"the time of {_duration(budget.seconds)}{budget.purpose} is used"
    return None


def time_is_up(budget: Budget, spent: Spent) -> bool:
    """Whether the study has had its time, whatever else it has left."""
    return budget.seconds is not None and spent.seconds >= budget.seconds


def share_used(budget: Budget, spent: Spent) -> float:
    """The largest used share of any bound, in [0, 1]; 0 without bounds."""
    shares = [
        used / bound
        for used, bound in (
            (spent.trials, budget.trials),
            (spent.seconds, budget.seconds),
            (spent.epochs, budget.epochs),
        )
        if bound
    ]
    return min(1.0, max(shares, default=0.0))


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if n]
    return " ".join(parts) or "0 s"

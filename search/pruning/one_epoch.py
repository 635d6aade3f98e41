"""One look at every configuration: all trials rest early, and one in so many goes on, to its end."""

from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others, OthersOf, Resting
from search.pruning.words import figure
from search.study import Curve, Decision, Promotion


@dataclass(frozen=True, slots=True)
class OneEpochPruner:
    """Every trial rests after `min_epochs`; of every `one_in` that have come so far, the best that rests goes on.

    A trial that ended before (early-stopped) counts among them. When no new trial may start, the last ones that are
    fewer than `one_in` let their best go on too.

    Source: Egele et al. 2023 (Is one epoch all you need for multi-fidelity hyperparameter optimization?), section 3,
    which trains the best few when all are known; here one after the other, while the search goes on.
    """

    direction: Direction
    min_epochs: int = 1
    one_in: int = 25

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        if len(trial.values) != self.min_epochs:
            return Decision.go_on()
        value = trial.best(self.direction)
        rung = others.bests(self.min_epochs)
        place, n = 1 + rung.better_than(value), len(rung) + 1
        return Decision.pause(
            f"{figure(value)} is place {place} of {n} after epoch {self.min_epochs}; one in {self.one_in} goes on"
        )

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> Promotion | None:
        best = resting.best(0, self.min_epochs)
        if best is None:
            return None
        n = len(others(best.number).bests(self.min_epochs)) + 1
        # whole lots, and the last part of one when there will be no more
        lots = n // self.one_in if more else -(-n // self.one_in)
        if resting.promoted(0, self.min_epochs) >= lots:
            return None
        return Promotion(best.number, f"the best that rests of {n} after epoch {self.min_epochs}")

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> list[int]:
        """Those that come after more trials that rest than can still be promoted."""
        if most is None:
            return []
        left = max(0, -(-most // self.one_in) - resting.promoted(0, self.min_epochs))
        order = list(resting.worst_first(0, self.min_epochs))
        return [rested.number for rested in order[: max(0, len(order) - left)]]

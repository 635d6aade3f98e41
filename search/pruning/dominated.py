"""Stops a trial that is behind most of the trials whose models are no larger: it is on its way to be dominated."""

import math
from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others
from search.pruning.schedule import EVERY_EPOCH, Schedule
from search.pruning.words import figure, worse_side
from search.study import Curve, Decision


@dataclass(frozen=True, slots=True)
class DominatedPruner:
    """Keeps a trial whose best so far is at least the median, at this epoch, of the trials that have no more weights.

    Of the costs of a model only its number of weights is known while it trains; it stands for the others. A small model
    has few trials beside it that are no larger, and is not measured by large ones, however good they are; the largest
    is measured by all, as by the median pruner. Compared are all trials that have come so far, running ones too.

    dominators: so many trials at least must be no larger and better.

    Source: the median stopping rule (Golovin et al. 2017) over the trials that the second objective puts in front.
    """

    direction: Direction
    dominators: int = 3
    schedule: Schedule = EVERY_EPOCH

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if trial.n_params is None or not self.schedule.is_due(epoch):
            return Decision.go_on()
        lighter = others.bests_of_no_larger(epoch, n_params=trial.n_params)
        value = trial.best(self.direction)
        if lighter.better_than(value) < self.dominators:
            return Decision.go_on()
        bar = lighter.percentile(50.0)
        # metrics are single precision and the bar is interpolated: what differs by rounding is a tie
        if not self.direction.better(bar, value) or math.isclose(bar, value, rel_tol=1e-6):
            return Decision.go_on()
        said = f"the median {figure(bar)} of {len(lighter)} trials with no more than its {trial.n_params} weights"
        return Decision.stop(f"{figure(value)} is {worse_side(self.direction)} {said} at epoch {epoch}")

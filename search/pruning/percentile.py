"""Stops a trial whose best value so far is outside the best percentile of the complete trials."""

import math
from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others
from search.pruning.schedule import EVERY_EPOCH, Schedule
from search.pruning.words import figure, worse_side
from search.study import Curve, Decision


@dataclass(frozen=True, slots=True)
class PercentilePruner:
    """Keeps a trial whose best so far is in the best `percentile` percent at this epoch; ties are kept.

    Compared are the bests, up to this epoch, of complete trials, which keep theirs at epochs after their end.
    Pruned trials are left out (they would pull the bar down to themselves), and so are running ones.

    startup_trials: so many trials must be complete before any is stopped.
    min_trials: so many of them must have a value at this epoch.

    Source: Golovin et al. 2017 (Vizier, median stopping rule); `optuna.pruners.PercentilePruner`, which
    compares with the value at this epoch instead of the best up to it, and forgets trials that stopped early.
    """

    direction: Direction
    percentile: float = 25.0
    startup_trials: int = 5
    min_trials: int = 1
    schedule: Schedule = EVERY_EPOCH

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if others.complete < max(1, self.startup_trials) or not self.schedule.is_due(epoch):
            return Decision.go_on()
        bests = others.bests_of_complete(epoch)
        if len(bests) < max(1, self.min_trials):
            return Decision.go_on()
        share = 100.0 - self.percentile if self.direction is Direction.MAXIMIZE else self.percentile
        bar = bests.percentile(share)
        value = trial.best(self.direction)
        # metrics are single precision and the bar is interpolated: what differs by rounding is a tie
        if not self.direction.better(bar, value) or math.isclose(bar, value, rel_tol=1e-6):
            return Decision.go_on()
        if self.percentile == 50.0:
            said = f"the median {figure(bar)} of {len(bests)} trials"
        else:
            said = f"the {figure(bar)} that the best {self.percentile:g} % of {len(bests)} trials reach"
        return Decision.stop(f"{figure(value)} is {worse_side(self.direction)} {said} at epoch {epoch}")

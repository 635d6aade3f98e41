"""Stops a trial whose last value is outside fixed bounds."""

from dataclasses import dataclass

from search.ports import Others
from search.pruning.schedule import EVERY_EPOCH, Schedule
from search.pruning.words import figure
from search.study import Curve, Decision


@dataclass(frozen=True, slots=True)
class ThresholdPruner:
    """Bounds are on the objective itself, whatever its direction; None is no bound. Looks at no other trial.

    Source: `optuna.pruners.ThresholdPruner`.
    """

    lower: float | None = None
    upper: float | None = None
    schedule: Schedule = EVERY_EPOCH

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if not self.schedule.is_due(epoch):
            return Decision.go_on()
        value = trial.values[-1]
        if self.lower is not None and value < self.lower:
            return Decision.stop(f"{figure(value)} is below {figure(self.lower)} at epoch {epoch}")
        if self.upper is not None and value > self.upper:
            return Decision.stop(f"{figure(value)} is above {figure(self.upper)} at epoch {epoch}")
        return Decision.go_on()

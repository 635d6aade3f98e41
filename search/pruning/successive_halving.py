"""Asynchronous successive halving, stopping only: at each rung the best 1/eta of those there go on."""

from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others
from search.pruning.rungs import Rungs
from search.study import Curve, Decision


@dataclass(frozen=True, slots=True)
class SuccessiveHalvingPruner:
    """Rungs are at epochs min_epochs * eta ** (min_early_stopping_rate + k), k = 0, 1, ...; see `Rungs`.

    A trial goes on when it is among the best max(1, n // eta) of n at its rung, running and pruned ones included.

    Source: Li et al. 2020 (ASHA), stopping variant; `optuna.pruners.SuccessiveHalvingPruner`, which compares
    the value at the rung instead of the best up to it.
    """

    direction: Direction
    min_epochs: int = 1
    eta: int = 4
    min_early_stopping_rate: int = 0

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        rungs, epoch = Rungs(self.min_epochs * self.eta**self.min_early_stopping_rate, self.eta), len(trial.values)
        why = rungs.why_not(trial.best(self.direction), others, epoch, least=1) if rungs.has(epoch) else None
        return Decision.go_on() if why is None else Decision.stop(why)

"""Asynchronous successive halving, stopping only: at each rung the best 1/eta of those there go on."""

from dataclasses import dataclass

from models.objective import Direction
from search.ports import Others
from search.pruning.words import figure
from search.study import Curve, Decision


@dataclass(frozen=True, slots=True)
class SuccessiveHalvingPruner:
    """Rungs are at epochs min_epochs * eta ** (min_early_stopping_rate + k), k = 0, 1, ...

    A trial that comes to a rung is compared, by its best so far, with the best of every other trial there:
    running and pruned ones that have come so far, and complete ones, which keep their best for rungs after
    their end. It goes on when it is among the best max(1, n // eta) of n, itself included; ties go on.

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
        epoch = len(trial.values)
        if not self.is_rung(epoch):
            return Decision.go_on()
        value = trial.best(self.direction)
        rung = others.bests(epoch)
        place = 1 + rung.better_than(value)
        allowed = max(1, (len(rung) + 1) // self.eta)
        if place <= allowed:
            return Decision.go_on()
        who = "the best goes on" if allowed == 1 else f"the best {allowed} go on"
        return Decision.stop(f"{figure(value)} is place {place} of {len(rung) + 1} at the rung of epoch {epoch}; {who}")

    def is_rung(self, epoch: int) -> bool:
        """Whether trials are compared after `epoch`."""
        rung = self.min_epochs
        for _ in range(self.min_early_stopping_rate):
            rung *= self.eta
        while rung < epoch:
            rung *= self.eta
        return rung == epoch

"""At which epochs a pruner looks at a trial."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Never during the first `warmup_epochs`, then at the next epoch and every `interval_epochs` after it."""

    warmup_epochs: int = 0
    interval_epochs: int = 1

    def is_due(self, epoch: int) -> bool:
        """Whether a trial is judged after `epoch`, counted from 1."""
        past = epoch - 1 - self.warmup_epochs
        return past >= 0 and past % self.interval_epochs == 0


EVERY_EPOCH = Schedule()

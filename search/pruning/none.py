"""The pruner that never stops a trial."""

from search.ports import Others, OthersOf, Resting
from search.study import Curve, Decision


class NoPruner:
    """Every trial trains to its end, whatever its values are."""

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        return Decision.go_on()

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> None:
        """Leaves paused trials to the driver."""

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> tuple[int, ...]:
        """The driver may take up any."""
        return ()

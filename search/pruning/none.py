"""The pruner that never stops a trial."""

from search.ports import Others
from search.study import Curve, Decision


class NoPruner:
    """Every trial trains to its end, whatever its values are."""

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        return Decision.go_on()

"""The pruner that never stops a trial."""

from collections.abc import Sequence

from search.study import Curve, Decision


class NoPruner:
    """Every trial trains to its end, whatever its values are."""

    def decide(self, trial: Curve, others: Sequence[Curve]) -> Decision:
        return Decision.go_on()

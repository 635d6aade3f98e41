"""What all pruners answer alike: no epoch yet, a NaN, the last epoch; and who promotes what they pause."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from search.ports import Others, OthersOf, Promoter, Resting, Rule
from search.study import Curve, Decision, Promotion

NAN_REASON = "the objective is NaN"


@dataclass(frozen=True, slots=True)
class Guard:
    """Asks `rule` only about trials with a number to compare and with epochs left to save.

    A NaN compares false with everything: unguarded, it would take first place. A trial that has trained
    `max_epochs` is finished; stopping it would save nothing and only call it pruned.

    promoter: for a rule that pauses trials. A rule that does not leaves paused trials to the driver.
    """

    rule: Rule
    max_epochs: int
    promoter: Promoter | None = None

    def group(self, number: int) -> int:
        return self.rule.group(number)

    def decide(self, trial: Curve, others: Others) -> Decision:
        if not trial.values:
            return Decision.go_on()
        if math.isnan(trial.values[-1]):
            return Decision.stop(NAN_REASON)
        if len(trial.values) >= self.max_epochs:
            return Decision.go_on()
        return self.rule.decide(trial, others)

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> Promotion | None:
        return None if self.promoter is None else self.promoter.promote(resting, others, more=more)

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> Sequence[int]:
        return () if self.promoter is None else self.promoter.hopeless(resting, others, most=most)

"""The paired test over seeds or folds: is one configuration worse than another that had the very same ones?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.objective import Direction
from search.study import Decision

P_THRESHOLD = 0.1
LEAST_PAIRS = 4
"""Under four pairs no p-value is below 0.1, however clear they are."""
_DIGITS = 6
"""Objectives are single precision: what differs by less is alike."""


@dataclass(frozen=True, slots=True)
class WilcoxonPruner:
    """Stops a configuration that a one-sided signed-rank test finds worse than the leader, pair by pair.

    over: what a pair has in common, for the reason: seeds or folds. It is no `search.ports.Rule`: that compares trials
    by epoch, and this one compares configurations, each by the objectives of several trials.

    Source: Wilcoxon 1945; `optuna.pruners.WilcoxonPruner`, which also lets nothing be stopped whose mean is no worse.
    """

    direction: Direction
    p_threshold: float = P_THRESHOLD
    over: str = "seeds"

    def decide(self, values: Mapping[int, float], leader: Mapping[int, float], *, name: str = "the leader") -> Decision:
        """Whether more is to be spent on the configuration with `values`; both are objectives by seed or fold.

        name: of the leader, for the reason.
        """
        pairs = [(leader[key], values[key]) for key in sorted(values.keys() & leader.keys())]
        if len(pairs) < LEAST_PAIRS:
            return Decision.go_on()
        ahead = self._ahead(pairs)
        p = p_value(ahead)
        if sum(ahead) <= 0 or p >= self.p_threshold:
            return Decision.go_on()
        test = f"by the paired Wilcoxon test over {len(pairs)} {self.over} (p = {p:.2g})"
        return Decision.stop(f"worse than {name} {test}")

    def _ahead(self, pairs: Sequence[tuple[float, float]]) -> list[float]:
        """By how much the leader is better in each pair, in parts of the largest value."""
        sign = 1.0 if self.direction is Direction.MAXIMIZE else -1.0
        largest = max(abs(value) for pair in pairs for value in pair) or 1.0
        return [round(sign * (first - second) / largest, _DIGITS) for first, second in pairs]


def p_value(differences: Sequence[float]) -> float:
    """How likely the positive ones outrank the negative ones so much or more, if either sign were as likely.

    Exact for any number of differences, ties included: each way to give out the signs is counted. Differences of 0 say
    nothing and are left out; with no others it is 1.
    """
    sizes = sorted(abs(d) for d in differences if d != 0)
    # twice the mean rank of those that are alike, so that all ranks are whole
    doubled = {size: 2 * sizes.index(size) + sizes.count(size) + 1 for size in set(sizes)}
    observed = sum(doubled[d] for d in differences if d > 0)
    ways = {0: 1}
    for size in sizes:
        grown = dict(ways)
        for total, count in ways.items():
            grown[total + doubled[size]] = grown.get(total + doubled[size], 0) + count
        ways = grown
    return sum(count for total, count in ways.items() if total >= observed) / (1 << len(sizes))

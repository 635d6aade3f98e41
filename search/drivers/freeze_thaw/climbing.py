"""Improves candidates step by step, by judging changed copies of the best of them. Knows no surrogate and no trials."""

from collections.abc import Callable, Sequence

import numpy as np

from search.drivers.freeze_thaw.candidates import Configuration, Drawn
from search.drivers.freeze_thaw.kernel import Array

KEPT = 4
"""The candidates that are changed in each step, the best so far."""

Judge = Callable[[Drawn], Array]
Changed = Callable[[Sequence[Configuration], float], Drawn | None]


def climbed(
    start: Drawn, scores: Array, *, reaches: Sequence[float], changed: Changed, judge: Judge
) -> tuple[Configuration, float]:
    """The best configuration found, and its score.

    scores (n,): of `start`, larger is better. reaches: of each step, how far changes may go, as a share of each range.
    changed: copies of configurations, changed so far. judge: their scores.
    """
    found, scores = _best(start, scores)
    for reach in reaches:
        copies = changed(found.configurations, reach)
        if copies is not None:
            found, scores = _best(found.followed_by(copies), np.concatenate((scores, judge(copies))))
    return found.configurations[0], float(scores[0])


def _best(found: Drawn, scores: Array) -> tuple[Drawn, Array]:
    order = np.argsort(-scores, kind="stable")[:KEPT]
    return found.at(order.tolist()), scores[order]

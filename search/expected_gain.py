"""How much the next trial is expected to improve the best objective. Arithmetic on numbers; knows no trial."""

import math
from collections.abc import Sequence

from models.objective import Direction

WINDOW = 30
"""So many of the last trials are taken for draws like the next one: a sampler that learns leaves older ones behind."""
FEWEST = 15
"""Under so many trials nothing is said: a tail of fewer than three values would be guessed."""
_TAIL = 5
"""The best fifth of the draws is the tail: more of it is less noisy, and further from what lies beyond the best."""


def expected_gain(objectives: Sequence[float | None], best: float, direction: Direction) -> float | None:
    """E[max(X - best, 0)] of the next trial's objective X (in the better direction); None when it cannot be told.

    objectives: of the trials in the order of their ends; None or NaN for one that ended without any, which counts as
        a draw that gains nothing.
    best: the best objective of all, which may be older than the window.

    An exponential tail over the last n draws: the best k = n // 5 of them lie above the next one, u, and their mean
    excess s over u is the tail's scale. One draw more raises the mean of the greatest by s / (n + 1), which is the
    estimate; a best that is older, and better by d than the last draws, leaves exp(-d / s) of it. With draws from
    one exponential tail the estimate is unbiased; where the objective has a bound that is near, the tail is shorter
    and the gain is overestimated (fourfold for uniform draws): the study goes on for longer, and does not end too
    early.

    Source: Renyi 1953 (the spacings of exponential draws); Weissman 1978 (the k largest values as such a tail).
    """
    drawn = objectives[-WINDOW:]
    if len(drawn) < FEWEST:
        return None
    sign = 1.0 if direction is Direction.MAXIMIZE else -1.0
    values = sorted((sign * v for v in drawn if v is not None and math.isfinite(v)), reverse=True)
    k = len(drawn) // _TAIL
    if len(values) <= k:
        return None
    threshold = values[k]
    scale = sum(value - threshold for value in values[:k]) / k
    if scale <= 0:
        return 0.0
    beyond = max(0.0, sign * best - values[0])
    return scale / (len(drawn) + 1) * math.exp(-beyond / scale)

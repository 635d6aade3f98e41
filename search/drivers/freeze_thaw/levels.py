"""The epochs at which trials are compared, paused and continued. Knows no trials."""

import math

RATIO = 1.4
"""Each level is about this much longer than the last: fine enough to stop early, coarse enough to pause seldom."""


def levels(max_epochs: int, *, stint: int = 1, ratio: float = RATIO) -> tuple[int, ...]:
    """Rising epochs from `stint` to `max_epochs`, both included, no two nearer than `stint`; the last step is never a
    short one."""
    found = [min(stint, max_epochs)]
    while found[-1] < max_epochs:
        found.append(max(found[-1] + stint, round(found[-1] * ratio)))
    while len(found) > 1 and found[-1] >= max_epochs:
        found.pop()
    if len(found) > 1 and max_epochs / found[-1] < math.sqrt(ratio):
        found.pop()
    return (*found, max_epochs) if found[-1] < max_epochs else (max_epochs,)


def next_level(reached: int, ladder: tuple[int, ...]) -> int:
    """The first of `ladder` beyond `reached`; the last one when there is none."""
    return next((level for level in ladder if level > reached), ladder[-1])

"""The election among blends on the rows that judge. Knows no member and no weight.

Few rows judge, so the first place by metric is often luck, and the loss, which moves with every row, tells
more. So the metric only rules out what the best beats clearly, and the loss elects among the rest.
docs/decisions/ensemble-election.md has the measurements.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.ensemble.candidates import Array, Candidates
from models.ensemble.scores import loss, score
from models.objective import Direction

RESAMPLES = 200
MOST_ROWS = 2000
"""Rows of a resample at most, which bounds the cost."""
CHANCE = 0.16
"""A blend that is no worse than the best in more of the resamples is not clearly beaten: one standard error."""
_SAME_LOSS = 1e-12


def elect(blends: Candidates, metric: str, direction: Direction, *, rng: np.random.Generator) -> int:
    """The place of the elected blend: of those that the best by metric does not beat clearly, the one with the
    lowest loss; of equals the first, so the simplest goes first.

    blends: what the contenders predict on the rows that judge.
    """
    values = np.array([score(metric, blends.y, p, task=blends.task) for p in blends.predictions])
    losses = [loss(blends.y, p, task=blends.task) for p in blends.predictions]
    best = _first_best(values, direction)
    chances = no_worse(blends, best, metric, direction, rng=rng)
    elected = best
    for place, chance in enumerate(chances):
        lower = losses[place] < losses[elected] - _SAME_LOSS
        simpler = place < elected and losses[place] < losses[elected] + _SAME_LOSS
        if chance > CHANCE and (lower or simpler):
            elected = place
    return elected


def no_worse(
    blends: Candidates, best: int, metric: str, direction: Direction, *, rng: np.random.Generator
) -> tuple[float, ...]:
    """In which share of the resamples of the rows each blend is no worse than the one at `best`.

    A paired bootstrap. Resamples of MOST_ROWS instead of all n rows spread by sqrt(n / MOST_ROWS) too much, so
    they are drawn together by as much. A resample on which the metric is undefined does not count; where it
    always is, the share is 1. Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 13;
    Bickel, Goetze and van Zwet 1997 for fewer rows.
    """
    sign = 1.0 if direction is Direction.MAXIMIZE else -1.0
    n = min(blends.n_rows, MOST_ROWS)
    shrink = np.sqrt(n / blends.n_rows)
    whole = sign * _differences(blends, best, metric)
    drawn = np.stack(
        [sign * _differences(blends.rows(rng.integers(0, blends.n_rows, n)), best, metric) for _ in range(RESAMPLES)]
    )
    spread = whole + shrink * (drawn - whole)
    shares = []
    for column in spread.T:
        known = column[~np.isnan(column)]
        shares.append(float(np.mean(known >= -1e-12)) if len(known) else 1.0)
    return tuple(shares)


def _differences(blends: Candidates, best: int, metric: str) -> Array:
    """The metric of every blend less that of the one at `best`, (n_blends,)."""
    values = np.array([score(metric, blends.y, p, task=blends.task) for p in blends.predictions])
    return np.asarray(values - values[best])


def _first_best(values: Sequence[float] | NDArray[np.float64], direction: Direction) -> int:
    best = 0
    for place, value in enumerate(values):
        if direction.better(float(value), float(values[best])):
            best = place
    return best

"""The election among blends on the rows that judge. Knows no member and no weight.

When few rows judge, first place by metric is often luck. So the metric only rules out what the best beats
clearly, and the loss, which every row moves, decides among the rest. Where the weights were found by a stand-in
for the metric (cross-entropy for accuracy and its kind), they gain less in the metric than in the loss, so there
the plain mean, which has fitted nothing, is kept unless its loss is clearly higher too.
`docs/decisions/ensemble-election.md` has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.ensemble.candidates import Array, Candidates
from models.ensemble.scores import score
from models.objective import Direction

RESAMPLES = 200
MOST_ROWS = 2000
"""Rows of a resample at most, which bounds the cost."""
BY_METRIC = 0.05
"""A blend that is no worse than the best by metric in more of the resamples still stands."""
BY_LOSS = 0.16
"""The mean, when its loss is the lower one in more of the resamples, is kept: about one standard error."""
OWN_LOSS = ("loss", "crossentropy")
"""Metrics of classes that are the loss by which the weights are found."""
_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Poll:
    """What the rows say of the blends, simplest first; `mean` is the place of the plain mean, if it is preferred.

    by_metric: in which share of the resamples each is no worse than the best by metric, which has 1.
    by_loss: in which share the loss of each is no higher than that of the mean, which has 1.
    """

    losses: Sequence[float]
    by_metric: Sequence[float]
    by_loss: Sequence[float]
    mean: int | None


def poll(blends: Candidates, metric: str, direction: Direction, *, mean: int, rng: np.random.Generator) -> Poll:
    """What the rows that judge, of which `blends` are the predictions, say; `mean` is the plain mean's place."""
    values, losses = _scores(blends, metric), _scores(blends, "loss")
    best = best_by(values.tolist(), direction)
    preferred = blends.task != "regression" and metric not in OWN_LOSS
    return Poll(
        losses.tolist(),
        chances_against(best, blends, metric, direction, rng=rng),
        chances_against(mean, blends, "loss", Direction.MINIMIZE, rng=rng),
        mean if preferred else None,
    )


def elect(said: Poll) -> int:
    """The place elected: of the blends that still stand by metric the mean, unless the one with the lowest loss
    clearly has a lower one than it; then that one. Of equal losses the first, which is the simplest."""
    standing = [place for place, chance in enumerate(said.by_metric) if chance > BY_METRIC]
    least = min(said.losses[place] for place in standing)
    lowest = next(place for place in standing if said.losses[place] <= least + _SAME)
    if said.mean in standing and 1.0 - said.by_loss[lowest] > BY_LOSS:
        return said.mean
    return lowest


def best_by(values: Sequence[float], direction: Direction) -> int:
    """The place of the best value; of equal ones the first. NaN is worse than everything."""
    best = 0
    for place, value in enumerate(values):
        if direction.better(value, values[best]):
            best = place
    return best


def chances_against(
    rival: int, blends: Candidates, metric: str, direction: Direction, *, rng: np.random.Generator
) -> tuple[float, ...]:
    """In which share of resampled rows each blend is, by `metric`, no worse than the one at `rival`.

    A paired bootstrap. Resamples of MOST_ROWS instead of all n spread sqrt(n / MOST_ROWS) times as much, so they
    are drawn together by that. Those on which the metric is undefined do not count; where it always is, the
    share is 1.
    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap; Bickel, Goetze and van Zwet 1997 for
    fewer rows.
    """
    sign = 1.0 if direction is Direction.MAXIMIZE else -1.0
    n = min(blends.n_rows, MOST_ROWS)
    whole = sign * _lead(rival, blends, metric)
    drawn = np.stack(
        [sign * _lead(rival, blends.rows(rng.integers(0, blends.n_rows, n)), metric) for _ in range(RESAMPLES)]
    )
    drawn = whole + (drawn - whole) * np.sqrt(n / blends.n_rows)
    known = ~np.isnan(drawn)
    no_worse = np.sum(known & (drawn >= -_SAME), axis=0)
    return tuple(float(a / b) if b else 1.0 for a, b in zip(no_worse, known.sum(axis=0), strict=True))


def _lead(rival: int, blends: Candidates, metric: str) -> Array:
    """By how much the metric of each blend is above that of the one at `rival`, (n_blends,)."""
    values = _scores(blends, metric)
    return np.asarray(values - values[rival])


def _scores(blends: Candidates, metric: str) -> Array:
    return np.array([score(metric, blends.y, p, task=blends.task) for p in blends.predictions])

"""Chooses and prepares what the surrogate sees of all curves, at a bounded size. Knows no kernel parameters."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.drivers.freeze_thaw.kernel import Array, Points
from search.drivers.freeze_thaw.seen import Seen, State
from search.drivers.freeze_thaw.warping import Warp

SMOOTHED = 8
"""A value at a level is the mean of the last eighth of the epochs up to it: late epochs are many and noisy."""


@dataclass(frozen=True, slots=True)
class Curves:
    """points and values (n,): what the surrogate learns from. best: the best value so far, on the same scale."""

    points: Points
    values: Array
    best: float


def time_of(epoch: int, max_epochs: int) -> float:
    """The place of an epoch in [0, 1] on a logarithmic axis."""
    return math.log(epoch) / math.log(max_epochs) if max_epochs > 1 else 1.0


@dataclass(frozen=True, slots=True)
class _Point:
    trial: int
    epoch: int
    value: float


def curves_of(
    trials: Sequence[Seen], rows: Mapping[int, Array], *, sign: float, ladder: Sequence[int], most: int
) -> Curves | None:
    """All trials that say something, larger values better; None before there are any values.

    rows: the encoded configuration of each trial, by number. sign: -1 when smaller values are better.
    Bad trials stand with the worst value of all at the first epoch and at the last.
    """
    known = {trial.number: _points_of(trial, sign, ladder) for trial in trials if trial.state is not State.BAD}
    known = {number: found for number, found in known.items() if found}
    if not known:
        return None
    bests = np.array([best_of(trial, sign) for trial in trials if trial.number in known])
    raw = np.array([point.value for found in known.values() for point in found])
    warp = Warp.of(bests, raw)
    worst = float(raw.min())
    bad = [trial.number for trial in trials if trial.state is State.BAD]
    chosen = _most_telling(known, most - min(len(bad) * 2, most // 4))
    ends = (ladder[0], ladder[-1])
    chosen += [_Point(number, end, worst) for number in bad[-(most // 8) :] for end in dict.fromkeys(ends)]
    points = Points(
        np.array([rows[point.trial] for point in chosen]),
        np.array([time_of(point.epoch, ladder[-1]) for point in chosen]),
        np.array([point.trial for point in chosen], dtype=np.intp),
    )
    values = warp(np.array([point.value for point in chosen]))
    return Curves(points, values, float(warp(np.array([bests.max()]))[0]))


def _points_of(trial: Seen, sign: float, ladder: Sequence[int]) -> list[_Point]:
    """A trial's values at the levels and at its last epoch; a complete one holds its best to the end."""
    reached = len(trial.values)
    epochs = [level for level in ladder if level < reached] + [reached] * (reached > 0)
    found = [_Point(trial.number, epoch, sign * _smooth(trial.values, epoch)) for epoch in epochs]
    found = [point for point in found if math.isfinite(point.value)]
    if trial.state is State.COMPLETE and found and reached < ladder[-1]:
        found.append(_Point(trial.number, ladder[-1], best_of(trial, sign)))
    return found


def _smooth(values: Sequence[float], epoch: int) -> float:
    window = values[epoch - 1 - epoch // SMOOTHED : epoch]
    numbers = [value for value in window if math.isfinite(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan


def best_of(trial: Seen, sign: float) -> float:
    """The best value of a trial, larger ones better; minus infinity without a number."""
    return max((sign * value for value in trial.values if math.isfinite(value)), default=-math.inf)


def _most_telling(known: Mapping[int, list[_Point]], most: int) -> list[_Point]:
    """All points where they fit; otherwise whole curves of the best trials and the last points of the others."""
    total = sum(map(len, known.values()))
    if total <= most:
        return [point for found in known.values() for point in found]
    order = sorted(known, key=lambda number: max(point.value for point in known[number]), reverse=True)
    # half of the room for last points: of the better trials first, then evenly over the rest
    lasts = order if len(order) <= most // 2 else order[: most // 4] + _thinned(order[most // 4 :], most // 4)
    chosen = {number: [known[number][-1]] for number in lasts}
    room = most - len(lasts)
    for number in order:
        more = known[number][:-1]
        if number in chosen and len(more) <= room:
            chosen[number] = known[number]
            room -= len(more)
    return [point for number in sorted(chosen) for point in chosen[number]]


def _thinned(items: Sequence[int], count: int) -> list[int]:
    return [items[i * len(items) // count] for i in range(count)]

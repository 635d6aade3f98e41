"""Stops a trial whose learning curve, drawn on to its end, has next to no chance of beating the incumbent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.objective import Direction
from search.ports import Others
from search.pruning.schedule import EVERY_EPOCH, Schedule
from search.pruning.words import figure
from search.study import Curve, Decision

Array = NDArray[np.float64]

ENOUGH = 5
"""So many earlier curves are needed to draw on by them; with fewer, by a power law."""
MOST = 50
"""Earlier curves that are compared with; the latest ones."""
_STEEPEST = 4.0
"""An earlier curve is stretched to so many times its rise at most."""
_PRIOR = 0.1
"""How much a stretch of 1 counts, as a share of what an earlier curve says by itself."""
_POWERS = np.geomspace(0.1, 2.0, 12)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a trial's best may be at the end: normal, in a sense in which larger is better. by: what says so."""

    means: Array
    spreads: Array
    weights: Array
    by: str

    def chance_of(self, bar: float) -> float:
        """The probability of ending above `bar`."""
        z = (self.means - bar) / np.maximum(self.spreads, 1e-9 * max(1.0, abs(bar)))
        return float(self.weights @ [0.5 * math.erfc(-float(one) / math.sqrt(2)) for one in z])

    @property
    def mean(self) -> float:
        return float(self.weights @ self.means)


@dataclass(frozen=True, slots=True)
class ExtrapolatePruner:
    """Stops a trial when the probability that its best at `max_epochs` beats the incumbent's is below `least_chance`.

    The incumbent is the best complete trial. Curves are of bests so far; a complete trial that stopped early keeps its
    best for later epochs. With enough complete trials, the curve is drawn on by theirs (`by_curves`), else by a power
    law (`by_power_law`). Both say how far they may be wrong, and that decides.

    startup_trials: so many trials must be complete before any is stopped.
    """

    direction: Direction
    max_epochs: int
    least_chance: float = 0.05
    startup_trials: int = 3
    schedule: Schedule = EVERY_EPOCH

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if others.complete < max(1, self.startup_trials) or not self.schedule.is_due(epoch):
            return Decision.go_on()
        ended = others.bests_of_complete(self.max_epochs)
        if not len(ended):
            return Decision.go_on()
        sign = 1.0 if self.direction is Direction.MAXIMIZE else -1.0
        incumbent = ended.percentile(100.0 if sign > 0 else 0.0)
        best = trial.best(self.direction)
        if not self.direction.better(incumbent, best) or not math.isfinite(best):
            return Decision.go_on()
        forecast = self._forecast(sign, trial, others)
        if forecast is None:
            return Decision.go_on()
        chance = forecast.chance_of(sign * incumbent)
        if chance >= self.least_chance:
            return Decision.go_on()
        return Decision.stop(
            f"{figure(best)} at epoch {epoch} is to end near {figure(sign * forecast.mean)}, {forecast.by}: "
            f"a chance of {100 * chance:.2g} % to beat {figure(incumbent)}"
        )

    def _forecast(self, sign: float, trial: Curve, others: Others) -> Forecast | None:
        values = sign * np.array(trial.values, dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        earlier = [whole(sign * np.array(bests), self.max_epochs) for bests in others.curves_of_complete(MOST)]
        earlier = [curve for curve in earlier if np.isfinite(curve).all()]
        if len(earlier) >= ENOUGH:
            return by_curves(np.fmax.accumulate(values), np.array(earlier))
        return by_power_law(values, self.max_epochs)


def whole(bests: Array, epochs: int) -> Array:
    """Bests so far over all `epochs`: the last one kept, the first number taken for what was none before it."""
    curve = np.concatenate([bests[:epochs], np.full(max(0, epochs - len(bests)), bests[-1])])
    known = np.flatnonzero(~np.isnan(curve))
    curve[: known[0]] = curve[known[0]]
    return curve


def by_curves(bests: Array, earlier: Array) -> Forecast:
    """The end of a curve by earlier ones, each shifted to its last best and stretched to its rise so far.

    bests: (n_epochs so far,), NaN at the beginning only. earlier: (n_curves, n_epochs in all), without NaN. Each says
    an end; those that fit better weigh more. How far that may be wrong is what the same rule, asked about each
    earlier curve by the others at the same epoch, was wrong.

    Source: Chandrashekaran and Lane 2017, equation 2: an affine transformation of earlier builds' curves.
    """
    epoch = len(bests)
    known = slice(int(np.flatnonzero(~np.isnan(bests))[0]), epoch)
    rises = earlier[:, known] - earlier[:, [epoch - 1]]
    gains = earlier[:, -1] - earlier[:, epoch - 1]
    own = bests[known] - bests[-1]
    # one row for each curve that is drawn on, one column for each that it is drawn on by
    asked = np.vstack([rises, own])
    size = (rises**2).sum(axis=1)
    prior = _PRIOR * size.mean() + 1e-12
    stretch = np.clip((asked @ rises.T + prior) / (size + prior), 0.0, _STEEPEST)
    misfit = (asked**2).sum(axis=1)[:, None] - 2 * stretch * (asked @ rises.T) + stretch**2 * size
    misfit = np.maximum(misfit, 0.0)
    weights = np.exp(-misfit / (2 * np.median(misfit) + 1e-12))
    weights[np.arange(len(earlier)), np.arange(len(earlier))] = 0.0
    weights += 1e-12 * (weights.sum(axis=1, keepdims=True) == 0)
    expected = (weights * stretch * gains).sum(axis=1) / weights.sum(axis=1)
    errors = gains - expected[:-1]
    n = len(errors)
    # Student's t with n - 1 degrees of freedom: few curves know little of how wrong they are
    spread = errors.std(ddof=1) * math.sqrt((1 + 1 / n) * (n - 1) / (n - 3))
    mean = bests[-1] + max(0.0, expected[-1] + errors.mean())
    return Forecast(np.array([mean]), np.array([spread]), np.ones(1), f"by {n} earlier curves")


def by_power_law(values: Array, epochs: int) -> Forecast | None:
    """The end of a curve by c - a * epoch ** -power with a >= 0, several powers weighed by how well they fit.

    values: (n_epochs so far,), not bests; NaN are left out. None with fewer than five numbers.

    Source: Domhan et al. 2015 (pow3, one of their eleven families); least squares in place of their sampling.
    """
    at = np.flatnonzero(np.isfinite(values))
    n = len(at)
    if n < ENOUGH:
        return None
    y = values[at]
    fits = [
        _power_fit(np.asarray(at + 1.0, dtype=np.float64), y, end=float(epochs), power=float(power))
        for power in _POWERS
    ]
    ends, leverages, misfits = (np.array(column) for column in zip(*fits, strict=True))
    floor = 1e-12 * (1.0 + float(y @ y))
    weights = ((misfits + floor) / (misfits.min() + floor)) ** (-n / 2)
    spreads = np.sqrt((misfits + floor) / (n - 2) * (1 + leverages) * (n - 2) / (n - 4))
    means = np.maximum(ends, float(np.max(y)))
    return Forecast(means, spreads, weights / weights.sum(), "by a power law")


def _power_fit(at: Array, y: Array, *, end: float, power: float) -> Sequence[float]:
    """Value and leverage at the epoch `end` of the best c - a * epoch ** -power, and its sum of squares."""
    x = -(at**-power)
    spread = float(((x - x.mean()) ** 2).sum())
    slope = max(0.0, float((x - x.mean()) @ (y - y.mean())) / spread)
    ahead = -(end**-power) - x.mean()
    misfit = float(((y - y.mean() - slope * (x - x.mean())) ** 2).sum())
    return float(y.mean()) + slope * ahead, 1 / len(y) + ahead**2 / spread, misfit

"""The covariance of learning curves over configuration and epoch, with derivatives. Knows no study.

    k = Kx (a + b T)  +  c T  +  S (d + e T')  +  noise

Kx: Matern 5/2 over configurations with a length scale for each group of columns; T, T': Matern 5/2 over the logarithm
of the epoch; S: one within a trial and zero between trials, for what a configuration does not explain (its seed, or
everything where the parameters say nothing). How much of `a` and `d` there is beside `b` and `e` says how far an early
epoch can be trusted. Source: after Swersky, Snoek and Adams 2014, whose curves are of a configuration's own only.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ROOT5 = np.sqrt(5.0)
PARTS = ("constant", "curve", "shared", "trial", "trial_curve", "noise")
"""Names of the variances, in the order in which they stand in the parameters."""
MEDIANS = np.array([0.5, 0.2, 0.3, 0.05, 0.03, 0.003])
"""What the variances are believed to be before any trial, in units of the values' own variance."""
WIDTHS = np.array([1.0, 1.0, 1.0, 1.3, 1.3, 1.6])
TIME_MEDIANS = np.array([0.6, 0.4])
"""Length scales of T and T', where 1 is the whole training on the logarithmic axis."""


@dataclass(frozen=True, slots=True)
class Points:
    """Where a curve is known or asked: rows (n, n_columns), times (n,) in [0, 1], trials (n,), -1 for one to come."""

    rows: Array
    times: Array
    trials: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.times)

    def at(self, chosen: npt.NDArray[np.intp]) -> "Points":
        """The points at these places."""
        return Points(self.rows[chosen], self.times[chosen], self.trials[chosen])

    def followed_by(self, other: "Points") -> "Points":
        """These points and then the others."""
        pairs = ((self.rows, other.rows), (self.times, other.times))
        rows, times = (np.concatenate(pair) for pair in pairs)
        return Points(rows, times, np.concatenate((self.trials, other.trials)))


@dataclass(frozen=True, slots=True)
class Prior:
    """Log-normal beliefs about the parameters: log variances (6), log length scales of time (2), of groups."""

    mean: Array
    width: Array

    @classmethod
    def of(cls, groups: int) -> "Prior":
        """Length scales grow with the root of the number of groups. Source: Hvarfner, Hellsten and Nardi 2024."""
        scales = np.full(groups, np.log(0.5 * np.sqrt(groups)))
        mean = np.concatenate((np.log(MEDIANS), np.log(TIME_MEDIANS), scales))
        return cls(mean, np.concatenate((WIDTHS, [0.6, 0.6], np.full(groups, 1.0))))


def matern(squared: Array) -> tuple[Array, Array]:
    """Matern 5/2 at squared distances, and what a squared part of the distance adds to its log-length derivative."""
    r = ROOT5 * np.sqrt(squared)
    decay = np.exp(-r)
    rising = (1.0 + r) * decay
    return rising + (5.0 / 3.0) * squared * decay, (5.0 / 3.0) * rising


def squared_distance(a: Array, b: Array) -> Array:
    """(len(a), len(b)) squared Euclidean distances of rows."""
    found = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
    return np.maximum(found, 0.0)


def covariance(a: Points, b: Points, parameters: Array, groups: npt.NDArray[np.intp]) -> Array:
    """(len(a), len(b)) without noise. A trial to come (-1) shares nothing with any trial but its configuration."""
    constant, curve, shared, trial, trial_curve, _ = np.exp(parameters[: len(PARTS)])
    scales = np.exp(parameters[len(PARTS) + 2 :])[groups]
    kx, _ = matern(squared_distance(a.rows / scales, b.rows / scales))
    kx *= constant + curve * _time(a, b, parameters[len(PARTS)])
    kx += shared * _time(a, b, parameters[len(PARTS)])
    same = (a.trials[:, None] == b.trials[None, :]) & (a.trials >= 0)[:, None]
    if same.any():
        i, j = np.nonzero(same)
        gap = (a.times[i] - b.times[j]) / np.exp(parameters[len(PARTS) + 1])
        kx[i, j] += trial + trial_curve * matern(gap * gap)[0]
    return kx


def _time(a: Points, b: Points, log_scale: float) -> Array:
    """Matern over time; few different times occur, so it is looked up."""
    ta, ia = np.unique(a.times, return_inverse=True)
    tb, ib = np.unique(b.times, return_inverse=True)
    gap = (ta[:, None] - tb[None, :]) / np.exp(log_scale)
    table = matern(gap * gap)[0]
    return table[ia][:, ib]


def variance(parameters: Array) -> float:
    """The variance of one point before any trial, without noise."""
    return float(np.exp(parameters[: len(PARTS) - 1]).sum())


def unexplained(parameters: Array) -> float:
    """The share of the variance between trials, from 0 to 1, that their configurations do not explain."""
    constant, curve, _, trial, trial_curve, _ = np.exp(parameters[: len(PARTS)])
    return float((trial + trial_curve) / (constant + curve + trial + trial_curve))

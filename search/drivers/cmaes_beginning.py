"""Where CMA-ES begins: in the middle, where good values are believed to lie, or where an earlier search found them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cmaes  # type: ignore[import-untyped]
import numpy as np
from optuna.distributions import FloatDistribution, IntDistribution

from search.drivers.distributions import coding
from spaces.prior import SPREAD, Near
from spaces.space import Dimension, Space

STEP_SIZE = 1 / 6
"""Standard deviation of a first generation of which nothing is known."""
GOOD_SHARE = 0.1
"""The best of an earlier search, from which its distribution is estimated."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The normal distribution of a first generation, over coordinates in [0, 1]: mean (n_axes,), sigma² cov."""

    mean: np.ndarray
    sigma: float = STEP_SIZE
    cov: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Believed:
    """Where the good values of one axis are believed to lie, as its parameter is held, and how far around it.

    deviation: a share of the axis.
    """

    value: float
    deviation: float


def believed(space: Space) -> dict[str, Believed]:
    """What is believed of the parameters that are held as numbers."""
    return {d.name: _believed(d) for d in space.dimensions if d.prior is not None and _is_number(d)}


def _is_number(dimension: Dimension) -> bool:
    held = coding(dimension.domain).distribution
    return isinstance(held, FloatDistribution | IntDistribution)


def _believed(dimension: Dimension) -> Believed:
    prior, inside = dimension.prior, coding(dimension.domain).inside
    assert prior is not None
    if isinstance(prior, Near):
        return Believed(inside(prior.value), prior.spread)
    places = np.array([inside(value) for value, _ in prior.named])
    weights = np.array([weight for _, weight in prior.named])
    mean = float(np.average(places, weights=weights))
    count = dimension.domain.cardinality or 2
    deviation = float(np.sqrt(np.average((places - mean) ** 2, weights=weights))) / max(count - 1, 1)
    return Believed(mean, max(deviation, SPREAD))


def from_beliefs(means: Mapping[int, float], deviations: Mapping[int, float], *, axes: int) -> Beginning:
    """The beginning that has these means and deviations at these axes, and the middle elsewhere."""
    mean, deviation = np.full(axes, 0.5), np.full(axes, STEP_SIZE)
    mean[list(means)] = list(means.values())
    deviation[list(deviations)] = list(deviations.values())
    return Beginning(mean, cov=np.diag((deviation / STEP_SIZE) ** 2))


def from_history(points: Sequence[np.ndarray], values: Sequence[float]) -> Beginning:
    """The beginning that the best of an earlier search's points (n_axes,) make likely; small values are good.

    Source: Nomura et al. 2021 (warm starting CMA-ES).
    """
    share = max(GOOD_SHARE, 1 / len(points))
    mean, sigma, cov = cmaes.get_warm_start_mgd(list(zip(points, values, strict=True)), gamma=share)
    return Beginning(np.clip(mean, 0.0, 1.0), sigma, cov)

"""How much a candidate promises: how likely, or how far, it comes beyond a value. Knows no trials."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr

from search.drivers.freeze_thaw.kernel import Array, Points
from search.drivers.freeze_thaw.process import CurveProcess


@dataclass(frozen=True, slots=True)
class Acquisition:
    """process: the surrogate. beyond: the value to pass, on the surrogate's scale.

    by_gain: by the expected improvement over it instead of its probability; both as logarithms.
    """

    process: CurveProcess
    beyond: float
    by_gain: bool

    def of(self, points: Points) -> Array:
        """(n,), larger is better."""
        mean, deviation = self.process.expects(points)
        z = (mean - self.beyond) / deviation
        return log_improvement(z, deviation) if self.by_gain else np.asarray(log_ndtr(z))


def log_improvement(z: Array, deviation: Array) -> Array:
    """The logarithm of the expected improvement (n,) at `z` deviations above what is to be improved on.

    Far below it the difference of the two terms is lost in rounding, and its expansion is taken instead.
    Source: Ament et al. 2023, section 4.1.
    """
    near = np.maximum(z, -5.0)
    exact = np.log(near * ndtr(near) + np.exp(-0.5 * near * near) / np.sqrt(2 * np.pi))
    far = -0.5 * z * z - 0.5 * np.log(2 * np.pi) - 2 * np.log(np.maximum(-z, 1.0)) - 0.12
    found: Array = np.where(z > -5.0, exact, far) + np.log(deviation)
    return found

"""Objective values on a scale on which good ones are told apart and terrible ones do no harm. Knows no trials."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Warp:
    """Larger is better on both sides. Linear above `middle`, logarithmic below: a diverged loss of 1e9 is only bad.

    middle, spread: of the values as given; centre, scale: of the warped ones, so that they have mean 0 and spread 1.
    """

    middle: float
    spread: float
    centre: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, bests: Values, values: Values) -> "Warp":
        """Made from the best value of each trial, whose better half sets the scale, and from all `values`."""
        middle = float(np.median(bests))
        spread = float(np.max(bests)) - middle
        if not spread > 0:
            spread = float(np.ptp(values)) or 1.0
        plain = cls(middle, spread)
        warped = plain(values)
        return cls(middle, spread, float(np.mean(warped)), float(np.std(warped)) or 1.0)

    def __call__(self, values: Values) -> Values:
        """The warped `values`, of the same shape."""
        u = (values - self.middle) / self.spread
        warped = np.where(u >= 0, u, -np.log1p(np.maximum(-u, 0)))
        result: Values = (warped - self.centre) / self.scale
        return result

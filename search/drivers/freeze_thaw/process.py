"""A Gaussian process over learning curves: its parameters from data, and what it expects elsewhere. Knows no study."""

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, lapack, solve_triangular
from scipy.optimize import minimize

from search.drivers.freeze_thaw.kernel import (
    PARTS,
    Array,
    Points,
    Prior,
    covariance,
    matern,
    variance,
)

JITTER = 1e-6
MOST_STEPS = 30
NEVER = 1e10
"""What the search for parameters sees where the covariance is no covariance."""


class CurveProcess:
    """The posterior given `values` (n,) at `points`; `parameters` are the kernel's.

    Raises: numpy.linalg.LinAlgError for points that contradict.
    """

    def __init__(self, points: Points, values: Array, *, parameters: Array, groups: npt.NDArray[np.intp]) -> None:
        self._points, self.parameters, self._groups = points, parameters, groups
        k = covariance(points, points, parameters, groups)
        k.flat[:: len(points) + 1] += np.exp(parameters[len(PARTS) - 1]) + JITTER
        self._factor = cholesky(k, lower=True, check_finite=False)
        self._weights = cho_solve((self._factor, True), values, check_finite=False)

    def expects(self, points: Points) -> tuple[Array, Array]:
        """Mean (n,) and standard deviation (n,) of the curves, without noise, at `points`."""
        k = covariance(self._points, points, self.parameters, self._groups)
        mean: Array = k.T @ self._weights
        solved = solve_triangular(self._factor, k, lower=True, check_finite=False)
        left = variance(self.parameters) - np.einsum("ij,ij->j", solved, solved)
        return mean, np.sqrt(np.maximum(left, 1e-10))

    def mean(self, points: Points) -> Array:
        """Mean (n,) alone, which costs far less."""
        mean: Array = covariance(self._points, points, self.parameters, self._groups).T @ self._weights
        return mean


def fitted(points: Points, values: Array, groups: npt.NDArray[np.intp], *, start: Array | None = None) -> Array:
    """The parameters of highest posterior density, searched from `start` or from what is believed beforehand."""
    prior = Prior.of(int(np.max(groups)) + 1)
    first = prior.mean if start is None else start
    loss = _Loss(points, values, groups, prior)
    bounds = list(zip(prior.mean - 4 * prior.width, prior.mean + 4 * prior.width, strict=True))
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": MOST_STEPS})
    best: Array = found.x if np.isfinite(found.fun) and found.fun < NEVER else first
    return best


class _Loss:
    """The negative log posterior of the parameters with its gradient."""

    def __init__(self, points: Points, values: Array, groups: npt.NDArray[np.intp], prior: Prior) -> None:
        self._values, self._prior = values, prior
        n_groups = int(np.max(groups)) + 1
        self._gaps = np.zeros((n_groups, len(points), len(points)))
        for column, group in enumerate(groups):
            apart = points.rows[:, column][:, None] - points.rows[:, column][None, :]
            self._gaps[group] += apart * apart
        apart = points.times[:, None] - points.times[None, :]
        self._apart = apart * apart
        self._same = (points.trials[:, None] == points.trials[None, :]).astype(float)

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        v = np.exp(parameters[: len(PARTS)])
        time_scales = np.exp(-2 * parameters[len(PARTS) : len(PARTS) + 2])
        scales = np.exp(-2 * parameters[len(PARTS) + 2 :])
        n = len(self._values)
        kx, kx_slope = matern(np.tensordot(scales, self._gaps, axes=1))
        t, t_slope = matern(self._apart * time_scales[0])
        own, own_slope = matern(self._apart * time_scales[1])
        parts = (v[0] * kx, v[1] * kx * t, v[2] * t, v[3] * self._same, v[4] * self._same * own)
        k = sum(parts)
        k.flat[:: n + 1] += v[5] + JITTER
        try:
            factor = cholesky(k, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            return NEVER, np.zeros_like(parameters)
        weights = cho_solve((factor, True), self._values, check_finite=False)
        inverse = lapack.dpotri(factor, lower=1)[0]
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        pull = 0.5 * (inverse - np.outer(weights, weights))
        gradient = np.empty_like(parameters)
        gradient[:5] = [np.vdot(pull, part) for part in parts]
        gradient[5] = v[5] * np.trace(pull)
        gradient[6] = np.vdot(pull * (v[1] * kx + v[2]), t_slope * self._apart) * time_scales[0]
        gradient[7] = np.vdot(pull * self._same, own_slope * self._apart) * v[4] * time_scales[1]
        weighted = pull * (v[0] + v[1] * t) * kx_slope
        gradient[8:] = np.tensordot(self._gaps, weighted, axes=2) * scales
        off = (parameters - self._prior.mean) / self._prior.width
        loss = 0.5 * float(self._values @ weights) + float(np.log(np.diag(factor)).sum()) + 0.5 * float(off @ off)
        return loss, gradient + off / self._prior.width

"""The loss of a weighted blend as arithmetic on one small array. Knows no framework, reads no file.

What the loss needs of every candidate is reduced once to `rows` (n_candidates, n_values), such that a blend's
rows are `weights @ rows`: for cross-entropy the probabilities of the true class alone (a tenth of the numbers
when there are ten classes), for regression the residuals. Every loss is in nats a value (a negative
log-likelihood: categorical, Gaussian or Laplace with the spread fitted), so that one penalty on the weights
fits all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ensemble.candidates import Array, Candidates

SMALLEST_PROBABILITY = 1e-7
"""Keras clips here too: one confident mistake does not make the loss infinite."""

OWN_UNITS = ("mae", "mse", "rmse")
"""Metrics in the targets' own units; for the others every target weighs alike, whatever its spread."""


@dataclass(frozen=True, slots=True)
class BlendLoss:
    """Loss of blends: `measure` maps rows (..., n_values) to nats a value (...); lower is better."""

    rows: Array
    measure: Callable[[Array], Array]

    def of(self, weights: Array) -> float:
        """Loss of the blend with `weights` (n_candidates,), which sum to 1."""
        return float(self.measure(weights @ self.rows))

    def singles(self) -> Array:
        """Loss of every candidate alone, (n_candidates,)."""
        return self.measure(self.rows)

    def take(self, places: NDArray[np.intp]) -> "BlendLoss":
        """The same loss over the candidates at `places` only, in that order."""
        return BlendLoss(self.rows[places], self.measure)


def blend_loss(candidates: Candidates, metric: str) -> BlendLoss:
    """The smooth loss to lower for the sake of `metric`.

    Cross-entropy for every classification metric (accuracy and its kind are piecewise constant), absolute
    error for `mae`, squared error for the other regression metrics.
    """
    predictions, y = candidates.predictions, candidates.y
    if candidates.task == "regression":
        residuals = predictions.astype(np.float64) - y
        if metric not in OWN_UNITS:
            residuals /= np.maximum(np.std(y, axis=0, dtype=np.float64), 1e-12)
        rows = residuals.reshape(len(predictions), -1)
        tiny = 1e-6 * max(float(np.sqrt(np.mean(rows**2))), 1e-12)  # a perfect candidate has a finite loss
        return BlendLoss(rows, _absolute(tiny) if metric == "mae" else _squared(tiny**2))
    if candidates.task == "binary":
        p = predictions[..., 0].astype(np.float64)
        return BlendLoss(np.where(y == 1, p, 1.0 - p), _cross_entropy)
    true = predictions[:, np.arange(len(y)), y.astype(np.intp)].astype(np.float64)
    return BlendLoss(true, _cross_entropy)


def _cross_entropy(rows: Array) -> Array:
    return np.asarray(-np.mean(np.log(np.maximum(rows, SMALLEST_PROBABILITY)), axis=-1))


def _squared(floor: float) -> Callable[[Array], Array]:
    return lambda rows: np.asarray(0.5 * np.log(np.mean(rows**2, axis=-1) + floor))


def _absolute(floor: float) -> Callable[[Array], Array]:
    return lambda rows: np.asarray(np.log(np.mean(np.abs(rows), axis=-1) + floor))

"""Fit a Scaling on training rows: by mean and deviation, by range, by quartiles, or by ranks."""

import numpy as np
from scipy.special import ndtr, ndtri

from models.data.cells import Array
from models.data.scaling import Scaling, padded

KNOTS = 65
"""Knots of a quantile curve at equal steps of rank, and as many at equal steps of the normal quantile: the
first follow humps, the second the tails."""


def fit_scaling(x: Array, kind: str, *, whole_bytes: bool = False) -> Scaling:
    """Scaling of the last axis of `x` (..., n), NaN left out of all statistics.

    whole_bytes: `x` came as uint8, whose minmax range is 0 to 255 whatever the training rows hold.
    """
    n = x.shape[-1]
    if kind == "none" or n == 0:
        return Scaling(center=(0.0,) * n, width=(1.0,) * n)
    if kind == "minmax" and whole_bytes:
        return Scaling(center=(0.0,) * n, width=(255.0,) * n)
    flat = x.reshape(-1, n)
    if kind == "quantile":
        return _fit_quantile(flat)
    lines = [_line(flat[:, i], kind) for i in range(n)]
    return Scaling(center=tuple(c for c, _ in lines), width=tuple(w for _, w in lines))


def _line(column: Array, kind: str) -> tuple[float, float]:
    """Center and width of one feature; a width of 0 becomes 1, so that a constant feature is 0."""
    present = column if column.dtype.kind in "bui" else column[np.isfinite(column)]
    if not len(present):
        return 0.0, 1.0
    if kind == "standard":
        center, width = float(present.mean(dtype=np.float64)), float(present.std(dtype=np.float64))
    elif kind == "minmax":
        center = float(present.min())
        width = float(present.max()) - center
    elif kind == "robust":
        low, center, high = (float(v) for v in np.quantile(present, [0.25, 0.5, 0.75]))
        width = (high - low) or float(present.std(dtype=np.float64))
    else:
        raise ValueError(f"unknown scaling {kind!r}")
    return center, width if width > abs(center) * 1e-9 else 1.0


def _fit_quantile(flat: Array) -> Scaling:
    """A curve a feature, from value to the normal quantile of its rank; equal values share a middle rank."""
    curves = [_curve(flat[:, i]) for i in range(flat.shape[1])]
    length = max(len(knots) for knots, _ in curves)
    return Scaling(
        center=(0.0,) * len(curves),
        width=(1.0,) * len(curves),
        knots=tuple(padded(knots, length, float("inf")) for knots, _ in curves),
        heights=tuple(padded(heights, length, heights[-1]) for _, heights in curves),
    )


def _curve(column: Array) -> tuple[list[float], list[float]]:
    present = np.sort(column[np.isfinite(column)].astype(np.float32))
    n = len(present)
    if n == 0 or present[0] == present[-1]:
        start = float(present[0]) if n else 0.0
        return [start, float(np.nextafter(np.float32(start), np.float32(np.inf)))], [0.0, 0.0]
    end = float(ndtri(1 - 0.5 / n))
    ranks = np.concatenate([np.linspace(0, 1, KNOTS), ndtr(np.linspace(-end, end, KNOTS))])
    places = np.unique((ranks * (n - 1)).round().astype(np.int64))
    knots = np.unique(present[places])
    first, last = np.searchsorted(present, knots, "left"), np.searchsorted(present, knots, "right")
    middle = np.clip((first + last) / (2 * n), 0.5 / n, 1 - 0.5 / n)
    return [float(k) for k in knots], [float(h) for h in ndtri(middle)]

"""Scaling of the last axis of an array, stored as plain numbers; `scale_fitting.py` finds them.

Two shapes cover every kind: a line `(x - center) / width`, and a curve through knots (quantile). All
arithmetic is float32, so that the exported graph, which calculates in float32 too, gives the same numbers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.data.cells import Array


@dataclass(frozen=True, slots=True)
class Scaling:
    """How each of `n` features is mapped.

    center, width: a line a feature, `(x - center) / width`.
    knots, heights: (n, m) each, a piecewise-linear curve a feature, flat beyond its ends; empty for lines.
        Rows are padded on the right with inf (knots) and the last height.
    """

    center: tuple[float, ...]
    width: tuple[float, ...]
    knots: tuple[tuple[float, ...], ...] = ()
    heights: tuple[tuple[float, ...], ...] = ()

    def apply(self, x: Array) -> Array:
        """Scaled copy of `x` (..., n), float32; `x` holds no NaN."""
        x = np.asarray(x, dtype=np.float32)
        if not self.knots:
            return (x - np.array(self.center, np.float32)) / np.array(self.width, np.float32)
        knots, heights = np.array(self.knots, np.float32), np.array(self.heights, np.float32)
        out = np.empty_like(x)
        for i in range(x.shape[-1]):
            m = int(np.isfinite(knots[i]).sum())
            out[..., i] = np.interp(x[..., i], knots[i, :m], heights[i, :m])
        return out

    def to_json(self) -> dict[str, Any]:
        return {
            "center": list(self.center),
            "width": list(self.width),
            "knots": [[k for k in row if np.isfinite(k)] for row in self.knots],
            "heights": [list(row) for row in self.heights],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Scaling":
        length = max((len(row) for row in values["heights"]), default=0)
        return cls(
            center=tuple(values["center"]),
            width=tuple(values["width"]),
            knots=tuple(padded(row, length, float("inf")) for row in values["knots"]),
            heights=tuple(padded(row, length, row[-1]) for row in values["heights"]),
        )


def padded(row: list[float], length: int, filling: float) -> tuple[float, ...]:
    """`row` with `filling` on its right up to `length`."""
    return tuple(row) + (filling,) * (length - len(row))

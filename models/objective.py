"""The optimised number of a trial: which metric, which direction, and at which epoch it is read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way the objective improves; always stated, never guessed."""

    MAXIMIZE = "max"
    MINIMIZE = "min"

    def better(self, a: float, b: float) -> bool:
        """Whether `a` is strictly better than `b`; NaN is worse than everything."""
        if math.isnan(a) or math.isnan(b):
            return not math.isnan(a) and math.isnan(b)
        return a > b if self is Direction.MAXIMIZE else a < b

    @property
    def worst(self) -> float:
        return -math.inf if self is Direction.MAXIMIZE else math.inf


@dataclass(frozen=True, slots=True)
class Aim:
    """One of several objectives: a metric of the epochs or a cost of the model, by its name, and which way it improves.

    The first aim of a study is its `Objective`; the others are read at the epoch that this names.
    """

    name: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Objective:
    """`metric` as it stands in the epoch logs (`val_accuracy`), read `at` the best or last epoch.

    last_k: with `at="mean"`, the mean over the last k epochs.
    """

    metric: str
    direction: Direction
    at: str = "best"
    last_k: int = 1

    def read(self, history: Sequence[Mapping[str, float]]) -> tuple[float, int]:
        """Value and epoch (from 1) of the objective in `history`; the mean of the last k is dated at the last.

        An infinite value counts as NaN: a loss of minus infinity is a bug, not a record. Returns (nan, 0) for an
        empty history and when no epoch has a number under `at="best"`.
        """
        values = [_finite(row[self.metric]) for row in history]
        if not values:
            return math.nan, 0
        if self.at == "last":
            return values[-1], len(values)
        if self.at == "mean":
            tail = values[-self.last_k :]
            return sum(tail) / len(tail), len(values)
        best, epoch = math.nan, 0
        for i, value in enumerate(values, start=1):
            if self.direction.better(value, best):
                best, epoch = value, i
        return best, epoch


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.nan

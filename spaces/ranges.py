"""Ranges of whole numbers and of numbers, linear or logarithmic, with or without steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from spaces.intervals import MOST_INT, NEARLY, DomainError, bucket, check_ends, grid_size, outside, unit
from spaces.problems import Value
from spaces.values import is_number

_FINEST = 1e-8
"""A step is at least this part of the larger end: floats tell such values apart with room to spare."""


@dataclass(frozen=True, slots=True)
class IntRange:
    """Whole numbers `low`, `low + step`, ... up to `high`, which is lowered to the last one reached."""

    low: int
    high: int
    log: bool = False
    step: int = 1

    def __post_init__(self) -> None:
        check_ends(self.low, self.high, log=self.log, step=None if self.step == 1 else self.step)
        if self.log and self.low < 1:
            raise DomainError(f"low is {self.low}, which has no logarithm", "begin at 1 or above, or leave out `log`")
        if max(abs(self.low), abs(self.high)) > MOST_INT:
            raise DomainError(f"{self.low} to {self.high} is too wide", f"stay within {-MOST_INT} to {MOST_INT}")
        object.__setattr__(self, "high", self.low + (self.high - self.low) // self.step * self.step)

    @property
    def cardinality(self) -> int:
        return (self.high - self.low) // self.step + 1

    def contains(self, value: Value) -> bool:
        if not is_number(value) or value != int(value):
            return False
        return self.low <= value <= self.high and (int(value) - self.low) % self.step == 0

    def snap(self, value: Value) -> int:
        if not is_number(value) or not self.contains(value):
            raise outside(value, self)
        return int(value)

    def sample(self, rng: np.random.Generator) -> int:
        return self.decode(rng.random())

    def encode(self, value: Value) -> float:
        number = self.snap(value)
        if self.log:
            start, width = self._log_interval
            return (math.log(number) - start) / width
        return ((number - self.low) // self.step + 0.5) / self.cardinality

    def decode(self, u: float) -> int:
        if self.log:
            start, width = self._log_interval
            return min(max(round(math.exp(start + unit(u) * width)), self.low), self.high)
        return self.low + bucket(u, self.cardinality) * self.step

    def cell(self, value: Value) -> tuple[float, float]:
        number = self.snap(value)
        if self.log:
            start, width = self._log_interval
            return (math.log(number - 0.5) - start) / width, (math.log(number + 0.5) - start) / width
        place = (number - self.low) // self.step
        return place / self.cardinality, (place + 1) / self.cardinality

    def grid(self, points: int | None) -> tuple[int, ...]:
        count = grid_size(self, self.cardinality, points)
        if count == self.cardinality:
            return tuple(range(self.low, self.high + 1, self.step))
        if count == 1:
            return (self.decode(0.5),)
        if self.log:
            spaced = np.geomspace(self.low, self.high, count)
            return tuple(sorted({min(max(round(float(x)), self.low), self.high) for x in spaced}))
        places = np.linspace(0, self.cardinality - 1, count).round()
        return tuple(self.low + int(place) * self.step for place in places)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "int", "low": self.low, "high": self.high, "log": self.log, "step": self.step}

    def __str__(self) -> str:
        step = "" if self.step == 1 else f", step: {self.step}"
        return f"{{int: [{self.low}, {self.high}]{', log: true' if self.log else ''}{step}}}"

    @property
    def _log_interval(self) -> tuple[float, float]:
        # half a step beyond each end, so that the ends get as fair a share as the rest
        start = math.log(self.low - 0.5)
        return start, math.log(self.high + 0.5) - start


@dataclass(frozen=True, slots=True)
class FloatRange:
    """Numbers from `low` to `high`, both included; with `step`, only `low`, `low + step`, ...

    Stepped values are exact decimals (0.3, not 0.30000000000000004); `high` is lowered to the last reached.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    _count: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_ends(self.low, self.high, log=self.log, step=self.step)
        if self.log and self.low <= 0:
            raise DomainError(f"low is {self.low}, which has no logarithm", "begin above 0, or leave out `log`")
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        count = None
        if self.step is not None:
            if self.step < _FINEST * max(abs(self.low), abs(self.high)):
                problem = f"step is {self.step}, too fine for {self.low:g} to {self.high:g}"
                raise DomainError(problem, "make the step larger, or leave it out")
            object.__setattr__(self, "step", float(self.step))
            steps = (_exact(self.high) - _exact(self.low)) / _exact(self.step)
            count = int(steps + Decimal(NEARLY)) + 1
        object.__setattr__(self, "_count", count)
        if count is not None:
            object.__setattr__(self, "high", self._at(count - 1))

    @property
    def cardinality(self) -> int | None:
        return 1 if self.low == self.high else self._count

    def contains(self, value: Value) -> bool:
        if not is_number(value):
            return False
        if self.step is None or self._count is None:
            return self.low <= value <= self.high
        return abs(value - self._at(self._place(value))) <= NEARLY * self.step

    def snap(self, value: Value) -> float:
        if not is_number(value) or not self.contains(value):
            raise outside(value, self)
        return float(value) if self._count is None else self._at(self._place(value))

    def sample(self, rng: np.random.Generator) -> float:
        return self.decode(rng.random())

    def encode(self, value: Value) -> float:
        number = self.snap(value)
        if self._count is not None:
            return (self._place(number) + 0.5) / self._count
        if self.low == self.high:
            return 0.5
        if self.log:
            return unit((math.log(number) - math.log(self.low)) / (math.log(self.high) - math.log(self.low)))
        return unit((number - self.low) / (self.high - self.low))

    def decode(self, u: float) -> float:
        if self._count is not None:
            return self._at(bucket(u, self._count))
        place = unit(u)
        if place in (0.0, 1.0):  # exactly: the logarithm of an end need not lead back to it
            return self.high if place else self.low
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return self._clip(math.exp(low + place * (high - low)))
        return self._clip(self.low + place * (self.high - self.low))

    def cell(self, value: Value) -> tuple[float, float]:
        number = self.snap(value)
        if self.low == self.high:
            return 0.0, 1.0
        if self._count is None:
            return self.encode(number), self.encode(number)
        place = self._place(number)
        return place / self._count, (place + 1) / self._count

    def grid(self, points: int | None) -> tuple[float, ...]:
        count = grid_size(self, self.cardinality, points)
        if self.low == self.high:
            return (self.low,)
        if self._count is not None:
            places = range(count) if count == self._count else np.linspace(0, self._count - 1, count).round()
            return (self.decode(0.5),) if count == 1 < self._count else tuple(self._at(int(i)) for i in places)
        if count == 1:
            return (self.decode(0.5),)
        inner = (self.decode(i / (count - 1)) for i in range(1, count - 1))
        return (self.low, *inner, self.high)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "float", "low": self.low, "high": self.high, "log": self.log, "step": self.step}

    def __str__(self) -> str:
        step = "" if self.step is None else f", step: {self.step:g}"
        return f"{{float: [{self.low:g}, {self.high:g}]{', log: true' if self.log else ''}{step}}}"

    def _at(self, place: int) -> float:
        assert self.step is not None
        return min(float(_exact(self.low) + place * _exact(self.step)), self.high)

    def _place(self, value: float) -> int:
        assert self.step is not None
        assert self._count is not None
        return min(max(round((value - self.low) / self.step), 0), self._count - 1)

    def _clip(self, value: float) -> float:
        return min(max(value, self.low), self.high)


def _exact(number: float) -> Decimal:
    """The decimal that a person sees: 0.1 is one tenth."""
    return Decimal(repr(number))

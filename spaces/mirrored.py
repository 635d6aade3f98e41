"""A range whose upper end is looked at closely, as a logarithmic one looks at its lower end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spaces.intervals import unit
from spaces.problems import Value
from spaces.ranges import FloatRange, IntRange


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The values of the logarithmic range `of`, with the steps between them in the reverse order.

    Source: the sampling `reverse_log` of KerasTuner, `low + high - value` of a logarithmic draw.
    """

    of: IntRange | FloatRange

    @property
    def cardinality(self) -> int | None:
        return self.of.cardinality

    def contains(self, value: Value) -> bool:
        return self.of.contains(value)

    def snap(self, value: Value) -> Value:
        return self.of.snap(value)

    def turned(self, value: Value) -> Value:
        """The value on the other side of the middle; its own reverse. Raises: DomainError for one outside."""
        other = self.of.low + self.of.high - self.of.snap(value)
        return other if isinstance(self.of, IntRange) else min(max(other, self.of.low), self.of.high)

    def sample(self, rng: np.random.Generator) -> Value:
        return self.decode(rng.random())

    def encode(self, value: Value) -> float:
        return 1.0 - self.of.encode(self.turned(value))

    def decode(self, u: float) -> Value:
        return self.turned(self.of.decode(1.0 - unit(u)))

    def cell(self, value: Value) -> tuple[float, float]:
        low, high = self.of.cell(self.turned(value))
        return 1.0 - high, 1.0 - low

    def grid(self, points: int | None) -> tuple[Value, ...]:
        return tuple(self.turned(value) for value in reversed(self.of.grid(points)))

    def to_json(self) -> dict[str, Any]:
        of = {key: value for key, value in self.of.to_json().items() if key != "kind"}
        return {"kind": "mirrored", "whole": isinstance(self.of, IntRange), "of": of}

    def __str__(self) -> str:
        return str(self.of).replace("log: true", "reverse_log: true")

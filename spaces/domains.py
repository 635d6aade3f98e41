"""What one parameter may be: a range of whole numbers or of numbers, or categories. Knows no conditions.

Every domain maps its values to the unit interval and back (`encode`, `decode`). A discrete domain of n values
gives each of them an equal share of the interval (on a log scale: a share of the log interval), so that a
uniform or quasi-random number decodes to a fair draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from spaces.intervals import MOST_GRID, MOST_INT, DomainError, bucket, outside
from spaces.mirrored import Mirrored
from spaces.problems import Value
from spaces.ranges import FloatRange, IntRange
from spaces.values import same, spell

__all__ = [
    "MOST_GRID",
    "MOST_INT",
    "Categories",
    "Domain",
    "DomainError",
    "FloatRange",
    "IntRange",
    "Mirrored",
    "domain_from_json",
]


class Domain(Protocol):
    """Values that one parameter may take. Frozen; `str()` gives the form in which a user writes it."""

    @property
    def cardinality(self) -> int | None:
        """How many values there are; None for a continuous range."""

    def contains(self, value: Value) -> bool:
        """Whether `value` is one of them; true and 1 are different values."""

    def snap(self, value: Value) -> Value:
        """The value of the domain that `value` stands for (1 for 1.0, 0.3 for 0.30000000000000004).

        Raises: DomainError when the domain does not contain it.
        """

    def sample(self, rng: np.random.Generator) -> Value:
        """One value, uniform over the values (over their logarithms when `log`)."""

    def encode(self, value: Value) -> float:
        """The place of `value` in [0, 1]. Raises: DomainError when the domain does not contain it."""

    def decode(self, u: float) -> Value:
        """The value at `u`, which is clipped to [0, 1]; exactly undoes `encode` for discrete domains."""

    def cell(self, value: Value) -> tuple[float, float]:
        """The part of [0, 1] that decodes to `value`; without width in a continuous range. Raises: DomainError."""

    def grid(self, points: int | None) -> tuple[Value, ...]:
        """Values for a grid, ascending: all of them, or a range thinned to at most `points`, ends included.

        Categories are never thinned. Raises: DomainError when `points` is needed: the range is continuous
        or has more than `MOST_GRID` values.
        """

    def to_json(self) -> dict[str, Any]:
        """Plain data that `domain_from_json` reads."""


@dataclass(frozen=True, slots=True)
class Categories:
    """The listed values. `ordered` says that their order means something, for samplers that can use it."""

    choices: tuple[Value, ...]
    ordered: bool = False

    def __post_init__(self) -> None:
        if not self.choices:
            raise DomainError("there is nothing to choose from", "list at least one value")
        for place, choice in enumerate(self.choices):
            if isinstance(choice, float) and not math.isfinite(choice):
                raise DomainError(f"`{choice}` is no value", "list finite numbers")
            if any(same(choice, other) for other in self.choices[:place]):
                raise DomainError(f"`{spell(choice)}` is listed twice", "keep one of the two")

    @property
    def cardinality(self) -> int:
        return len(self.choices)

    def contains(self, value: Value) -> bool:
        return any(same(value, choice) for choice in self.choices)

    def snap(self, value: Value) -> Value:
        return self.choices[self.index(value)]

    def index(self, value: Value) -> int:
        """The place of `value` among the choices, from 0. Raises: DomainError when it is none of them."""
        for place, choice in enumerate(self.choices):
            if same(value, choice):
                return place
        raise outside(value, self)

    def sample(self, rng: np.random.Generator) -> Value:
        return self.decode(rng.random())

    def encode(self, value: Value) -> float:
        return (self.index(value) + 0.5) / len(self.choices)

    def decode(self, u: float) -> Value:
        return self.choices[bucket(u, len(self.choices))]

    def cell(self, value: Value) -> tuple[float, float]:
        place = self.index(value)
        return place / len(self.choices), (place + 1) / len(self.choices)

    def grid(self, points: int | None) -> tuple[Value, ...]:
        return self.choices

    def to_json(self) -> dict[str, Any]:
        return {"kind": "choice", "choices": list(self.choices), "ordered": self.ordered}

    def __str__(self) -> str:
        listed = ", ".join(map(spell, self.choices))
        return f"{{choice: [{listed}]{', ordered: true' if self.ordered else ''}}}"


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """The domain that `to_json` wrote. Raises: DomainError for a kind that is not known."""
    fields = {key: value for key, value in data.items() if key != "kind"}
    kind = data.get("kind")
    if kind not in _KINDS:
        raise DomainError(f"the kind of domain `{kind}` is not known", f"known are {', '.join(sorted(_KINDS))}")
    return _KINDS[kind](fields)


def _categories(fields: Mapping[str, Any]) -> Categories:
    return Categories(tuple(fields["choices"]), ordered=fields["ordered"])


_KINDS: dict[Any, Callable[[Mapping[str, Any]], Domain]] = {
    "int": lambda fields: IntRange(**fields),
    "float": lambda fields: FloatRange(**fields),
    "choice": _categories,
    "mirrored": lambda fields: Mirrored(IntRange(**fields["of"]) if fields["whole"] else FloatRange(**fields["of"])),
}

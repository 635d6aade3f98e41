"""Configurations as rows of numbers for a kernel. Knows no trials and no values.

A parameter that is inactive stands in the middle of its range, and one more column for each condition says whether it
holds: so two configurations that both lack a parameter do not differ in it. Categories without an order get one
column each and share a length scale.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from spaces.domains import Categories
from spaces.problems import Value
from spaces.space import Dimension, Space

Rows = npt.NDArray[np.float64]


MOST_PLACES = 50_000
"""So many places of values are kept."""


class Encoding:
    """`groups` (n_columns,): columns of the same group share a length scale; numbered from 0."""

    def __init__(self, space: Space) -> None:
        self._dimensions = space.dimensions
        self._places: dict[tuple[str, type, Value], float] = {}
        groups: list[int] = []
        for place, dimension in enumerate(space.dimensions):
            groups += [place] * _width(dimension)
        self._conditions: dict[str, int] = {}
        for dimension in space.dimensions:
            if dimension.when is not None and dimension.when.text not in self._conditions:
                self._conditions[dimension.when.text] = len(groups)
                groups.append(len(space) + len(self._conditions))
        self.groups = _renumbered(groups)

    @property
    def n_groups(self) -> int:
        """How many length scales there are."""
        return int(np.max(self.groups)) + 1

    def rows(self, configurations: Sequence[Mapping[str, Value]]) -> Rows:
        """(n_configurations, n_columns) of numbers between 0 and 1."""
        rows = np.zeros((len(configurations), len(self.groups)))
        for row, params in zip(rows, configurations, strict=True):
            self._fill(row, params)
        return rows

    def place(self, dimension: Dimension, value: Value) -> float:
        """Where `value` stands in [0, 1]; the same values are asked for again and again."""
        key = (dimension.name, type(value), value)
        if key not in self._places:
            if len(self._places) >= MOST_PLACES:
                self._places.clear()
            self._places[key] = dimension.domain.encode(value)
        return self._places[key]

    def _fill(self, row: Rows, params: Mapping[str, Value]) -> None:
        column = 0
        for dimension in self._dimensions:
            name, domain, width = dimension.name, dimension.domain, _width(dimension)
            if name in params and width == 1:
                row[column] = self.place(dimension, params[name])
            elif name in params:
                assert isinstance(domain, Categories)
                row[column + domain.index(params[name])] = math.sqrt(0.5)
            elif width == 1:
                row[column] = 0.5
            column += width
            if dimension.when is not None:
                row[self._conditions[dimension.when.text]] = float(name in params)


def _width(dimension: Dimension) -> int:
    """Columns of one parameter: one, or one for each of several categories without an order."""
    domain = dimension.domain
    unordered = isinstance(domain, Categories) and not domain.ordered and domain.cardinality > 2
    return len(domain.choices) if unordered and isinstance(domain, Categories) else 1


def _renumbered(groups: Sequence[int]) -> npt.NDArray[np.intp]:
    _, inverse = np.unique(np.array(groups or [0]), return_inverse=True)
    return inverse.astype(np.intp)

"""Goes through dimensions in order, each active or not by what was decided before. Knows no encoding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spaces import ordering
from spaces.dimensions import Dimension, SpaceError, index_of
from spaces.domains import DomainError
from spaces.expressions import EvaluationError
from spaces.problems import Value

Params = dict[str, Value]
"""Values of the active parameters, by name."""

Values = Mapping[str, Value | tuple[Value, ...]]
"""Values that conditions and limits ask for: fixed and varied, per-layer ones also under their base name."""


def written_out(fixed: Values) -> dict[str, Any]:
    """`fixed` with every tuple also item by item: {"units": (64, 32)} gives `units.1` and `units.2` too."""
    scope = dict(fixed)
    for base, value in fixed.items():
        if isinstance(value, tuple):
            scope |= {f"{base}.{number}": item for number, item in enumerate(value, start=1)}
    return scope


@dataclass(frozen=True, slots=True)
class Walker:
    """Dimensions, stored so that each comes after those that its condition names, beside fixed values.

    Raises: SpaceError for a name given twice, an unknown name in a condition, or a cycle of conditions.
    """

    dimensions: tuple[Dimension, ...]
    fixed: Values
    _siblings: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _scope: Values = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        scope = written_out(self.fixed)
        names = [d.name for d in self.dimensions]
        groups = ordering.siblings(names)
        taken = set(scope)
        for name in [*names, *groups]:
            if name in taken:
                raise SpaceError(name, "the name is given twice", "keep one of the two")
            taken.add(name)
        object.__setattr__(self, "_siblings", groups)
        object.__setattr__(self, "_scope", scope)
        object.__setattr__(self, "dimensions", ordering.in_order(self.dimensions, scope))

    def part(self, names: Iterable[str]) -> Walker:
        """The walk over some of the dimensions, which must name no others in their conditions."""
        wanted = set(names)
        return Walker(tuple(d for d in self.dimensions if d.name in wanted), self.fixed)

    def is_active(self, dimension: Dimension, values: Values) -> bool:
        """Whether `dimension` applies under `values`; not when its condition is undecided.

        Raises: SpaceError for a condition that cannot be evaluated.
        """
        if dimension.when is None:
            return True
        try:
            return dimension.when.holds(values) is True
        except EvaluationError as error:
            problem = f"`when: {dimension.when.text}` cannot be answered: {error}"
            raise SpaceError(dimension.name, problem, "write it so that all values give an answer") from None

    def walk(self, choose: Callable[[Dimension], Value]) -> Params:
        """The configuration that `choose` makes, asked once for every active dimension, in order."""
        params: Params = {}
        scope = dict(self._scope)
        for dimension in self.dimensions:
            if self.is_active(dimension, scope):
                self._decide(dimension, choose(dimension), params, scope)
        return params

    def combinations(self, candidates: Callable[[Dimension], Sequence[Value]]) -> Iterator[Params]:
        """Every configuration of the active dimensions' `candidates`, once, the last varying fastest."""
        waiting: list[tuple[int, Params, dict[str, Any]]] = [(0, {}, dict(self._scope))]
        while waiting:
            place, params, scope = waiting.pop()
            while place < len(self.dimensions) and not self.is_active(self.dimensions[place], scope):
                place += 1
            if place == len(self.dimensions):
                yield params
                continue
            dimension = self.dimensions[place]
            for value in reversed(candidates(dimension)):
                branch = (place + 1, dict(params), dict(scope))
                self._decide(dimension, value, branch[1], branch[2])
                waiting.append(branch)

    def values(self, params: Mapping[str, Value]) -> dict[str, Value | tuple[Value, ...]]:
        """Fixed values and `params`; numbered ones also as a tuple under their base name."""
        scope = {**self._scope, **params}
        for base in self._siblings:
            self._assemble(base, scope)
        return scope

    def active(self, params: Mapping[str, Value]) -> tuple[str, ...]:
        """Names of the dimensions that apply under `params`, in order; other params are ignored."""
        scope = dict(self._scope)
        names: list[str] = []
        for dimension in self.dimensions:
            if self.is_active(dimension, scope):
                names.append(dimension.name)
                if dimension.name in params:
                    self._enter(dimension.name, params[dimension.name], scope)
        return tuple(names)

    def _decide(self, dimension: Dimension, value: Value, params: Params, scope: dict[str, Any]) -> None:
        try:
            snapped = dimension.domain.snap(value)
        except DomainError as error:
            raise SpaceError(dimension.name, error.problem, error.mend) from None
        params[dimension.name] = snapped
        self._enter(dimension.name, snapped, scope)

    def _enter(self, name: str, value: Value, scope: dict[str, Any]) -> None:
        scope[name] = value
        indexed = index_of(name)
        if indexed is not None:
            self._assemble(indexed[0], scope)

    def _assemble(self, base: str, scope: dict[str, Any]) -> None:
        members = tuple(scope[name] for name in self._siblings[base] if name in scope)
        if members:
            scope[base] = members

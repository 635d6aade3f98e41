"""A space as KerasTuner's hyperparameters: plain values that `HyperParameters` can be made from. Loads no framework.

Held natively are whole numbers, continuous numbers, choices of one type, and true or false. What KerasTuner cannot
hold or would round (`0.3 // 0.1` is 2) is held by its place, from 0: steps of floats, choices of several types, null.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spaces.domains import Categories, Domain
from spaces.expressions import EvaluationError
from spaces.mirrored import Mirrored
from spaces.problems import Value
from spaces.ranges import FloatRange, IntRange
from spaces.space import UNSET, Dimension, Space, Unset

Inside = bool | int | float | str
"""A value as KerasTuner holds it."""
Config = Mapping[str, Any]
"""The arguments of one hyperparameter, by name, with its `kind`."""

MOST_VALUES = 10_000
"""A condition over a parameter with more values, or over more combinations of several, is not written out."""
OFF_GRID = -1
"""Stands for every value that is not on a grid of a few points."""
HINT = "write it as comparisons of one parameter with values, joined by `and`, or take `driver: optuna`"


@dataclass(frozen=True, slots=True)
class Held:
    """How a parameter is held: the hyperparameter without its conditions, and its values inside and outside.

    within: the allowed values, for conditions; None when they are endless or too many to list.
    """

    config: Config
    inside: Callable[[Value], Inside]
    outside: Callable[[Inside], Value]
    within: tuple[Value, ...] | None = field(repr=False)


class UnheldError(ValueError):
    """A condition that KerasTuner cannot express: the parameter and why, in words."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


def held(domain: Domain) -> Held:
    """How values of `domain` are held."""
    if domain.cardinality == 1 and (only := domain.decode(0.5)) is not None:
        return Held({"kind": "Fixed", "value": only}, _same, lambda _: only, (only,))
    if isinstance(domain, Categories):
        return _categories(domain)
    if isinstance(domain, IntRange):
        return _int(domain)
    if isinstance(domain, Mirrored):
        base = held(domain.of)
        return replace(base, config={**base.config, "sampling": "reverse_log"})
    assert isinstance(domain, FloatRange)
    if domain.step is not None:
        return _stepped(domain)
    config = {"kind": "Float", "min_value": domain.low, "max_value": domain.high, "sampling": _sampling(domain)}
    return Held(config, _same, lambda value: min(max(float(value), domain.low), domain.high), None)


def thinned(dimension: Dimension, points: int, first: Value | Unset) -> Held:
    """How a range is held for a grid of `points` values; the first guess is one more where it is not among them."""
    values = dimension.domain.grid(points)
    known = _places(values if isinstance(first, Unset) or first in values else (first, *values))

    def inside(value: Value) -> Inside:
        # a trial of another sampler need not be on the grid
        return known.inside(value) if known.within is not None and value in known.within else OFF_GRID

    return replace(known, inside=inside)


def _same(value: Value) -> Inside:
    assert value is not None
    return value


def _sampling(domain: IntRange | FloatRange) -> str:
    return "log" if domain.log else "linear"


def _int(domain: IntRange) -> Held:
    step = None if domain.log else domain.step
    config = {
        "kind": "Int",
        "min_value": domain.low,
        "max_value": domain.high,
        "step": step,
        "sampling": _sampling(domain),
    }
    values = None
    if domain.cardinality <= MOST_VALUES:
        values = tuple(range(domain.low, domain.high + 1, domain.step))
    # KerasTuner's own logarithmic draw can be one beyond the end
    return Held(config, _same, lambda value: min(max(int(value), domain.low), domain.high), values)


def _stepped(domain: FloatRange) -> Held:
    count = domain.cardinality
    assert count is not None
    config = {"kind": "Int", "min_value": 0, "max_value": count - 1, "step": 1, "sampling": "linear"}

    def inside(value: Value) -> Inside:
        return min(int(domain.encode(value) * count), count - 1)

    values = domain.grid(None) if count <= MOST_VALUES else None
    return Held(config, inside, lambda place: domain.decode((place + 0.5) / count), values)  # type: ignore[operator]


def _categories(domain: Categories) -> Held:
    choices = domain.choices
    kinds = {type(choice) for choice in choices}
    if set(choices) == {True, False} and kinds == {bool}:
        return Held({"kind": "Boolean"}, _same, bool, choices)
    if len(kinds) == 1 and kinds <= {int, float, str}:
        is_ordered = domain.ordered and kinds != {str}
        config = {"kind": "Choice", "values": list(choices), "ordered": is_ordered}
        return Held(config, lambda value: _same(domain.snap(value)), domain.snap, choices)
    return _places(choices, ordered=domain.ordered)


def _places(values: Sequence[Value], *, ordered: bool = True) -> Held:
    """Values held by their places."""
    listed = Categories(tuple(values))
    config = {"kind": "Choice", "values": list(range(len(values))), "ordered": ordered}
    return Held(config, listed.index, lambda place: listed.choices[int(place)], listed.choices)


class Coded:
    """A space as KerasTuner holds it.

    points: how many values a grid takes from each range; None leaves that to KerasTuner.
    loose: whether conditions that it cannot express are left out; it then suggests values that `outside` leaves out.
    Raises: UnheldError for a condition that it cannot express, DomainError for a range that `points` do not fit.
    """

    def __init__(self, space: Space, *, points: int | None = None, loose: bool = False) -> None:
        self._space, self._is_loose = space, loose
        guess = space.first_guess() or {}
        self._first = {
            d.name: guess.get(d.name, UNSET) if isinstance(d.default, Unset) else d.default for d in space.dimensions
        }
        self._held = {
            d.name: held(d.domain)
            if points is None or isinstance(d.domain, Categories)
            else thinned(d, points, self._first[d.name])
            for d in space.dimensions
        }
        self.hyperparameters = [self._config(dimension) for dimension in space.dimensions]

    def inside(self, params: Mapping[str, Value]) -> dict[str, Inside]:
        """The active parameters as the oracle holds them, in the order of the space."""
        return {name: known.inside(params[name]) for name, known in self._held.items() if name in params}

    def outside(self, values: Mapping[str, Inside]) -> dict[str, Value]:
        """The configuration that the oracle's values stand for; keys that are no parameter are left out."""
        named = self.named(values)
        return dict(self._space.walk(lambda dimension: named[dimension.name])) if self._is_loose else named

    def named(self, values: Mapping[str, Inside]) -> dict[str, Value]:
        """As `outside`, with what is active for the oracle alone."""
        return {name: known.outside(values[name]) for name, known in self._held.items() if name in values}

    def _config(self, dimension: Dimension) -> dict[str, Any]:
        known, first = self._held[dimension.name], self._first[dimension.name]
        config = {"name": dimension.name, **known.config, "conditions": []}
        if not isinstance(first, Unset) and known.config["kind"] != "Fixed":
            config["default"] = known.inside(first)
        for parent, values in self._conditions(dimension).items():
            inside = [self._held[parent].inside(value) for value in values if self._has(parent, value)]
            config["conditions"].append([parent, inside])
        return config

    def _conditions(self, dimension: Dimension) -> Mapping[str, tuple[Value, ...]]:
        try:
            return conditions(dimension, self._space)
        except UnheldError:
            if not self._is_loose:
                raise
            return {}

    def _has(self, name: str, value: Value) -> bool:
        """Whether a value of the domain is left by a grid of a few points."""
        within = self._held[name].within
        return within is None or value in within


def conditions(dimension: Dimension, space: Space) -> dict[str, tuple[Value, ...]]:
    """The parents of `dimension` with the values under which it is active: it is when all have one of theirs.

    Raises: UnheldError for a condition that is no such conjunction.
    """
    if dimension.when is None:
        return {}
    fixed = space.values({})
    names = sorted(dimension.when.names - fixed.keys())
    unknown = [name for name in names if name not in space.names]
    if unknown:
        raise UnheldError(dimension.name, f"`{dimension.when.text}` asks for all of `{unknown[0]}` at once")
    found: dict[str, tuple[Value, ...]] = {}
    for name in names:
        values = held(space.dimension(name).domain).within
        if values is None:
            many = "more values than can be listed" if space.dimension(name).domain.cardinality else "endless values"
            raise UnheldError(dimension.name, f"`{dimension.when.text}` hangs on `{name}`, which has {many}")
        # not false by this one alone: of a conjunction, that is the part over `name`
        found[name] = tuple(value for value in values if _holds(dimension, fixed | {name: value}) is not False)
    _refuse_others(dimension, space, found)
    return found


def _refuse_others(dimension: Dimension, space: Space, found: Mapping[str, tuple[Value, ...]]) -> None:
    """Raises: UnheldError unless the condition is true just where all parents have one of the values found."""
    assert dimension.when is not None
    text, total = dimension.when.text, 1
    for values in found.values():
        total *= len(values) + 1
    if total > MOST_VALUES or not all(found.values()):
        raise UnheldError(dimension.name, f"`{text}` joins more values than can be listed")
    for chosen in _chosen(found, space):
        expected = len(chosen) == len(found)
        if (_holds(dimension, space.values({}) | chosen) is True) is not expected:
            raise UnheldError(dimension.name, f"`{text}` is no choice of values for each parameter alone")


def _chosen(found: Mapping[str, tuple[Value, ...]], space: Space) -> Iterator[dict[str, Value]]:
    """Every combination of the values found; a parameter with a condition may also be absent."""
    options = [
        [(name, value) for value in values] + ([None] if space.dimension(name).when is not None else [])
        for name, values in found.items()
    ]
    for combination in itertools.product(*options):
        yield dict(chosen for chosen in combination if chosen is not None)


def _holds(dimension: Dimension, values: Mapping[str, Any]) -> bool | None:
    assert dimension.when is not None
    try:
        return dimension.when.holds(values)
    except EvaluationError as error:
        raise UnheldError(dimension.name, f"`{dimension.when.text}` cannot be answered: {error}") from None

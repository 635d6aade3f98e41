"""Whether a condition can ever be true. Exact for few discrete combinations, otherwise by trying many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np

from spaces import ordering
from spaces.dimensions import Dimension, SpaceError
from spaces.domains import Domain
from spaces.problems import Value
from spaces.space import Params, Space
from spaces.values import is_number, spell
from spaces.walker import Walker

MOST_EXACT = 10_000
"""Up to so many combinations of the parameters that a condition hangs on, all of them are tried."""

_SAMPLES = 2_000
_PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)


def impossible(dimension: Dimension, space: Space) -> str | None:
    """Why `dimension`, one of `space`, can never be active, as a sentence; None when it can.

    A condition that cannot be evaluated for some values is told too. Where there are too many combinations to
    try all, the ends and the middle of ranges, the constants of the condition with their neighbours, and
    random configurations are tried.
    """
    if dimension.when is None:
        return None
    by_name = {d.name: d for d in space.dimensions}
    needed = ordering.closure(by_name, ordering.needs(dimension, by_name))
    small = space.walker.part(needed)
    is_exact = _product(small) is not None
    tried = 0
    try:
        for params in _all(small) if is_exact else _some(small, dimension):
            tried += 1
            if space.is_active(dimension, small.values(params)):
                return None
    except SpaceError as error:
        return error.problem
    return _told(dimension, space, tried=None if is_exact else tried)


def _product(space: Walker) -> int | None:
    """How many combinations the domains make; None for more than `MOST_EXACT` or endless."""
    product = 1
    for dimension in space.dimensions:
        count = dimension.domain.cardinality
        if count is None or product * count > MOST_EXACT:
            return None
        product *= count
    return product


def _all(space: Walker) -> Iterator[Params]:
    return space.combinations(lambda d: d.domain.grid(None))


def _some(space: Walker, dimension: Dimension) -> Iterator[Params]:
    chosen = {d.name: _candidates(d.domain, _constants(d.name, dimension, space)) for d in space.dimensions}
    rng = np.random.default_rng(0)
    samples = (space.walk(_mixed(chosen, rng)) for _ in range(_SAMPLES))
    return chain(islice(space.combinations(lambda d: chosen[d.name]), MOST_EXACT), samples)


def _mixed(chosen: dict[str, tuple[Value, ...]], rng: np.random.Generator) -> Callable[[Dimension], Value]:
    """Draws half of the values from the candidates, which a plain sample would hardly ever meet."""

    def choose(dimension: Dimension) -> Value:
        candidates = chosen[dimension.name]
        if rng.random() < 0.5:
            return candidates[int(rng.integers(len(candidates)))]
        return dimension.domain.sample(rng)

    return choose


def _constants(name: str, dimension: Dimension, space: Walker) -> Iterable[Value]:
    whens = (d.when for d in (*space.dimensions, dimension) if d.when is not None)
    return chain.from_iterable(when.constants_of(name) for when in whens)


def _candidates(domain: Domain, constants: Iterable[Value]) -> tuple[Value, ...]:
    """Values worth trying: ends, quarters, and constants that it is compared to, with their neighbours."""
    near: list[Value] = []
    for constant in constants:
        near += [constant, constant - 1, constant + 1] if is_number(constant) else [constant]
    values = [domain.snap(value) for value in near if domain.contains(value)]
    values += [domain.decode(place) for place in _PLACES]
    return tuple(dict.fromkeys(values))


def _told(dimension: Dimension, space: Space, *, tried: int | None) -> str:
    assert dimension.when is not None
    text = dimension.when.text
    named = sorted(dimension.when.names)
    facts = [_fact(name, space) for name in named]
    about = f" ({'; '.join(facts)})" if facts else ""
    if tried is None:
        return f"`{text}` can never be true{about}"
    return f"`{text}` was true for none of {tried} configurations tried{about}"


def _fact(name: str, space: Space) -> str:
    fixed = space.values({})
    if name in fixed:
        return f"{name} is {spell(fixed[name])}"
    members: Sequence[str] = [n for n in space.names if n == name or n.startswith(f"{name}.")]
    return f"{name} is {space.dimension(members[0]).domain}" if members else name

"""New configurations worth asking about. Knows no surrogate."""

from collections.abc import Mapping, Sequence

import numpy as np

from spaces.problems import Value
from spaces.space import Dimension, Space

Configuration = dict[str, Value]

REACHES = (0.02, 0.06, 0.15, 0.35)
"""How far a neighbour may lie, as a share of each range; one is drawn for each neighbour."""


def anywhere(space: Space, count: int, rng: np.random.Generator) -> list[Configuration]:
    """Independent draws from the whole space."""
    return [space.sample(rng) for _ in range(count)]


def neighbours(
    space: Space, parents: Sequence[Mapping[str, Value]], count: int, rng: np.random.Generator
) -> list[Configuration]:
    """`count` changed copies of the parents in turn; a parameter that its parent lacks is drawn anew."""
    return [_neighbour(space, parents[i % len(parents)], rng) for i in range(count)]


def _neighbour(space: Space, parent: Mapping[str, Value], rng: np.random.Generator) -> Configuration:
    reach = REACHES[int(rng.integers(len(REACHES)))]
    share = max(1.0 / len(space), float(rng.random())) if len(space) else 1.0

    def choose(dimension: Dimension) -> Value:
        name, domain = dimension.name, dimension.domain
        if name not in parent:
            return domain.sample(rng)
        if rng.random() > share:
            return parent[name]
        if domain.cardinality is not None and domain.cardinality <= 4:
            return domain.sample(rng)
        place = domain.encode(parent[name]) + reach * float(rng.standard_normal())
        # reflected at the walls, so that the corners are as likely as they should be
        return domain.decode(abs(place) if place < 1 else max(0.0, 2 - place))

    return space.walk(choose)

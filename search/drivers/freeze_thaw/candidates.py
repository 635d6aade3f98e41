"""New configurations worth asking about, with their rows for the surrogate. Knows no surrogate.

They come from endless sequences that depend on the seed alone, one of the whole space and one beside each parent, and
are looked at through a window that moves as trials are started. So most of them are drawn once for many decisions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.drivers.freeze_thaw.encoding import Encoding, Rows
from spaces.domains import Categories
from spaces.problems import Value
from spaces.space import Dimension, Space

Configuration = dict[str, Value]

REACHES = (0.02, 0.06, 0.15, 0.35)
"""How far a neighbour may lie, as a share of each range; one is drawn for each neighbour."""
BLOCK = 8
"""So many are drawn at a time."""
GUESS = -1
"""The parent that is the first guess; trials of earlier searches have numbers below it."""

_Key = tuple[int | None, int]
"""The parent's number, None for the whole space, and the number of the block."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """configurations and their rows (n, n_columns)."""

    configurations: list[Configuration]
    rows: Rows

    def without(self, begun: Collection[bytes]) -> "Drawn | None":
        """Those whose rows, as bytes, were not begun; None when none is left."""
        left = [place for place, row in enumerate(self.rows) if row.tobytes() not in begun]
        return self.at(left) if left else None

    def at(self, places: Sequence[int]) -> "Drawn":
        """Those at these places."""
        return Drawn([self.configurations[place] for place in places], self.rows[list(places)])

    def followed_by(self, other: "Drawn") -> "Drawn":
        """These and then the others."""
        return Drawn(self.configurations + other.configurations, np.concatenate((self.rows, other.rows)))


class Candidates:
    """A cache of what is drawn: the same questions have the same answers in any order."""

    def __init__(self, space: Space, encoding: Encoding, seed: int) -> None:
        self._space, self._encoding, self._seed = space, encoding, seed
        self._blocks: dict[_Key, Drawn] = {}

    def window(self, parents: Mapping[int, Configuration], *, at: int, anywhere: int, near: int) -> Drawn:
        """About `anywhere` draws from the whole space and `near` changed copies of the parents, by trial number.

        at: how far the window has moved, in blocks.
        """
        wanted: list[_Key] = [(None, block) for block in range(at, at + -(-anywhere // BLOCK))]
        each = -(-near // (BLOCK * len(parents))) if parents else 0
        # beside a parent the window moves more slowly: the best few of them are worth another look
        wanted += [(number, at // 4 + block) for number in parents for block in range(each)]
        blocks = [self._block(key, parents) for key in wanted]
        self._blocks = {key: self._blocks[key] for key in wanted}
        return Drawn(
            [configuration for block in blocks for configuration in block.configurations],
            np.concatenate([block.rows for block in blocks]),
        )

    def changed(self, parents: Sequence[Configuration], *, each: int, reach: float, rng: np.random.Generator) -> Drawn:
        """`each` changed copies of every parent. reach: how far changes go, as a share of each range."""
        change = _Change(self._space, self._encoding, rng, reach)
        made = [change.of(parent) for parent in parents for _ in range(each)]
        return Drawn(made, self._encoding.rows(made))

    def _block(self, key: _Key, parents: Mapping[int, Configuration]) -> Drawn:
        if key not in self._blocks:
            number, block = key
            if number is None:
                made = anywhere(self._space, BLOCK, np.random.default_rng([self._seed, 0, block]))
            else:
                rng = np.random.default_rng([self._seed, 1 if number < 0 else 2, abs(number), block])
                made = beside(self._space, self._encoding, parents[number], BLOCK, rng)
            self._blocks[key] = Drawn(made, self._encoding.rows(made))
        return self._blocks[key]


def anywhere(space: Space, count: int, rng: np.random.Generator) -> list[Configuration]:
    """Independent draws from the whole space."""
    return [space.sample(rng) for _ in range(count)]


def beside(
    space: Space, encoding: Encoding, parent: Configuration, count: int, rng: np.random.Generator
) -> list[Configuration]:
    """`count` changed copies of the parent; a parameter that it lacks is drawn anew."""
    return [_Change(space, encoding, rng, REACHES[int(rng.integers(len(REACHES)))]).of(parent) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class _Change:
    """reach: how far a step goes, as a share of the range."""

    space: Space
    encoding: Encoding
    rng: np.random.Generator
    reach: float

    def of(self, parent: Mapping[str, Value]) -> Configuration:
        """A copy with some parameters changed, one of them on average at least; those that it lacks are drawn anew."""
        share = max(1.0 / len(self.space), float(self.rng.random())) if len(self.space) else 1.0

        def choose(dimension: Dimension) -> Value:
            value = parent.get(dimension.name)
            if dimension.name not in parent:
                return dimension.sample(self.rng)
            return self._moved(dimension, value) if self.rng.random() <= share else value

        return self.space.walk(choose)

    def _moved(self, dimension: Dimension, value: Value) -> Value:
        """Another draw where there is no order, or few values; else a step, which changes it half the time at least."""
        domain, reach = dimension.domain, self.reach
        if domain.cardinality is not None:
            if domain.cardinality <= 4 or (isinstance(domain, Categories) and not domain.ordered):
                return domain.sample(self.rng)
            reach = max(reach, 0.7 / domain.cardinality)
        place = self.encoding.place(dimension, value) + reach * float(self.rng.standard_normal())
        # reflected at the walls, so that the corners are as likely as they should be
        return domain.decode(abs(place) if place < 1 else max(0.0, 2 - place))

"""Paused trials by where they rest, and all trials by their place; in order as trials come and go. Knows no rule."""

import math
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator

from models.objective import Direction
from search.ports import Rested
from search.standings import Group


class RestingTrials:
    """The `search.ports.Resting` of a study. A trial that comes or goes costs the logarithm of those that rest."""

    def __init__(self, direction: Direction, group: Group) -> None:
        self._direction = direction
        self._group = group
        self._rested: dict[int, Rested] = {}
        self._rungs: dict[int, dict[int, list[tuple[float, int]]]] = defaultdict(dict)
        self._promoted: Counter[tuple[int, int]] = Counter()

    def __len__(self) -> int:
        return len(self._rested)

    def __contains__(self, number: object) -> bool:
        return number in self._rested

    def __iter__(self) -> Iterator[int]:
        """Their numbers, rising."""
        return iter(sorted(self._rested))

    def add(self, rested: Rested) -> None:
        """A trial that is not there yet rests."""
        self._rested[rested.number] = rested
        rung = self._rungs[self._group(rested.number)].setdefault(rested.epoch, [])
        insort(rung, (_key(rested.best, self._direction), rested.number))

    def remove(self, number: int) -> None:
        """The trial no longer rests; one that does not is left alone."""
        rested = self._rested.pop(number, None)
        if rested is None:
            return
        rungs = self._rungs[self._group(number)]
        rung = rungs[rested.epoch]
        del rung[bisect_left(rung, (_key(rested.best, self._direction), number))]
        if not rung:
            del rungs[rested.epoch]

    def goes_on_from(self, number: int, epoch: int) -> None:
        """Counts a trial that goes on after its pause."""
        self._promoted[self._group(number), epoch] += 1

    def groups(self) -> list[int]:
        return sorted(group for group, rungs in self._rungs.items() if rungs)

    def epochs(self, group: int) -> list[int]:
        return sorted(self._rungs.get(group, {}), reverse=True)

    def best(self, group: int, epoch: int) -> Rested | None:
        rung = self._rungs.get(group, {}).get(epoch)
        return self._rested[rung[0][1]] if rung else None

    def worst_first(self, group: int, epoch: int) -> Iterator[Rested]:
        for _, number in reversed(self._rungs.get(group, {}).get(epoch, [])):
            yield self._rested[number]

    def promoted(self, group: int, epoch: int) -> int:
        return self._promoted[group, epoch]


class Places:
    """Trials by their objective, best first; the older of two alike comes before the other."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._keys: dict[int, float] = {}
        self._order: list[tuple[float, int]] = []

    def put(self, number: int, value: float) -> None:
        """The trial has `value` now, in place of what it had; one without a number has no place."""
        self.drop(number)
        if not math.isnan(value):
            self._keys[number] = _key(value, self._direction)
            insort(self._order, (self._keys[number], number))

    def drop(self, number: int) -> None:
        """The trial has no place any more."""
        key = self._keys.pop(number, None)
        if key is not None:
            del self._order[bisect_left(self._order, (key, number))]

    def __iter__(self) -> Iterator[int]:
        """The trials, best first."""
        return (number for _, number in self._order)

    @property
    def first(self) -> int | None:
        """The best trial."""
        return self._order[0][1] if self._order else None

    def place(self, number: int) -> int | None:
        """From 1; None for a trial that has none."""
        key = self._keys.get(number)
        return None if key is None else 1 + bisect_left(self._order, (key, number))


def _key(value: float, direction: Direction) -> float:
    """Rises from the best to the worst; without a number last."""
    if math.isnan(value):
        return math.inf
    return -value if direction is Direction.MAXIMIZE else value

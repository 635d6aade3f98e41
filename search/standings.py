"""Where the trials of a study stand after each epoch: their bests so far, in order, kept up to date report by report.

What pruners compare with. A report costs the logarithm of the number of trials (and the move of a list's tail), a
question as much; nothing is read anew. Knows no pruner's rule.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from models.objective import Direction
from search.study import Curve

Group = Callable[[int], int]
"""The group in which a trial competes, by its number; see `search.ports.Pruner.group`."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Bests after one epoch in rising order, without the one at place `without` (the asking trial's own)."""

    bests: list[float]
    direction: Direction
    without: int | None = None

    def __len__(self) -> int:
        return len(self.bests) - (self.without is not None)

    def better_than(self, value: float) -> int:
        """How many are strictly better than `value`; all of them if it is NaN."""
        if math.isnan(value):
            return len(self)
        if self.direction is Direction.MAXIMIZE:
            first, last = bisect_right(self.bests, value), len(self.bests)
        else:
            first, last = 0, bisect_left(self.bests, value)
        return last - first - (self.without is not None and first <= self.without < last)

    def percentile(self, share: float) -> float:
        """The value below which `share` percent lie, between two neighbours in proportion; as `numpy.percentile`.

        Source: Hyndman and Fan 1996, definition 7; in the order of numpy's operations, so that the last bit agrees.
        """
        place = (len(self) - 1) * (share / 100)
        low = self._at(math.floor(place))
        high = self._at(min(math.floor(place) + 1, len(self) - 1))
        part = place - math.floor(place)
        return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part

    def _at(self, place: int) -> float:
        return self.bests[place if self.without is None or place < self.without else place + 1]


@dataclass(slots=True)
class _Line:
    """One trial: its best after each epoch (NaN before the first number), and whether it keeps the last for ever."""

    bests: list[float] = field(default_factory=list)
    is_complete: bool = False

    def at(self, epoch: int) -> float:
        if epoch <= len(self.bests):
            return self.bests[epoch - 1]
        return self.bests[-1] if self.is_complete and self.bests else math.nan


@dataclass(slots=True)
class _Table:
    """The bests after one epoch in one group: of all trials that have one, and of the complete ones."""

    all: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)


class Standings:
    """All trials of a study that have trained, told epoch by epoch.

    An epoch's table is made when it is first asked for, so that pruners that never ask cost nothing.
    """

    def __init__(self, direction: Direction, group: Group) -> None:
        self._direction = direction
        self._group = group
        self._lines: dict[int, _Line] = {}
        self._tables: dict[int, dict[int, _Table]] = defaultdict(dict)
        self._complete: Counter[int] = Counter()
        self._ended: dict[int, list[int]] = defaultdict(list)
        self._n_params: dict[int, int] = {}

    @classmethod
    def of(cls, curves: Iterable[Curve], direction: Direction, group: Group = lambda number: 0) -> "Standings":
        """The standings of whole curves."""
        made = cls(direction, group)
        for curve in curves:
            for epoch, value in enumerate(curve.values, start=1):
                made.report(curve.number, epoch, value)
            if curve.is_complete:
                made.complete(curve.number)
            if curve.n_params is not None:
                made.weigh(curve.number, curve.n_params)
        return made

    def report(self, number: int, epoch: int, value: float) -> None:
        """Trial `number` has `value` after `epoch`; epochs that it had from there on are forgotten."""
        line = self._lines.setdefault(number, _Line())
        tables = self._tables[self._group(number)]
        assert epoch <= len(line.bests) + 1, "epochs come without gaps"
        for old in range(epoch, len(line.bests) + 1):
            if old in tables:
                _remove(tables[old].all, line.bests[old - 1])
        del line.bests[epoch - 1 :]
        before = line.bests[-1] if line.bests else math.nan
        line.bests.append(value if self._direction.better(value, before) else before)
        if epoch in tables:
            _add(tables[epoch].all, line.bests[-1])

    def complete(self, number: int) -> None:
        """Trial `number` has come to an end of its own and keeps its best for every later epoch."""
        line = self._lines.get(number)
        if line is None:
            return
        line.is_complete = True
        group = self._group(number)
        self._complete[group] += 1
        insort(self._ended[group], number)
        for epoch, table in self._tables[group].items():
            _add(table.complete, line.at(epoch))
            if epoch > len(line.bests):
                _add(table.all, line.at(epoch))

    def weigh(self, number: int, n_params: int) -> None:
        """The model of trial `number` has so many weights."""
        self._n_params[number] = n_params

    def beside(self, number: int) -> "Rivals":
        """The other trials of the group of trial `number`, as its pruner asks about them."""
        return Rivals(self, number)

    # ------------------------------------------------------------------------------------ what rivals ask
    def count_complete(self, number: int) -> int:
        """Complete trials beside trial `number`."""
        return self._complete[self._group(number)] - self._line(number).is_complete

    def ranking(self, number: int, epoch: int) -> Ranking:
        """All bests after `epoch` beside trial `number`."""
        return self._without(self._table(number, epoch).all, self._line(number).at(epoch))

    def ranking_of_complete(self, number: int, epoch: int) -> Ranking:
        """The bests of complete trials after `epoch` beside trial `number`."""
        own = self._line(number)
        bests = self._table(number, epoch).complete
        return self._without(bests, own.at(epoch) if own.is_complete else math.nan)

    def ranking_of_no_larger(self, number: int, epoch: int, *, n_params: int) -> Ranking:
        """The bests after `epoch` beside trial `number` of those in its group that have no more weights."""
        group = self._group(number)
        light = (n for n, size in self._n_params.items() if size <= n_params and n != number)
        bests = (self._line(n).at(epoch) for n in light if self._group(n) == group)
        return Ranking(sorted(best for best in bests if not math.isnan(best)), self._direction)

    def curves_of_complete(self, number: int, most: int) -> list[list[float]]:
        """Bests so far of the latest `most` complete trials beside trial `number`, of those with a number."""
        found: list[list[float]] = []
        for other in reversed(self._ended[self._group(number)]):
            if len(found) == most:
                break
            bests = self._lines[other].bests
            if other != number and bests and not math.isnan(bests[-1]):
                found.append(bests)
        return found[::-1]

    def _without(self, bests: list[float], own: float) -> Ranking:
        return Ranking(bests, self._direction, None if math.isnan(own) else bisect_left(bests, own))

    def _line(self, number: int) -> _Line:
        return self._lines.get(number) or _Line()

    def _table(self, number: int, epoch: int) -> _Table:
        group = self._group(number)
        tables = self._tables[group]
        if epoch not in tables:
            lines = [line for n, line in self._lines.items() if self._group(n) == group]
            tables[epoch] = _Table(
                sorted(best for line in lines if not math.isnan(best := line.at(epoch))),
                sorted(best for line in lines if line.is_complete and not math.isnan(best := line.at(epoch))),
            )
        return tables[epoch]


@dataclass(frozen=True, slots=True)
class Rivals:
    """The trials beside trial `number`: the `search.ports.Others` of its pruner."""

    standings: Standings
    number: int

    @property
    def complete(self) -> int:
        return self.standings.count_complete(self.number)

    def bests(self, epoch: int) -> Ranking:
        return self.standings.ranking(self.number, epoch)

    def bests_of_complete(self, epoch: int) -> Ranking:
        return self.standings.ranking_of_complete(self.number, epoch)

    def bests_of_no_larger(self, epoch: int, *, n_params: int) -> Ranking:
        return self.standings.ranking_of_no_larger(self.number, epoch, n_params=n_params)

    def curves_of_complete(self, most: int) -> list[list[float]]:
        return self.standings.curves_of_complete(self.number, most)


def _add(bests: list[float], best: float) -> None:
    if not math.isnan(best):
        insort(bests, best)


def _remove(bests: list[float], best: float) -> None:
    if not math.isnan(best):
        del bests[bisect_left(bests, best)]

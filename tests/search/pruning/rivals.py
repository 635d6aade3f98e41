"""Pruners asked about whole curves, and the standings as they are meant: read from all curves, every time."""

from collections.abc import Sequence

import numpy as np

from models.objective import Direction
from search.ports import Rule
from search.standings import Standings
from search.study import Curve, Decision


def asked(pruner: Rule, trial: Curve, others: Sequence[Curve], direction: Direction = Direction.MAXIMIZE) -> Decision:
    """What `pruner` says of `trial` beside these other curves."""
    standings = Standings.of(others, direction, pruner.group)
    return pruner.decide(trial, standings.beside(trial.number))


class WholeCurves:
    """The `Others` port by its words: `Curve.best` of each curve, `numpy.percentile`, no memory."""

    def __init__(self, curves: Sequence[Curve], direction: Direction) -> None:
        self._curves = [curve for curve in curves if curve.values]
        self._direction = direction

    @property
    def complete(self) -> int:
        return sum(curve.is_complete for curve in self._curves)

    def bests(self, epoch: int) -> "PlainRanking":
        return self._ranking(self._curves, epoch)

    def bests_of_complete(self, epoch: int) -> "PlainRanking":
        return self._ranking([curve for curve in self._curves if curve.is_complete], epoch)

    def bests_of_no_larger(self, epoch: int, *, n_params: int) -> "PlainRanking":
        return self._ranking([c for c in self._curves if c.n_params is not None and c.n_params <= n_params], epoch)

    def curves_of_complete(self, most: int) -> list[list[float]]:
        found = []
        for curve in sorted(self._curves, key=lambda curve: curve.number):
            bests = [curve.best(self._direction, until=epoch + 1) for epoch in range(len(curve.values))]
            if curve.is_complete and not np.isnan(bests[-1]):
                found.append(bests)
        return found[-most:]

    def _ranking(self, curves: Sequence[Curve], epoch: int) -> "PlainRanking":
        bests = np.array([curve.best(self._direction, until=epoch) for curve in curves])
        return PlainRanking(bests[~np.isnan(bests)], self._direction)


class PlainRanking:
    def __init__(self, bests: np.ndarray, direction: Direction) -> None:
        self._bests, self._direction = bests, direction

    def __len__(self) -> int:
        return len(self._bests)

    def better_than(self, value: float) -> int:
        return sum(self._direction.better(best, value) for best in self._bests.tolist())

    def percentile(self, share: float) -> float:
        return float(np.percentile(self._bests, share))

"""The Pareto front of a study with several objectives, and the ranks behind it. Arithmetic on values; knows no file.

A trial dominates another when it is no worse in any objective and better in one. The front are the complete trials
that no complete trial dominates, as in Optuna's `best_trials`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.objective import Aim, Direction
from search.study import Outcome, TrialState

Aims = Sequence[Aim]
Values = tuple[float, ...]
"""One value an objective, in the order of the study's aims."""

FRONT = 1
"""The rank of the trials on the front."""


def values_of(outcome: Outcome, aims: Aims) -> Values | None:
    """The outcome's values; None unless there is a finite one for every aim."""
    if outcome.objective is None:
        return None
    found = (outcome.objective, *(outcome.metrics.get(aim.name, math.nan) for aim in aims[1:]))
    return found if all(map(math.isfinite, found)) else None


def dominates(a: Values, b: Values, aims: Aims) -> bool:
    """Whether `a` is no worse than `b` in any objective and better in one. Values are finite."""
    better = [aim.direction.better for aim in aims]
    pairs = list(zip(better, a, b, strict=True))
    return not any(is_better(y, x) for is_better, x, y in pairs) and any(is_better(x, y) for is_better, x, y in pairs)


def ranks(values: Sequence[Values], aims: Aims) -> list[int]:
    """The rank of each: 1 when nothing dominates it, 2 when only those of rank 1 do, and so on; equals are alike.

    Source: Deb et al. 2002 (NSGA-II), non-dominated sorting; layer by layer, each in the order of Kung et al. 1975.
    """
    if not values:
        return []
    signs = [-1.0 if aim.direction is Direction.MAXIMIZE else 1.0 for aim in aims]
    losses, place = np.unique(np.asarray(values, dtype=float) * signs, axis=0, return_inverse=True)
    found = np.zeros(len(losses), dtype=int)
    left, rank = np.arange(len(losses)), FRONT
    while left.size:
        is_first = _non_dominated(losses[left])
        found[left[is_first]] = rank
        left, rank = left[~is_first], rank + 1
    return [int(rank) for rank in found[place.ravel()]]


def _non_dominated(losses: np.ndarray) -> np.ndarray:
    """Which rows no other dominates (n_rows,); they are distinct and in lexicographic order, so none before them can be
    dominated by one after it."""
    found = np.zeros(len(losses), dtype=bool)
    left = np.arange(len(losses))
    while left.size:
        first, rest = left[0], left[1:]
        found[first] = True
        left = rest[(losses[rest] < losses[first]).any(axis=1)]
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """An ended trial among others; values: None when one of them is not known."""

    number: int
    values: Values | None
    is_complete: bool

    @classmethod
    def of(cls, number: int, outcome: Outcome, aims: Aims) -> "Standing":
        return cls(number, values_of(outcome, aims), outcome.state is TrialState.COMPLETE)


def ranked(trials: Sequence[Standing], aims: Aims) -> dict[int, int]:
    """The rank of every trial with values, by number: 1 for the front, and the others, pruned ones too, from 2 on.

    A pruned trial was given up on and is no result to choose, unless no trial is complete.
    """
    known = [t for t in trials if t.values is not None]
    eligible = [t for t in known if t.is_complete] or known
    first = {t.number for t, rank in zip(eligible, _ranks(eligible, aims), strict=True) if rank == FRONT}
    rest = [t for t in known if t.number not in first]
    return dict.fromkeys(sorted(first), FRONT) | {
        t.number: FRONT + rank for t, rank in zip(rest, _ranks(rest, aims), strict=True)
    }


def front_of(ended: Iterable[tuple[int, Outcome]], aims: Aims) -> frozenset[int]:
    """The trials on the front, of ended ones with their numbers."""
    found = ranked([Standing.of(number, outcome, aims) for number, outcome in ended], aims)
    return frozenset(number for number, rank in found.items() if rank == FRONT)


def _ranks(trials: Sequence[Standing], aims: Aims) -> list[int]:
    return ranks([t.values for t in trials if t.values is not None], aims)


def place_key(values: Values, rank: int, aims: Aims) -> tuple[float, ...]:
    """Sorts trials by rank, then from the best first objective to the worst, then by the further ones."""
    signed = (-v if aim.direction.worst < 0 else v for aim, v in zip(aims, values, strict=True))
    return (rank, *signed)


@dataclass(slots=True)
class Front:
    """The front of a running study, told how trials end; an end costs one comparison with each trial on the front."""

    aims: Aims
    _values: dict[int, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[int]:
        """The trials, from the best first objective to the worst."""
        return iter(sorted(self._values, key=lambda n: (place_key(self._values[n], FRONT, self.aims), n)))

    @property
    def values(self) -> Mapping[int, Values]:
        """Of each trial on the front, by number."""
        return self._values

    def ended(self, number: int, outcome: Outcome) -> bool:
        """Trial `number` has ended. Returns whether it has come to the front, with values that none there has."""
        values = values_of(outcome, self.aims)
        if values is None or outcome.state is not TrialState.COMPLETE:
            return False
        held = self._values.values()
        if any(dominates(other, values, self.aims) for other in held):
            return False
        is_new = values not in held
        for beaten in [n for n, other in self._values.items() if dominates(values, other, self.aims)]:
            del self._values[beaten]
        self._values[number] = values
        return is_new

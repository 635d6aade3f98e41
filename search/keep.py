"""Which trials lose their files when a study may keep only so many, or so much. Touches no file."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from models.objective import Direction
from models.spec.byte_sizes import size_words
from search.front import Aims, Standing, ranked


@dataclass(frozen=True, slots=True)
class Keep:
    """What may stay on disk: bundles of the `trials` best, `disk_bytes` of them; None is no limit."""

    trials: int | None = None
    disk_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of an ended trial. objective: None for one that has no place on the leaderboard.

    standing: in a study with several objectives.
    """

    number: int
    objective: float | None
    size_bytes: int
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Surplus:
    """A trial whose files are to go, and why, in words for whoever looks for them later."""

    number: int
    why: str


def ordered(bundles: Sequence[Kept], direction: Direction, aims: Aims = ()) -> list[Kept]:
    """As on the leaderboard: best first, ties to the earlier trial, then those without an objective; with several
    objectives rank by rank, the front first."""
    sign = -1.0 if direction is Direction.MAXIMIZE else 1.0
    best_first = sorted(bundles, key=lambda b: (b.objective is None, sign * (b.objective or 0.0), b.number))
    if not aims:
        return best_first
    rank = ranked([b.standing for b in bundles if b.standing is not None], aims)
    return sorted(best_first, key=lambda b: rank.get(b.number, math.inf))


def surplus(
    bundles: Sequence[Kept], direction: Direction, *, keep: Keep, spared: Collection[int], aims: Aims = ()
) -> tuple[Surplus, ...]:
    """What is to be deleted among `bundles`, worst first, so that `keep` holds as far as it can.

    aims: of a study with several objectives; `direction` is that of the first.
    The best trial and those `spared` stay, and count: they take their places, and their bytes.
    """
    order = ordered(bundles, direction, aims)
    total = sum(b.size_bytes for b in order)
    found = []
    for place, bundle in reversed(list(enumerate(order, start=1))):
        why = _why(place, total, keep)
        if why is None:
            break
        if place > 1 and bundle.number not in spared:
            found.append(Surplus(bundle.number, why))
            total -= bundle.size_bytes
    return tuple(found)


def _why(place: int, total_bytes: int, keep: Keep) -> str | None:
    """Why the trial at `place` cannot stay with all better ones, `total_bytes` in all; None if it can."""
    if keep.trials is not None and place > keep.trials:
        return f"`keep` holds the files of {keep.trials} trial{'s' if keep.trials > 1 else ''}, it was in place {place}"
    if keep.disk_bytes is not None and total_bytes > keep.disk_bytes:
        return f"`keep` holds {size_words(keep.disk_bytes)}, and it was in place {place}"
    return None

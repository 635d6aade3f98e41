"""The arithmetic that domains share: ends, the unit interval, and how many points a grid takes."""

import math

from spaces.problems import Value
from spaces.values import is_number, spell

MOST_INT = 1 << 40
"""Whole numbers are at most this far from 0: beyond it, `encode` could not tell neighbours apart."""

MOST_GRID = 10_000
"""A domain with more values than this is listed for a grid only when thinned to fewer points."""

NEARLY = 1e-6
"""What is off by so small a part of a step is on it: ends and steps are seldom exact."""


class DomainError(ValueError):
    """A domain that cannot be, or a value that is not in it: what is wrong and how to mend it."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"{problem}; {mend}")
        self.problem = problem
        self.mend = mend


def check_ends(low: float, high: float, *, log: bool, step: float | None) -> None:
    """Raises: DomainError unless `low` to `high` is a range that `step` fits into."""
    if not (is_number(low) and is_number(high)) or math.isinf(float(high) - float(low)):
        raise DomainError(f"{spell(low)} to {spell(high)} is no range", "give two finite numbers")
    if low > high:
        mend = "make low smaller than high, or write `choice: [...]` for fixed values"
        raise DomainError(f"low is {spell(low)} but high is {spell(high)}", mend)
    if step is None:
        return
    if log:
        raise DomainError("`log` and `step` exclude each other", "leave one of them out")
    if not is_number(step) or step <= 0:
        raise DomainError(f"step is {spell(step)}", "give a step above 0")
    if step > (high - low) * (1 + NEARLY):
        mend = "make the step smaller, or give the value itself"
        raise DomainError(f"step is {spell(step)}, wider than {spell(low)} to {spell(high)}", mend)


def unit(u: float) -> float:
    """`u` clipped to [0, 1]. Raises: DomainError for NaN."""
    if math.isnan(u):
        raise DomainError("NaN is no place in a domain", "give a number from 0 to 1")
    return min(max(float(u), 0.0), 1.0)


def bucket(u: float, count: int) -> int:
    """Which of `count` equal parts of [0, 1] holds `u`, from 0."""
    return min(int(unit(u) * count), count - 1)


def grid_size(domain: object, cardinality: int | None, points: int | None) -> int:
    """How many values of a range a grid takes. Raises: DomainError, see `Domain.grid`."""
    if points is None and cardinality is None:
        raise DomainError(f"{domain} has no end of values", "give a step, or say how many grid points to take")
    count = min(n for n in (points, cardinality) if n is not None)
    if count < 1:
        raise DomainError(f"{points} grid points are too few", "take 1 or more")
    if count > MOST_GRID:
        raise DomainError(f"{domain} gives {count} values, too many for a grid", f"take at most {MOST_GRID} points")
    return count


def outside(value: Value, domain: object) -> DomainError:
    """What to raise for a value that is not in `domain`."""
    return DomainError(f"{spell(value)} is not in {domain}", "give one of its values")

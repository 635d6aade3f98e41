"""What a sampler learns from an outcome. Knows no sampler."""

import math
from dataclasses import dataclass
from enum import Enum

from search.front import Aims, values_of
from search.history import PastTrial
from search.study import Cause, Outcome, TrialState


class Kind(Enum):
    """VALUE: a full result. CUT: the best of a pruned trial. BAD: to be avoided. NOTHING: says nothing."""

    VALUE = "value"
    CUT = "cut"
    BAD = "bad"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Lesson:
    """`value` is a finite number for VALUE and CUT, and 0 otherwise; `epochs` is at least 1.

    further: the values of the objectives after the first; empty for one objective.
    """

    kind: Kind
    value: float = 0.0
    epochs: int = 1
    further: tuple[float, ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        return (self.value, *self.further)


_ALWAYS_BAD = (Cause.INFEASIBLE, Cause.OUT_OF_MEMORY, Cause.OVER_TIME)


def past_lesson(trial: PastTrial) -> Lesson:
    """The lesson of a trial of an earlier search."""
    return Lesson(Kind.CUT if trial.cut else Kind.VALUE, trial.objective, max(1, trial.epochs))


def lesson(outcome: Outcome, aims: Aims = ()) -> Lesson:
    """The lesson of `outcome`; `aims` are those of a study with several objectives.

    Infeasible, out of memory and over time are bad whatever their objective is, and so is an objective that
    is not finite. A lost worker, an error, or a trial that the budget ended before its first epoch says
    nothing about its configuration, and neither does one of whose several objectives one is not known.
    """
    if outcome.cause in _ALWAYS_BAD:
        return Lesson(Kind.BAD)
    value = outcome.objective
    if value is not None and not math.isfinite(value):
        return Lesson(Kind.BAD)
    if outcome.cause is Cause.NAN and value is None:
        return Lesson(Kind.BAD)
    if value is None or outcome.state is TrialState.FAILED:
        return Lesson(Kind.NOTHING)
    kind = Kind.VALUE if outcome.state is TrialState.COMPLETE else Kind.CUT
    if not aims:
        return Lesson(kind, float(value), max(1, outcome.epochs))
    values = values_of(outcome, aims)
    return Lesson(Kind.NOTHING) if values is None else Lesson(kind, values[0], max(1, outcome.epochs), values[1:])

"""A trial as the oracle knows it, and what it is told of one. Plain values; knows no process."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.objective import Direction
from search.drivers.keras_tuner.hyperparameters import Inside
from search.drivers.lessons import Kind, lesson
from search.study import Curve, Outcome

RUNNING, COMPLETED, FAILED = "RUNNING", "COMPLETED", "FAILED"
ANSWERED = "answered"
"""Key of a suggestion's state: the trials that had ended when Hyperband promoted them, since the suggestion before."""

POINT = "point"
"""Key of a suggestion's state: all that a grid suggested, of which the user's code may use a part."""


@dataclass(frozen=True, slots=True)
class Row:
    """A trial of the oracle: a round of trial `number`, from 0. is_bad: it counts as the worst of all."""

    number: int
    round: int
    values: Mapping[str, Inside]
    status: str = RUNNING
    score: float | None = None
    epoch: int = 0
    is_bad: bool = False

    def plain(self, worst: float | None) -> dict[str, Any]:
        """As the oracle's process is told."""
        told = {"number": self.number, "round": self.round, "values": dict(self.values), "epoch": self.epoch}
        if not self.is_bad:
            return told | {"status": self.status, "score": self.score}
        return told | {"status": FAILED if worst is None else COMPLETED, "score": worst}

    def rested(self, values: Sequence[float], direction: Direction) -> "Row":
        """The row of a trial that rests after the last of `values`."""
        best = Curve(self.number, tuple(values)).best(direction)
        if not math.isfinite(best):
            return replace(self, status=FAILED, score=None, is_bad=True, epoch=len(values))
        return replace(self, status=COMPLETED, score=best, epoch=len(values), is_bad=False)

    def told(self, outcome: Outcome, *, in_rounds: bool) -> "Row":
        """The row of a trial that has ended. In rounds, which wait for their sizes, what failed counts as the worst."""
        known = lesson(outcome)
        if known.kind in (Kind.VALUE, Kind.CUT):
            return replace(self, status=COMPLETED, score=known.value, epoch=known.epochs, is_bad=False)
        is_bad = known.kind is Kind.BAD or in_rounds
        return replace(self, status=FAILED, score=None, epoch=known.epochs, is_bad=is_bad)


def worst_score(rows: Sequence[Row], direction: Direction) -> float | None:
    """The worst score that a trial has; None where none has one."""
    scores = [row.score for row in rows if row.score is not None]
    if not scores:
        return None
    return min(scores) if direction is Direction.MAXIMIZE else max(scores)


def answers(state: Mapping[str, object]) -> list[tuple[int, int]]:
    """The trials and rounds that the state of a suggestion holds; none in that of another driver."""
    found = state.get(ANSWERED)
    return [(int(number), int(round_)) for number, round_ in found] if isinstance(found, list) else []

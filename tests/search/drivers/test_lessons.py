"""What samplers learn from outcomes."""

import math

import pytest

from search.drivers.lessons import Kind, Lesson, lesson
from search.study import Cause, Outcome, TrialState

COMPLETE, PRUNED, FAILED = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED


@pytest.mark.parametrize(
    ("state", "cause", "objective", "kind"),
    [
        (COMPLETE, Cause.FINISHED, 0.5, Kind.VALUE),
        (COMPLETE, Cause.EARLY_STOPPED, 0.5, Kind.VALUE),
        (COMPLETE, Cause.TARGET, 0.5, Kind.VALUE),
        (PRUNED, Cause.PRUNED, 0.5, Kind.CUT),
        (PRUNED, Cause.BUDGET, 0.5, Kind.CUT),
        (PRUNED, Cause.NAN, 0.5, Kind.CUT),
        (PRUNED, Cause.BUDGET, None, Kind.NOTHING),
        (PRUNED, Cause.NAN, None, Kind.BAD),
        (PRUNED, Cause.INFEASIBLE, None, Kind.BAD),
        (PRUNED, Cause.OUT_OF_MEMORY, 0.5, Kind.BAD),
        (PRUNED, Cause.OVER_TIME, 0.5, Kind.BAD),
        (FAILED, Cause.ERROR, 0.5, Kind.NOTHING),
        (FAILED, Cause.LOST, None, Kind.NOTHING),
        (COMPLETE, Cause.FINISHED, math.nan, Kind.BAD),
        (COMPLETE, Cause.FINISHED, math.inf, Kind.BAD),
        (COMPLETE, Cause.FINISHED, -math.inf, Kind.BAD),
    ],
)
def test_each_ending_teaches_its_lesson(state: TrialState, cause: Cause, objective: float | None, kind: Kind) -> None:
    assert lesson(Outcome(state, cause, objective=objective)).kind is kind


def test_a_pruned_trial_teaches_its_best_and_how_far_it_came() -> None:
    outcome = Outcome(PRUNED, Cause.PRUNED, objective=0.5, epochs=3)
    assert lesson(outcome) == Lesson(Kind.CUT, 0.5, 3)

"""When a study has enough, as a function of the trials that have ended."""

import pytest

from models.objective import Direction
from search.goals import Goals
from search.stopping import Stopping
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE


def done(value, state=TrialState.COMPLETE, cause=Cause.FINISHED):
    return Outcome(state, cause, objective=value, best_epoch=1, epochs=1)


def after(values, goals, direction=UP):
    stopping = Stopping(goals, direction)
    for number, value in enumerate(values):
        stopping.ended(number, value if isinstance(value, Outcome) else done(value))
    return stopping


def test_without_goals_a_study_never_has_enough():
    stopping = after([0.9] * 50, Goals())
    assert stopping.no_new_trial is None
    assert stopping.no_further_epoch is None


def test_patience_counts_trials_without_a_better_one():
    goals = Goals(patience_trials=3)
    assert after([0.5, 0.9, 0.8, 0.9], goals).no_new_trial is None
    assert after([0.5, 0.9, 0.8, 0.9, 0.1], goals).no_new_trial == (
        "3 trials in a row brought nothing better than 0.9 of trial 1"
    )
    assert after([0.5, 0.9, 0.8, 0.9, 0.1, 0.95], goals).no_new_trial is None


def test_patience_follows_the_direction():
    assert after([0.5, 0.4, 0.3], Goals(patience_trials=2), DOWN).no_new_trial is None
    assert after([0.5, 0.4, 0.3], Goals(patience_trials=2), UP).no_new_trial is not None


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (done(0.1, TrialState.PRUNED, Cause.PRUNED), True),
        (done(None, TrialState.FAILED, Cause.ERROR), True),
        (done(None, TrialState.PRUNED, Cause.OUT_OF_MEMORY), True),
        (done(None, TrialState.PRUNED, Cause.INFEASIBLE), False),
        (done(None, TrialState.PRUNED, Cause.DUPLICATE), False),
        (done(0.1, TrialState.PRUNED, Cause.BUDGET), False),
    ],
)
def test_patience_counts_what_was_tried(outcome, counts):
    assert (after([0.5, outcome], Goals(patience_trials=1)).no_new_trial is not None) == counts


def test_restored_trials_count_in_the_order_of_their_ends():
    def trial(number, value, ended):
        return RecordedTrial(Suggestion(number, {}, 1), (value,), done(value), ended=ended)

    late, early = ([trial(0, 0.9, last), trial(1, 0.5, 0), trial(2, 0.4, 1)] for last in (2, -1))
    assert Stopping(Goals(patience_trials=2), UP, late).no_new_trial is None
    assert Stopping(Goals(patience_trials=2), UP, early).no_new_trial is not None


@pytest.mark.parametrize(("value", "is_met"), [(0.98, True), (0.9799999, True), (0.99, True), (0.979, False)])
def test_a_target_is_met_by_what_is_equal_in_single_precision(value, is_met):
    assert Stopping(Goals(target=0.98), UP).meets_target(value) == is_met


def test_a_target_may_be_small():
    stopping = Stopping(Goals(target=0.1), DOWN)
    assert stopping.meets_target(0.05)
    assert not stopping.meets_target(0.2)
    assert not stopping.meets_target(float("nan"))


def test_a_running_trial_that_stands_at_the_target_ends_the_study():
    stopping = after([0.5], Goals(target=0.9))
    assert stopping.no_further_epoch is None
    stopping.stands(3, 0.91)
    assert stopping.no_further_epoch == "the target 0.9 is reached: trial 3 has 0.91"


def test_a_small_expected_gain_is_told_with_what_it_is_of():
    stopping = after([0.5] * 15, Goals(expected_gain_below=0.001))
    assert stopping.no_new_trial == (
        "the next trial is expected to gain 0 over 0.5 of trial 0, less than 0.001 (by the last 15 trials)"
    )
    assert after([0.5] * 14, Goals(expected_gain_below=0.001)).no_new_trial is None
    assert after([i / 15 for i in range(15)], Goals(expected_gain_below=0.001)).no_new_trial is None

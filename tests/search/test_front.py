"""Non-dominated sorting, and the front of a running study."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.objective import Aim, Direction
from search.front import FRONT, Front, Standing, dominates, front_of, ranked, ranks, values_of
from search.study import Cause, Outcome, TrialState

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
AIMS = (Aim("val_accuracy", UP), Aim("params", DOWN))
LEVELS = st.integers(0, 4).map(float)
"""Few, so that ties are frequent."""


def outcome(accuracy, params=None, state=TrialState.COMPLETE):
    metrics = {} if params is None else {"params": params}
    return Outcome(state, Cause.FINISHED, objective=accuracy, metrics=metrics)


def counted(values, aims):
    """The rank of each by the definition: one more than the longest chain of those above it."""
    above = [[b for b in range(len(values)) if dominates(values[b], values[a], aims)] for a in range(len(values))]
    found = {}

    def rank(place):
        if place not in found:
            found[place] = 1 + max((rank(other) for other in above[place]), default=0)
        return found[place]

    return [rank(place) for place in range(len(values))]


@st.composite
def problems(draw):
    aims = draw(st.lists(st.sampled_from([UP, DOWN]), min_size=2, max_size=4))
    row = st.tuples(*[LEVELS] * len(aims))
    return [Aim(f"aim {i}", direction) for i, direction in enumerate(aims)], draw(st.lists(row, max_size=25))


@given(problems())
def test_ranks_are_those_of_the_definition(problem):
    aims, values = problem
    assert ranks(values, aims) == counted(values, aims)


@given(problems())
def test_the_front_that_is_kept_up_to_date_is_that_of_all_trials(problem):
    aims, values = problem
    front, ended = Front(aims), {}
    for number, row in enumerate(values):
        metrics = {aim.name: value for aim, value in zip(aims, row, strict=True)}
        ended[number] = Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=row[0], metrics=metrics)
        before = set(front.values.values())
        is_new = front.ended(number, ended[number])
        assert is_new == (set(front.values.values()) != before)
    assert set(front) == front_of(ended.items(), aims)
    assert len(front) == ranks(values, aims).count(FRONT)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0.9, 10.0), (0.8, 10.0), True),
        ((0.9, 10.0), (0.9, 11.0), True),
        ((0.9, 10.0), (0.9, 10.0), False),
        ((0.9, 11.0), (0.8, 10.0), False),
    ],
)
def test_a_trial_dominates_another_that_is_nowhere_better(a, b, expected):
    assert dominates(a, b, AIMS) is expected
    assert not dominates(b, a, AIMS)


@pytest.mark.parametrize("ended", [outcome(None, 5.0), outcome(0.9), outcome(0.9, math.nan), outcome(math.inf, 5.0)])
def test_a_trial_without_a_finite_value_for_every_objective_has_none(ended):
    assert values_of(ended, AIMS) is None


def test_a_pruned_trial_is_not_on_the_front_however_small_it_is():
    ended = [outcome(0.9, 100.0), outcome(0.5, 1.0, TrialState.PRUNED), outcome(0.4, 200.0)]
    assert ranked([Standing.of(n, o, AIMS) for n, o in enumerate(ended)], AIMS) == {0: 1, 1: 2, 2: 3}


def test_pruned_trials_are_the_front_when_none_is_complete():
    ended = [outcome(0.9, 100.0, TrialState.PRUNED), outcome(0.5, 1.0, TrialState.PRUNED), outcome(0.5)]
    assert front_of(enumerate(ended), AIMS) == {0, 1}


def test_the_front_goes_from_the_best_first_objective_to_the_worst():
    front = Front(AIMS)
    for number, ended in enumerate([outcome(0.5, 1.0), outcome(0.9, 100.0), outcome(0.7, 10.0), outcome(0.6, 20.0)]):
        front.ended(number, ended)
    assert list(front) == [1, 2, 0]
    assert len(front) == 3

"""The expected gain of the next trial, against what the next draw really adds."""

import math

import numpy as np
import pytest

from models.objective import Direction
from search.expected_gain import FEWEST, WINDOW, expected_gain

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE


def ratio(draw):
    """Mean estimate after `WINDOW` draws over the mean of what one more draw adds, over many studies."""
    rng = np.random.default_rng(0)
    draws = draw(rng, (4000, WINDOW + 1))
    bests = draws[:, :WINDOW].max(axis=1)
    told = [expected_gain(list(row), best, UP) for row, best in zip(draws[:, :WINDOW], bests, strict=True)]
    # what one draw adds, by the exchangeability of draws: a spacing over their number, whatever the distribution
    ordered = np.sort(draws, axis=1)
    added = (ordered[:, -1] - ordered[:, -2]).mean() / (WINDOW + 1)
    return np.mean(told) / added


def test_for_an_exponential_tail_the_mean_estimate_is_what_the_next_draw_adds():
    assert ratio(lambda rng, size: rng.exponential(size=size)) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_a_shorter_tail_is_overestimated_so_that_no_study_ends_too_early(name):
    assert 1.0 < ratio(lambda rng, size: getattr(rng, name)(size=size)) < 6.0


def test_what_is_small_in_one_direction_is_small_in_the_other():
    values = list(np.random.default_rng(1).normal(size=WINDOW))
    up = expected_gain(values, max(values), UP)
    down = expected_gain([-v for v in values], -max(values), DOWN)
    assert up == pytest.approx(down)


def test_the_gain_is_the_mean_excess_over_the_seventh_best_by_the_number_of_draws():
    values = [float(v) for v in range(WINDOW)]  # the best six lie above 23, by 3.5 on the mean
    assert expected_gain(values, 29.0, UP) == pytest.approx(3.5 / (WINDOW + 1))
    assert expected_gain(values, 31.0, UP) == pytest.approx(3.5 / (WINDOW + 1) * math.exp(-2 / 3.5))


def test_an_older_best_far_above_the_last_trials_leaves_little_to_gain():
    values = list(np.random.default_rng(1).normal(size=WINDOW))
    assert expected_gain(values, max(values) + 5, UP) < 0.01 * expected_gain(values, max(values), UP)


def test_only_the_last_trials_count():
    values = list(np.random.default_rng(1).normal(size=WINDOW))
    assert expected_gain([-100.0] * 50 + values, 3.0, UP) == expected_gain(values, 3.0, UP)


def test_under_so_many_trials_nothing_is_said():
    values = list(np.random.default_rng(1).normal(size=FEWEST))
    assert expected_gain(values[1:], max(values), UP) is None
    assert expected_gain(values, max(values), UP) is not None


def test_a_trial_without_an_objective_is_a_draw_that_gains_nothing():
    values = [float(v) for v in range(WINDOW)]
    poor = [None, math.nan, *values[2:]]
    assert expected_gain(poor, 29.0, UP) == expected_gain(values, 29.0, UP)
    assert expected_gain([None] * (WINDOW - 1) + [1.0], 1.0, UP) is None


def test_trials_all_alike_promise_nothing():
    assert expected_gain([0.5] * WINDOW, 0.5, UP) == 0.0

"""Mean and spread of repeats, their order, and what may be said of the first two."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.objective import Direction
from search.confirmed import Finalist, dropped, finalists, sentences, table, to_json, verdict
from search.leaderboard import best_so_far, rank
from search.study import Cause, Outcome, RecordedTrial, Repeat, Suggestion, TrialState

UP = Direction.MAXIMIZE


def trial(number, objective, *, repeat=None, cause=Cause.FINISHED, state=TrialState.COMPLETE):
    outcome = Outcome(state, cause, "" if objective is not None else "the objective is NaN", objective, 1, 4, 2.0)
    source = "" if repeat is None else f"repeat of trial {repeat.of}"
    return RecordedTrial(Suggestion(number, {"x": number}, 4, source=source, repeat=repeat), (0.5,), outcome)


def repeats(of, *objectives, begin):
    return [trial(begin + r, value, repeat=Repeat(of, r, 100 + r)) for r, value in enumerate(objectives, start=1)]


def study(first, second):
    """Two trials and their repeats; the first trial was the better one in the search."""
    return [trial(0, 0.9), trial(1, 0.8), *repeats(0, *first, begin=9), *repeats(1, *second, begin=19)]


values = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=8)


@given(values)
def test_mean_and_spread_are_those_of_the_sample(objectives):
    one = Finalist(3, 0.5, dict(enumerate(objectives)))
    assert one.seeds == len(objectives)
    assert one.mean == pytest.approx(np.mean(objectives), rel=1e-9, abs=1e-9)
    if len(objectives) == 1:
        assert one.std is None
    else:
        assert one.std == pytest.approx(np.std(objectives, ddof=1), rel=1e-6, abs=1e-6)


@given(st.lists(values, min_size=1, max_size=6), st.sampled_from(list(Direction)))
def test_finalists_are_ranked_by_mean_and_the_study_is_led_by_the_first(found, direction):
    trials = [trial(n, float(n)) for n in range(len(found) + 2)]
    for n, objectives in enumerate(found):
        trials += repeats(n, *objectives, begin=100 * (n + 1))
    ordered = finalists(trials, direction)
    assert {one.number for one in ordered} == set(range(len(found)))
    assert not any(direction.better(b.mean, a.mean) for a, b in itertools.pairwise(ordered))
    rows = rank(trials, direction)
    assert [row.number for row in rows[: len(found)]] == [one.number for one in ordered]
    assert sorted(row.number for row in rows) == sorted(t.number for t in trials)


def test_the_objective_for_which_a_trial_was_chosen_is_not_part_of_its_mean():
    (one,) = finalists([trial(0, 0.99), *repeats(0, 0.5, 0.7, begin=1)], UP)
    assert (one.first, one.mean) == (0.99, 0.6)


def test_a_repeat_that_the_end_of_the_study_cut_does_not_count():
    cut = trial(3, 0.1, repeat=Repeat(0, 2, 7), cause=Cause.BUDGET, state=TrialState.PRUNED)
    (one,) = finalists([trial(0, 0.9), *repeats(0, 0.8, begin=1), cut], UP)
    assert (one.values, one.lost) == ({1: 0.8}, ())


def test_repeats_that_failed_are_said_beside_the_mean_of_the_others():
    (one,) = finalists([trial(0, 0.9), *repeats(0, 0.8, None, begin=1)], UP)
    assert one.text == "0.8000 (1 seed)"
    assert sentences([one], UP, p_threshold=0.1) == [
        "no objective of a repeat of trial 0: trial 3: the objective is NaN"
    ]
    assert to_json([one], UP)["finalists"][0]["failed_repeats"] == 1


def test_a_configuration_of_which_every_repeat_failed_is_not_confirmed():
    assert finalists([trial(0, 0.9), *repeats(0, None, begin=1)], UP) == ()


def test_the_better_mean_leads_though_the_search_had_said_otherwise():
    trials = study([0.70, 0.71, 0.72], [0.80, 0.81, 0.82])
    assert [row.number for row in rank(trials, UP)][:2] == [1, 0]
    assert rank(trials, UP)[0].flat()["mean"] == pytest.approx(0.81)
    assert verdict(finalists(trials, UP), UP).startswith(
        "trial 1 is better than trial 0: over 3 seeds they differ by 0.1"
    )


def test_two_that_differ_by_less_than_two_standard_errors_cannot_be_told_apart():
    said = verdict(finalists(study([0.80, 0.70, 0.90], [0.78, 0.75, 0.86]), UP), UP)
    assert said == (
        "trials 0 and 1 cannot be told apart: over 3 seeds they differ by 0.0033, with a standard error of 0.027"
    )


def test_with_one_seed_nothing_can_be_told_apart():
    said = verdict(finalists(study([0.9], [0.1]), UP), UP)
    assert said == "trials 0 and 1 cannot be told apart: it takes two seeds at least that both have"


def test_a_mean_that_leads_only_by_seeds_that_the_other_has_not_is_not_better():
    found = [Finalist(0, 0.9, {1: 0.5, 2: 0.5, 3: 0.9}), Finalist(1, 0.8, {1: 0.6, 2: 0.6})]
    assert found[0].mean > found[1].mean
    assert "cannot be told apart" in verdict(found, UP)


def test_of_one_finalist_nothing_is_said():
    assert verdict(finalists([trial(0, 0.9), *repeats(0, 0.8, begin=1)], UP), UP) == ""


def test_who_got_no_further_seeds_is_said_with_the_test():
    found = finalists(study([0.9, 0.91, 0.92, 0.93, 0.94], [0.7, 0.71, 0.72, 0.73]), UP)
    assert dropped(found, UP, p_threshold=0.1).keys() == {1}
    assert sentences(found, UP, p_threshold=0.1)[1] == (
        "trial 1 got no further seeds: worse than trial 0 by the paired Wilcoxon test over 4 seeds (p = 0.062)"
    )
    assert dropped(found, UP, p_threshold=0.0) == {}


def test_the_table_has_a_line_for_each_finalist():
    lines = table(finalists(study([0.7, 0.72], [0.8]), UP))
    assert lines[1:] == [
        ("1", "0.8000", "1", "0.8000", "0.8000", "0.8000"),
        ("0", "0.7100 ± 0.0141", "2", "0.7000", "0.7200", "0.9000"),
    ]


def test_a_repeat_has_a_row_of_its_own_and_is_no_step_of_the_search():
    trials = study([0.95, 0.96], [0.7])
    rows = {row.number: row for row in rank(trials, UP)}
    assert rows[10].reason == "repeat of trial 0; finished"
    assert (rows[10].flat()["repeats"], "mean" in rows[10].flat()) == (0, False)
    assert best_so_far(trials, UP) == ((0, 0.9), (1, 0.9))


def test_no_mean_is_nan():
    assert math.isnan(Finalist(0, 0.5).mean)

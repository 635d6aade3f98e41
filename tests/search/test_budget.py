from dataclasses import replace

import pytest

from search.budget import Budget, Spent, no_new_trial, share_used, used_up

SOME = Budget(trials=3, seconds=90.0, epochs=10)


def test_nothing_is_used_up_at_the_beginning():
    assert no_new_trial(SOME, Spent(), in_flight=0) is None


def test_a_study_without_bounds_is_never_used_up():
    assert no_new_trial(Budget(), Spent(10**6, 1e9, 10**9), in_flight=5) is None


@pytest.mark.parametrize(
    ("spent", "sentence"),
    [
        (Spent(trials=3), "all 3 trials are used"),
        (Spent(epochs=10), "all 10 epochs are used"),
        (Spent(seconds=90.0), "the time of 1 min 30 s is used"),
    ],
)
def test_the_first_bound_that_is_reached_ends_the_study_and_is_named(spent, sentence):
    assert no_new_trial(SOME, spent, in_flight=0) == sentence


@pytest.mark.parametrize(
    ("spent", "sentence"),
    [
        (Spent(trials=3), "all 3 trials for the search are used"),
        (Spent(epochs=10), "all 10 epochs for the search are used"),
        (Spent(seconds=90.0), "the time of 1 min 30 s for the search is used"),
    ],
)
def test_a_budget_that_is_a_part_says_for_what(spent, sentence):
    assert no_new_trial(replace(SOME, purpose=" for the search"), spent, in_flight=0) == sentence


def test_epochs_in_flight_count_as_spent_so_that_workers_never_overshoot():
    assert used_up(SOME, Spent(epochs=8), in_flight=1) is None
    assert used_up(SOME, Spent(epochs=8), in_flight=2) == "all 10 epochs are used"


def test_used_trials_do_not_stop_the_epochs_of_running_ones():
    assert used_up(SOME, Spent(trials=3), in_flight=0) is None


def test_the_share_used_is_that_of_the_scarcest_money():
    assert share_used(SOME, Spent(trials=1, seconds=9.0, epochs=5)) == 0.5
    assert share_used(Budget(), Spent(trials=7)) == 0.0
    assert share_used(SOME, Spent(trials=9)) == 1.0

import math

import pytest

from models.objective import Direction, Objective

MAX, MIN = Direction.MAXIMIZE, Direction.MINIMIZE


def rows(*values):
    return [{"m": value} for value in values]


@pytest.mark.parametrize(("direction", "value", "epoch"), [(MAX, 0.9, 2), (MIN, 0.1, 1)])
def test_the_best_epoch_is_that_of_the_stated_direction(direction, value, epoch):
    assert Objective("m", direction).read(rows(0.1, 0.9, 0.5)) == (value, epoch)


def test_of_equal_epochs_the_first_is_the_best():
    assert Objective("m", MAX).read(rows(0.5, 0.9, 0.9)) == (0.9, 2)


def test_the_last_epoch_counts_when_asked_for():
    assert Objective("m", MAX, at="last").read(rows(0.9, 0.5)) == (0.5, 2)


def test_the_mean_of_the_last_epochs_is_dated_at_the_last():
    assert Objective("m", MAX, at="mean", last_k=2).read(rows(0.9, 0.4, 0.6)) == (0.5, 3)
    assert Objective("m", MAX, at="mean", last_k=5).read(rows(0.4, 0.6)) == (0.5, 2)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("direction", [MAX, MIN])
def test_a_value_that_is_not_a_number_is_never_the_best(direction, bad):
    assert Objective("m", direction).read(rows(bad, 0.5, bad)) == (0.5, 2)


@pytest.mark.parametrize("history", [[], rows(math.nan), rows(math.inf, math.nan)])
def test_without_a_number_there_is_no_best_epoch(history):
    value, epoch = Objective("m", MAX).read(history)
    assert math.isnan(value)
    assert epoch == 0


def test_nan_is_worse_than_everything():
    assert MAX.better(0.0, math.nan)
    assert not MAX.better(math.nan, 0.0)
    assert not MIN.better(math.nan, math.nan)

"""Which trials lose their files, worst first."""

import pytest

from models.objective import Aim, Direction
from search.front import Standing
from search.keep import Keep, Kept, surplus

MAX, MIN = Direction.MAXIMIZE, Direction.MINIMIZE


def bundles(*objectives: float | None, size_bytes: int = 10**6) -> list[Kept]:
    return [Kept(number, objective, size_bytes) for number, objective in enumerate(objectives)]


def gone(kept: list[Kept], keep: Keep, direction: Direction = MAX, spared: set[int] | None = None) -> list[int]:
    return [one.number for one in surplus(kept, direction, keep=keep, spared=spared or set())]


def test_without_limits_everything_stays() -> None:
    assert gone(bundles(0.1, 0.2, None), Keep()) == []


@pytest.mark.parametrize(("direction", "numbers"), [(MAX, [0, 3]), (MIN, [2, 1])])
def test_beyond_so_many_trials_the_worst_go_first(direction: Direction, numbers: list[int]) -> None:
    assert gone(bundles(0.1, 0.3, 0.4, 0.2), Keep(trials=2), direction) == numbers


def test_of_equal_trials_the_earlier_stays() -> None:
    assert gone(bundles(0.5, 0.5, 0.5), Keep(trials=1)) == [2, 1]


def test_trials_without_an_objective_go_before_all_others() -> None:
    assert gone(bundles(None, 0.1, None, 0.2), Keep(trials=2)) == [2, 0]


def test_beyond_so_much_disk_the_worst_go_until_the_rest_fits() -> None:
    kept = [Kept(0, 0.9, 30), Kept(1, 0.1, 10), Kept(2, 0.5, 40), Kept(3, 0.3, 30)]
    assert gone(kept, Keep(disk_bytes=110)) == []
    assert gone(kept, Keep(disk_bytes=109)) == [1]
    assert gone(kept, Keep(disk_bytes=71)) == [1, 3]


def test_the_best_stays_also_where_nothing_fits() -> None:
    assert gone(bundles(0.2, 0.9, 0.1), Keep(disk_bytes=1)) == [2, 0]


def test_the_spared_stay_and_take_their_places_and_their_bytes() -> None:
    kept = bundles(0.1, 0.2, 0.3, 0.4, size_bytes=10)
    assert gone(kept, Keep(trials=2), spared={0}) == [1]
    assert gone(kept, Keep(disk_bytes=20), spared={0}) == [1, 2]


def test_both_limits_hold_together() -> None:
    kept = bundles(0.1, 0.2, 0.3, 0.4, size_bytes=10)
    assert gone(kept, Keep(trials=3, disk_bytes=20)) == [0, 1]


def test_every_trial_that_goes_is_told_why() -> None:
    by_rank, by_disk = (
        surplus(bundles(0.1, 0.2), MAX, keep=keep, spared=()) for keep in (Keep(trials=1), Keep(disk_bytes=10**6))
    )
    assert by_rank[0].why == "`keep` holds the files of 1 trial, it was in place 2"
    assert by_disk[0].why == "`keep` holds 1 MB, and it was in place 2"


def test_the_front_is_kept_before_better_trials_that_are_dominated():
    aims = (Aim("val_accuracy", MAX), Aim("params", Direction.MINIMIZE))
    values = [(0.9, 50.0), (0.8, 90.0), (0.5, 5.0), (0.85, 60.0)]
    kept = [Kept(n, value[0], 10, Standing(n, value, is_complete=True)) for n, value in enumerate(values)]
    kept.append(Kept(4, 0.95, 10, Standing(4, None, is_complete=False)))
    gone = surplus(kept, MAX, keep=Keep(trials=2), spared=(), aims=aims)
    assert [one.number for one in gone] == [4, 1, 3]

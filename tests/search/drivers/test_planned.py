"""Searches that learn nothing."""

import json

import numpy as np
import pytest

from models.objective import Direction
from search.drivers import planned
from search.drivers.setup import DriverError, DriverSetup
from search.study import Params, RecordedTrial
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.grid import grid
from spaces.space import Dimension, Space, SpaceError

KINDS = Dimension("kind", Categories(("a", "b")))
SPACE = Space(
    (
        KINDS,
        Dimension("depth", IntRange(1, 3), when=parse("kind == 'b'", names={"kind", "depth"})),
        Dimension("wide", Categories((True, False))),
    )
)
GUESSED = Space((Dimension("kind", Categories(("a", "b")), default="b"), Dimension("size", IntRange(1, 3))))


def setup_of(space: Space, sampler: str, *, seed: int = 0, points: int | None = None) -> DriverSetup:
    return DriverSetup(space, sampler, Direction.MAXIMIZE, max_epochs=5, seed=seed, grid_points=points)


def everything(space: Space, **options: int) -> list[Params]:
    driver = planned.grid_driver(setup_of(space, "grid", **options))
    return [s.params for n in range(100) if (s := driver.ask(n)) is not None]


def keys(params: list[Params]) -> list[str]:
    return sorted(json.dumps(dict(p), sort_keys=True) for p in params)


def test_a_grid_has_every_active_combination_once() -> None:
    assert keys(everything(SPACE)) == keys(list(grid(SPACE, points=None)))
    assert len(everything(SPACE)) == 8


def test_a_grid_is_shuffled_by_the_seed() -> None:
    assert everything(SPACE, seed=0) == everything(SPACE, seed=0)
    assert everything(SPACE, seed=0) != everything(SPACE, seed=1)
    assert everything(SPACE, seed=0) != list(grid(SPACE, points=None))


@pytest.mark.parametrize("space", [SPACE, GUESSED])
def test_a_grid_goes_on_where_it_was_though_repeats_have_taken_numbers(space: Space) -> None:
    first, again = (planned.grid_driver(setup_of(space, "grid")) for _ in range(2))
    first.restore([])
    asked = [first.ask(n) for n in range(3)]
    again.restore([RecordedTrial(s, (), None) for s in asked if s is not None])
    later = [again.ask(n) for n in range(9, 20)]
    tried = [s.params for s in (*asked, *later) if s is not None]
    assert tried == everything(space)
    assert [s.number for s in later if s is not None] == list(range(9, 9 + len(tried) - 3))


def test_a_first_guess_of_the_grid_is_not_repeated() -> None:
    tried = everything(GUESSED)
    assert tried[0] == GUESSED.first_guess()
    assert len(set(keys(tried))) == len(tried) == 6


def test_a_first_guess_beside_the_grid_points_is_tried_as_well() -> None:
    space = Space((Dimension("rate", FloatRange(0.0, 1.0), default=0.3),))
    assert sorted(float(str(p["rate"])) for p in everything(space, points=2)) == [0.0, 0.3, 1.0]


def test_a_grid_over_a_continuous_range_needs_points() -> None:
    with pytest.raises(SpaceError, match="points"):
        everything(Space((Dimension("rate", FloatRange(0.0, 1.0)),)))


def test_a_grid_too_large_to_be_shuffled_is_refused() -> None:
    space = Space(tuple(Dimension(f"n{i}", IntRange(1, 100)) for i in range(3)))
    with pytest.raises(DriverError, match="more than 200000 configurations; give fewer `grid_points`"):
        planned.grid_driver(setup_of(space, "grid"))


def test_qmc_fills_every_axis_more_evenly_than_chance() -> None:
    space = Space(tuple(Dimension(f"x{i}", FloatRange(0.0, 1.0)) for i in range(3)))
    driver = planned.qmc_driver(setup_of(space, "qmc", seed=3))
    rows = np.array([list(s.params.values()) for n in range(16) if (s := driver.ask(n)) is not None])
    for column in rows.T:
        assert sorted(np.floor(column * 16)) == list(range(16))


def test_qmc_gives_a_condition_half_of_its_points_when_half_of_the_space_meets_it() -> None:
    driver = planned.qmc_driver(setup_of(SPACE, "qmc"))
    deep = sum("depth" in s.params for n in range(16) if (s := driver.ask(n)) is not None)
    assert deep == 8


def test_an_empty_space_has_one_configuration() -> None:
    for make in (planned.random_driver, planned.qmc_driver, planned.grid_driver):
        suggestion = make(setup_of(Space(()), "any")).ask(0)
        assert suggestion is not None
        assert suggestion.params == {}

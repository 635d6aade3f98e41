"""Every combination once, conditions honoured."""

from itertools import islice

import pytest
from drawn import spaces
from hypothesis import given

from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.grid import grid
from spaces.problems import Value
from spaces.space import Dimension, Params, Space, SpaceError


def key(params: Params) -> tuple[tuple[str, str, Value], ...]:
    return tuple((name, type(value).__name__, value) for name, value in params.items())


@given(spaces(small=True))
def test_a_grid_has_each_configuration_once_with_active_parameters_only(space: Space) -> None:
    listed = list(grid(space, points=None))
    assert len({key(params) for params in listed}) == len(listed) == space.cardinality
    assert all(space.contains(params) for params in listed)


@given(spaces())
def test_a_thinned_grid_stays_within_the_space(space: Space) -> None:
    listed = list(islice(grid(space, points=3), 200))
    assert len({key(params) for params in listed}) == len(listed)
    assert all(space.contains(params) for params in listed)


def test_a_grid_is_in_order_with_the_last_varying_fastest() -> None:
    space = Space(
        (
            Dimension("optimizer", Categories(("adam", "sgd"))),
            Dimension("momentum", FloatRange(0, 0.9), parse("optimizer == sgd")),
        )
    )
    assert list(grid(space, points=2)) == [
        {"optimizer": "adam"},
        {"optimizer": "sgd", "momentum": 0.0},
        {"optimizer": "sgd", "momentum": 0.9},
    ]


def test_a_continuous_parameter_needs_points() -> None:
    space = Space((Dimension("lr", FloatRange(0, 1)),))
    expected = r"lr: \{float: \[0, 1\]\} has no end of values; give a step, or say how many grid points to take"
    with pytest.raises(SpaceError, match=expected):
        grid(space, points=None)


def test_a_large_grid_is_listed_bit_by_bit() -> None:
    space = Space(tuple(Dimension(f"p{k}", IntRange(0, 9)) for k in range(40)))
    assert [params["p39"] for params in islice(grid(space, points=None), 12)] == [*range(10), 0, 1]


def test_an_empty_space_has_a_grid_of_one() -> None:
    assert list(grid(Space(()), points=None)) == [{}]

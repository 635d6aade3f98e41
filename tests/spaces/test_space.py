"""Dimensions, conditions and configurations."""

import json
import pickle
from collections.abc import Mapping

import numpy as np
import pytest
from drawn import spaces
from hypothesis import given
from hypothesis import strategies as st

from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.problems import Value
from spaces.space import Dimension, Space, SpaceError

SEEDS = st.integers(0, 2**32)


def layered(fixed: Mapping[str, Value | tuple[Value, ...]] | None = None) -> Space:
    """Momentum under SGD only, units per layer; given in an order that the conditions forbid."""
    return Space(
        (
            Dimension("momentum", FloatRange(0, 0.9), parse("optimizer == sgd"), default=0.5),
            Dimension("nesterov", Categories((True, False)), parse("momentum > 0.1")),
            Dimension("optimizer", Categories(("adam", "sgd"))),
            Dimension("units.2", IntRange(8, 64), parse("layers >= 2")),
            Dimension("units.1", IntRange(8, 64)),
            Dimension("layers", IntRange(1, 2)),
            Dimension("wide", Categories(("yes", "no")), parse("max(units) > 32")),
        ),
        fixed or {},
    )


SGD: dict[str, Value] = {
    "optimizer": "sgd",
    "momentum": 0.5,
    "nesterov": True,
    "layers": 2,
    "units.1": 8,
    "units.2": 64,
    "wide": "no",
}


def test_each_dimension_comes_after_those_that_its_condition_names() -> None:
    assert layered().names == ("optimizer", "momentum", "nesterov", "units.1", "layers", "units.2", "wide")
    assert len(layered()) == 7


@given(spaces(), SEEDS)
def test_what_is_sampled_is_contained(space: Space, seed: int) -> None:
    params = space.sample(np.random.default_rng(seed))
    assert space.why_not(params) is None
    assert space.contains(params)
    assert space.active(params) == tuple(params)


@given(spaces(), SEEDS)
def test_a_configuration_survives_encode_and_decode(space: Space, seed: int) -> None:
    params = space.sample(np.random.default_rng(seed))
    row = space.encode(params)
    assert row.shape == (len(space),)
    assert [name for name, place in zip(space.names, row, strict=True) if not np.isnan(place)] == list(params)
    again = space.decode(row)
    assert list(again) == list(params)
    for name, value in params.items():
        assert again[name] == (pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value)


@given(spaces(), SEEDS)
def test_any_row_of_the_unit_cube_is_a_configuration(space: Space, seed: int) -> None:
    assert space.contains(space.decode(np.random.default_rng(seed).random(len(space))))


@given(spaces())
def test_a_space_survives_json_and_pickle(space: Space) -> None:
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space
    assert pickle.loads(pickle.dumps(space)) == space


def test_defaults_and_fixed_lists_survive_json() -> None:
    space = Space(
        (Dimension("a", Categories((None, 1)), parse("units.2 == 3"), default=None),),
        {"units": (2, 3), "name": "x"},
    )
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert again == space
    assert again.dimensions[0].has_default
    assert again.fixed["units"] == (2, 3)


def test_walk_asks_for_active_dimensions_only_and_in_order() -> None:
    asked: list[str] = []

    def choose(dimension: Dimension) -> Value:
        asked.append(dimension.name)
        chosen: dict[str, Value] = {"optimizer": "adam", "layers": 1}
        return chosen.get(dimension.name, 8)

    assert layered().walk(choose) == {"optimizer": "adam", "units.1": 8, "layers": 1}
    assert asked == ["optimizer", "units.1", "layers"]


def test_a_chosen_value_is_snapped_to_the_domain() -> None:
    space = Space((Dimension("d", FloatRange(0, 0.5, step=0.1)),))
    assert space.walk(lambda _: 0.1 + 0.2) == {"d": 0.3}


def test_a_chosen_value_from_outside_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"layers: 7 is not in \{int: \[1, 2\]\}; give one of its values"):
        Space((Dimension("layers", IntRange(1, 2)),)).walk(lambda _: 7)


def test_a_parameter_that_hangs_on_an_inactive_one_is_inactive() -> None:
    params = {**SGD, "momentum": 0.05}
    assert "nesterov" not in layered().active(params)
    assert "nesterov" not in layered().active({"optimizer": "adam", "momentum": 0.5})
    assert layered().active(SGD) == layered().names


def test_values_hold_numbered_parameters_as_a_list_too() -> None:
    values = layered({"epochs": 40}).values({"units.2": 64, "units.1": 8})
    assert values == {"epochs": 40, "units.1": 8, "units.2": 64, "units": (8, 64)}
    assert "units" not in layered().values({})


def test_numbered_parameters_are_in_the_order_of_their_numbers() -> None:
    space = Space(tuple(Dimension(f"units.{n}", IntRange(1, 20)) for n in (10, 2, 1)))
    assert space.values(space.walk(lambda d: int(d.name[6:])))["units"] == (1, 2, 10)


def test_a_fixed_list_is_known_item_by_item() -> None:
    space = Space((Dimension("a", IntRange(0, 1), parse("units.2 > 5 and max(units) == 9")),), {"units": (1, 9)})
    assert space.active({}) == ("a",)


def test_one_dimension_can_be_asked_for() -> None:
    space = layered()
    assert space.is_active(space.dimension("momentum"), {"optimizer": "sgd"})
    assert not space.is_active(space.dimension("momentum"), {})
    with pytest.raises(SpaceError, match="momentun: there is no such parameter; did you mean `momentum`"):
        space.dimension("momentun")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"units.1": 7}, r"`units.1` is 7, which is not in \{int: \[8, 64\]\}"),
        ({"optimizer": "adam"}, "`momentum` is given, but does not apply: `optimizer == sgd` does not hold"),
        ({"layers": 1}, "`units.2` is given, but does not apply: `layers >= 2` does not hold"),
        ({"layer": 1}, "there is no parameter `layer`; did you mean `layers`"),
    ],
)
def test_a_configuration_outside_the_space_is_told_why(changes: dict[str, Value], expected: str) -> None:
    params = {**SGD, **changes}
    assert not layered().contains(params)
    with pytest.raises(SpaceError, match=f"^{expected}.*; give a configuration of this space"):
        layered().encode(params)


def test_a_missing_value_is_told() -> None:
    params = {name: value for name, value in SGD.items() if name != "momentum"}
    assert layered().why_not(params) == "`momentum` applies, but has no value"


def test_a_row_that_does_not_fit_is_refused() -> None:
    space = Space((Dimension("a", IntRange(1, 2)),))
    with pytest.raises(SpaceError, match="a row of 2 places for 1 parameters; give one place each"):
        space.decode([0.1, 0.2])
    with pytest.raises(SpaceError, match="a: NaN is no place in a domain"):
        space.decode([float("nan")])


def test_the_first_guess_takes_defaults_and_middles() -> None:
    space = Space(
        (
            Dimension("optimizer", Categories(("adam", "sgd")), default="sgd"),
            Dimension("momentum", FloatRange(0, 0.8), parse("optimizer == sgd")),
            Dimension("rho", FloatRange(0, 1), parse("optimizer == adam"), default=0),
        )
    )
    assert space.first_guess() == {"optimizer": "sgd", "momentum": 0.4}


def test_without_a_default_there_is_no_first_guess() -> None:
    assert Space((Dimension("a", IntRange(1, 2)),)).first_guess() is None
    assert Space(()).first_guess() is None


def test_null_may_be_a_default() -> None:
    assert Space((Dimension("a", Categories((1, None)), default=None),)).first_guess() == {"a": None}


def test_an_empty_space_has_one_configuration() -> None:
    space = Space((), {"a": 1})
    assert space.sample(np.random.default_rng(0)) == {}
    assert space.contains({})
    assert space.cardinality == 1


def test_the_cardinality_counts_active_parameters_only() -> None:
    space = Space(
        (
            Dimension("layers", IntRange(1, 3)),
            *(Dimension(f"units.{k}", IntRange(1, 1000), parse(f"layers >= {k}")) for k in (1, 2, 3)),
        )
    )
    assert space.cardinality == 10**3 + 10**6 + 10**9


def test_the_cardinality_of_what_is_endless_or_too_many_is_not_known() -> None:
    assert Space((Dimension("a", FloatRange(0, 1)),)).cardinality is None
    assert layered().cardinality is None
    hung = Dimension("b", IntRange(0, 1), parse("a > 5"))
    assert Space((Dimension("a", IntRange(0, 100_000)), hung)).cardinality is None
    many = [Dimension(f"a.{k}", IntRange(0, 9)) for k in range(1, 7)]
    assert Space((*many, Dimension("b", IntRange(0, 1), parse("sum(a) > 5")))).cardinality is None


def test_a_continuous_parameter_that_never_applies_does_not_make_a_space_endless() -> None:
    space = Space((Dimension("a", FloatRange(0, 1), parse("kind == b")),), {"kind": "a"})
    assert space.cardinality == 1


def condition(name: str, when: str) -> Dimension:
    return Dimension(name, IntRange(0, 9), parse(when))


@pytest.mark.parametrize(
    ("dimensions", "fixed", "expected"),
    [
        (
            (condition("a", "lay > 1"),),
            {"layers": 1},
            "a: its condition names `lay`, which is no parameter; did",
        ),
        ((condition("a", "a > 1"),), {}, "a: its condition hangs on itself; name other parameters in it"),
        ((condition("u.1", "max(u) > 1"),), {}, "u.1: its condition hangs on itself"),
        (
            (
                condition("x", "a > 1"),
                condition("a", "b > 1"),
                condition("b", "c > 1"),
                condition("c", "a > 1"),
            ),
            {},
            "a: conditions go in a circle: a -> b -> c -> a; take one of these conditions away",
        ),
        ((condition("a", "x > 1"),) * 2, {"x": 1}, "a: the name is given twice; keep one of the two"),
        ((condition("a", "x > 1"),), {"x": 1, "a": 1}, "a: the name is given twice"),
        ((condition("a.1", "x > 1"),), {"x": 1, "a": 1}, "a: the name is given twice"),
        ((condition("a.1", "x > 1"),), {"x": 1, "a": (1,)}, "a.1: the name is given twice"),
    ],
)
def test_a_space_that_cannot_be_says_why(
    dimensions: tuple[Dimension, ...], fixed: dict[str, Value], expected: str
) -> None:
    with pytest.raises(SpaceError, match=expected):
        Space(dimensions, fixed)


def test_a_condition_without_an_answer_is_told() -> None:
    space = Space((Dimension("n", IntRange(0, 1)), Dimension("a", IntRange(0, 1), parse("1 / n > 0"))))
    expected = "a: `when: 1 / n > 0` cannot be answered: 1 / 0 divides by zero; write it so that all values give"
    with pytest.raises(SpaceError, match=expected):
        space.walk(lambda _: 0)


def test_a_condition_that_is_a_number_is_refused() -> None:
    with pytest.raises(SpaceError, match="a: `when: n - 1` answers neither true nor false; write a comparison"):
        condition("a", "n - 1")


def test_a_default_from_outside_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"a: the default 7 is not in \{int: \[0, 1\]\}; give one of its values"):
        Dimension("a", IntRange(0, 1), default=7)

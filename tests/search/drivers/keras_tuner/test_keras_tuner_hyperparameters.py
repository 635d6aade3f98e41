"""Spaces as KerasTuner holds them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from search.drivers.keras_tuner.hyperparameters import Coded, UnheldError, conditions, held
from spaces.domains import Categories, Domain, FloatRange, IntRange, Mirrored
from spaces.expressions import parse
from spaces.space import Dimension, Space
from tests.spaces.drawn import spaces

LAYERS = Dimension("layers", IntRange(1, 4))
KIND = Dimension("kind", Categories(("adam", "sgd", "rmsprop")))
RATE = Dimension("rate", FloatRange(0.0, 1.0))
MIXED = Dimension("mixed", Categories((None, True, 1, "one")))


def space(when: str, *others: Dimension, fixed: dict[str, int] | None = None) -> Space:
    """The `others`, and a parameter `child` with a condition."""
    return Space((*others, Dimension("child", IntRange(1, 9), when=parse(when))), fixed or {})


def parents(when: str, *others: Dimension, fixed: dict[str, int] | None = None) -> dict[str, tuple[object, ...]]:
    made = space(when, *others, fixed=fixed)
    return dict(conditions(made.dimension("child"), made))


@pytest.mark.parametrize(
    ("domain", "config"),
    [
        (
            IntRange(2, 10, step=2),
            {"kind": "Int", "min_value": 2, "max_value": 10, "step": 2, "sampling": "linear"},
        ),
        (
            IntRange(16, 256, log=True),
            {"kind": "Int", "min_value": 16, "max_value": 256, "step": None, "sampling": "log"},
        ),
        (FloatRange(0.0, 0.5), {"kind": "Float", "min_value": 0.0, "max_value": 0.5, "sampling": "linear"}),
        (FloatRange(1e-4, 0.1, log=True), {"kind": "Float", "min_value": 1e-4, "max_value": 0.1, "sampling": "log"}),
        (
            Mirrored(IntRange(16, 256, log=True)),
            {"kind": "Int", "min_value": 16, "max_value": 256, "step": None, "sampling": "reverse_log"},
        ),
        (
            Mirrored(FloatRange(1e-4, 0.1, log=True)),
            {"kind": "Float", "min_value": 1e-4, "max_value": 0.1, "sampling": "reverse_log"},
        ),
        (Categories(("a", "b")), {"kind": "Choice", "values": ["a", "b"], "ordered": False}),
        (Categories((32, 64), ordered=True), {"kind": "Choice", "values": [32, 64], "ordered": True}),
        (Categories((False, True)), {"kind": "Boolean"}),
        (Categories((None, True, 1, "one")), {"kind": "Choice", "values": [0, 1, 2, 3], "ordered": False}),
        (
            FloatRange(0.0, 0.3, step=0.1),
            {"kind": "Int", "min_value": 0, "max_value": 3, "step": 1, "sampling": "linear"},
        ),
        (Categories(("only",)), {"kind": "Fixed", "value": "only"}),
        (Categories((None,)), {"kind": "Choice", "values": [0], "ordered": False}),
    ],
    ids=str,
)
def test_each_domain_becomes_a_hyperparameter(domain: Domain, config: dict[str, object]) -> None:
    assert held(domain).config == config


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(spaces(), st.integers(0, 2**32 - 1))
def test_a_configuration_comes_back_as_it_was(made: Space, seed: int) -> None:
    params = made.sample(np.random.default_rng(seed))
    try:
        coded = Coded(made)
    except UnheldError:
        assume(False)
    back = coded.outside(coded.inside(params))
    assert made.why_not(back) is None
    assert [(name, type(value), value) for name, value in back.items()] == [
        (name, type(params[name]), params[name]) for name in back
    ]
    assert back.keys() == params.keys()


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(spaces(small=True), st.integers(0, 2**32 - 1))
def test_a_parameter_is_active_just_where_all_its_parents_have_one_of_their_values(made: Space, seed: int) -> None:
    params = made.sample(np.random.default_rng(seed))
    try:
        coded = Coded(made)
    except UnheldError:
        assume(False)
    inside = coded.inside(params)
    for config in coded.hyperparameters:
        holds = all(name in inside and inside[name] in values for name, values in config["conditions"])
        assert holds is (config["name"] in params)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("kind == sgd", {"kind": ("sgd",)}),
        ("kind in [sgd, rmsprop]", {"kind": ("sgd", "rmsprop")}),
        ("kind != adam", {"kind": ("sgd", "rmsprop")}),
        ("layers >= 3", {"layers": (3, 4)}),
        ("kind == sgd and layers > 3", {"kind": ("sgd",), "layers": (4,)}),
        ("not (kind == adam or layers < 3)", {"kind": ("sgd", "rmsprop"), "layers": (3, 4)}),
        ("layers >= least and kind == sgd", {"kind": ("sgd",), "layers": (3, 4)}),
    ],
)
def test_a_condition_becomes_parents_with_their_values(when: str, expected: dict[str, tuple[object, ...]]) -> None:
    assert parents(when, LAYERS, KIND, fixed={"least": 3}) == expected


def test_values_of_parents_are_written_as_those_are_held() -> None:
    coded = Coded(space("mixed == one", MIXED))
    assert coded.hyperparameters[1]["conditions"] == [["mixed", [3]]]


def test_a_nested_condition_needs_its_own_parent_alone() -> None:
    momentum = Dimension("momentum", Categories((True, False)), when=parse("kind == sgd"))
    assert parents("momentum == true", KIND, momentum) == {"momentum": (True,)}


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("rate > 0.5", "`rate > 0.5` hangs on `rate`, which has endless values"),
        ("wide > 5", "`wide > 5` hangs on `wide`, which has more values than can be listed"),
        ("kind == sgd or layers > 3", "`kind == sgd or layers > 3` is no choice of values for each parameter alone"),
        ("layers == (depth)", "`layers == (depth)` is no choice of values for each parameter alone"),
        ("broad > 5 and long > 5", "`broad > 5 and long > 5` joins more values than can be listed"),
        ("max(units) > 3", "`max(units) > 3` asks for all of `units` at once"),
    ],
)
def test_what_is_no_choice_of_values_for_each_parent_is_refused(when: str, problem: str) -> None:
    others = [
        *(LAYERS, KIND, RATE),
        *(Dimension(name, IntRange(1, 500)) for name in ("broad", "long")),
        *(Dimension(name, IntRange(1, 4)) for name in ("depth", "units.1", "units.2")),
        Dimension("wide", IntRange(1, 20_000)),
    ]
    with pytest.raises(UnheldError) as error:
        parents(when, *others)
    assert error.value.problem == problem


def test_a_condition_that_mixes_types_is_refused() -> None:
    with pytest.raises(UnheldError, match=r"`mixed > 0` cannot be answered"):
        parents("mixed > 0", MIXED)


def test_a_condition_over_a_parameter_that_may_not_apply_is_refused_where_that_decides_it() -> None:
    depth = Dimension("depth", IntRange(1, 2), when=parse("kind == sgd"))
    with pytest.raises(UnheldError, match="is no choice of values"):
        parents("layers >= 1 or depth == 2", LAYERS, KIND, depth)


def test_a_first_guess_is_the_default_of_each_hyperparameter() -> None:
    made = Space((LAYERS, Dimension("rate", FloatRange(0.0, 1.0, step=0.25), default=0.75), KIND))
    assert [config.get("default") for config in Coded(made).hyperparameters] == [3, 3, "sgd"]


def test_grid_points_thin_a_range_and_keep_the_first_guess() -> None:
    made = Space((Dimension("rate", FloatRange(0.0, 1.0), default=0.3), LAYERS, KIND))
    coded = Coded(made, points=2)
    assert [config["values"] for config in coded.hyperparameters] == [[0, 1, 2], [0, 1, 2], ["adam", "sgd", "rmsprop"]]
    assert coded.outside({"rate": 0, "layers": 2, "kind": "sgd"}) == {"rate": 0.3, "layers": 4, "kind": "sgd"}

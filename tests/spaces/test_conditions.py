"""Conditions that can never be true."""

from collections.abc import Mapping

import pytest

from spaces.conditions import impossible
from spaces.domains import Categories, Domain, FloatRange, IntRange
from spaces.expressions import parse
from spaces.problems import Value
from spaces.space import Dimension, Space


def verdict(when: str, fixed: Mapping[str, Value] | None = None, /, **domains: Domain) -> str | None:
    """The verdict on a parameter with condition `when` beside unconditional ones."""
    judged = Dimension("judged", IntRange(0, 1), parse(when))
    others = tuple(Dimension(name.replace("_", "."), domain) for name, domain in domains.items())
    return impossible(judged, Space((*others, judged), fixed or {}))


@pytest.mark.parametrize(
    ("when", "domains"),
    [
        ("layers >= 2", {"layers": IntRange(1, 2)}),
        ("layers == 777 and lr > 0.5", {"layers": IntRange(1, 10**6), "lr": FloatRange(0, 1)}),
        ("lr == 0.123", {"lr": FloatRange(0, 1)}),
        ("0.1 < lr < 0.2", {"lr": FloatRange(0, 1)}),
        ("optimizer in [sgd, rmsprop]", {"optimizer": Categories(("adam", "sgd"))}),
        ("max(units) > 60", {"units_1": IntRange(1, 64), "units_2": IntRange(1, 8)}),
        ("lr < 1e-9", {"lr": FloatRange(1e-10, 1, log=True)}),
    ],
)
def test_a_condition_that_can_hold_passes(when: str, domains: dict[str, Domain]) -> None:
    assert verdict(when, None, **domains) is None


def test_no_condition_always_holds() -> None:
    dimension = Dimension("a", IntRange(0, 1))
    assert impossible(dimension, Space((dimension,))) is None


def test_a_condition_beyond_its_range_is_impossible() -> None:
    expected = "`layers > 4` can never be true (layers is {int: [1, 4]})"
    assert verdict("layers > 4", layers=IntRange(1, 4)) == expected


def test_a_condition_on_a_fixed_value_is_impossible() -> None:
    expected = "`optimizer == sgd` can never be true (optimizer is adam)"
    assert verdict("optimizer == sgd", {"optimizer": "adam"}) == expected


def test_a_condition_that_names_nothing_may_be_impossible() -> None:
    assert verdict("1 > 2") == "`1 > 2` can never be true"


def test_a_condition_on_numbered_parameters_is_impossible() -> None:
    told = verdict("max(units) > 99", units_1=IntRange(1, 64), units_2=IntRange(1, 64))
    assert told == "`max(units) > 99` can never be true (units is {int: [1, 64]})"


def test_what_could_not_be_tried_wholly_is_told_as_tried() -> None:
    told = verdict("lr > 2", lr=FloatRange(0, 1))
    assert told is not None
    assert told.startswith("`lr > 2` was true for none of ")
    assert told.endswith(" configurations tried (lr is {float: [0, 1]})")


def test_conditions_that_exclude_each_other_are_impossible_together() -> None:
    sgd = Dimension("momentum", FloatRange(0, 1), parse("optimizer == sgd"))
    both = Dimension("both", IntRange(0, 1), parse("momentum >= 0 and optimizer == adam"))
    space = Space((Dimension("optimizer", Categories(("adam", "sgd"))), sgd, both))
    assert impossible(sgd, space) is None
    told = impossible(both, space)
    assert told is not None
    assert "was true for none of" in told


def test_a_condition_without_an_answer_is_told() -> None:
    told = verdict("1 / (layers - 1) > 5", layers=IntRange(1, 4))
    assert told == "`when: 1 / (layers - 1) > 5` cannot be answered: 1 / 0 divides by zero"

"""Ranges and categories."""

import json
import math
from collections import Counter

import numpy as np
import pytest
from drawn import domains
from hypothesis import given
from hypothesis import strategies as st

from spaces.domains import Categories, Domain, DomainError, FloatRange, IntRange, domain_from_json

PLACES = st.floats(0, 1)


@given(domains(), st.integers(0, 2**32))
def test_what_is_sampled_is_contained(domain: Domain, seed: int) -> None:
    value = domain.sample(np.random.default_rng(seed))
    assert domain.contains(value)
    assert domain.snap(value) == value


@given(domains(), PLACES)
def test_a_value_survives_encode_and_decode(domain: Domain, u: float) -> None:
    value = domain.decode(u)
    place = domain.encode(value)
    assert 0 <= place <= 1
    again = domain.decode(place)
    assert type(again) is type(value)
    if isinstance(domain, FloatRange) and domain.step is None:
        assert isinstance(value, float)
        assert isinstance(again, float)
        scale = abs(value) if domain.log else domain.high - domain.low + max(abs(domain.low), abs(domain.high))
        assert abs(again - value) <= 1e-12 * scale
    else:
        assert again == value


@given(domains())
def test_places_are_clipped_and_the_ends_are_reached(domain: Domain) -> None:
    assert domain.decode(-1) == domain.decode(0)
    assert domain.decode(2) == domain.decode(1)
    if isinstance(domain, IntRange | FloatRange):
        assert (domain.decode(0), domain.decode(1)) == (domain.low, domain.high)


@given(domains(), st.integers(1, 12))
def test_grid_values_ascend_are_contained_and_within_the_points_asked_for(domain: Domain, points: int) -> None:
    values = domain.grid(points)
    assert values
    assert all(domain.contains(value) for value in values)
    if isinstance(domain, IntRange | FloatRange):
        assert list(values) == sorted(v for v in set(values) if isinstance(v, int | float))
        assert len(values) <= points
        assert points == 1 or {values[0], values[-1]} == {domain.low, domain.high}


@given(domains())
def test_a_domain_survives_json(domain: Domain) -> None:
    assert domain_from_json(json.loads(json.dumps(domain.to_json()))) == domain


@given(domains())
def test_the_cardinality_of_a_discrete_domain_is_the_length_of_its_grid(domain: Domain) -> None:
    if domain.cardinality is not None:
        assert len(domain.grid(None)) == domain.cardinality


@pytest.mark.parametrize("domain", [IntRange(1, 1 << 40, log=True), IntRange(-(1 << 40), 1 << 40)])
def test_the_widest_whole_numbers_survive_encode_and_decode(domain: IntRange) -> None:
    for value in (domain.low, domain.low + 1, 12345, domain.high - 1, domain.high):
        assert domain.decode(domain.encode(value)) == value


@pytest.mark.parametrize("domain", [IntRange(3, 6), Categories(("a", "b", "c", "d")), FloatRange(0, 3, step=1)])
def test_equal_shares_of_the_interval_give_fair_draws(domain: Domain) -> None:
    drawn = Counter(domain.decode((i + 0.5) / 400) for i in range(400))
    assert set(drawn.values()) == {100}


def test_a_log_range_gives_each_decade_its_share() -> None:
    domain = FloatRange(1e-4, 1e-1, log=True)
    assert domain.decode(1 / 3) == pytest.approx(1e-3)
    assert IntRange(1, 1000, log=True).grid(4) == (1, 10, 100, 1000)
    assert domain.grid(4) == pytest.approx((1e-4, 1e-3, 1e-2, 1e-1))


def test_stepped_numbers_are_exact_decimals() -> None:
    domain = FloatRange(0, 0.5, step=0.1)
    assert domain.grid(None) == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    assert domain.contains(0.1 + 0.2)
    assert domain.snap(0.1 + 0.2) == 0.3
    assert not domain.contains(0.25)


def test_high_is_lowered_to_the_last_value_that_is_reached() -> None:
    assert IntRange(1, 10, step=4) == IntRange(1, 9, step=4)
    assert FloatRange(0, 1, step=0.3).high == 0.9


def test_a_range_with_many_values_is_thinned_for_a_grid() -> None:
    assert IntRange(0, 100).grid(3) == (0, 50, 100)
    assert IntRange(0, 100).grid(1) == (50,)
    assert FloatRange(0, 1).grid(1) == (0.5,)
    assert FloatRange(0, 1, step=0.1).grid(3) == (0.0, 0.5, 1.0)
    assert FloatRange(0, 1, step=0.1).grid(1) == (0.5,)
    assert Categories(("a", "b", "c")).grid(1) == ("a", "b", "c")


def test_a_range_of_one_value_has_that_value() -> None:
    for domain in (IntRange(3, 3), FloatRange(3, 3), IntRange(3, 3, log=True), FloatRange(3, 3, log=True)):
        assert domain.cardinality == 1
        assert domain.grid(None) == (3,)
        assert domain.decode(domain.encode(3)) == 3


def test_true_and_one_are_different_values() -> None:
    assert not IntRange(0, 1).contains(True)
    assert not FloatRange(0, 1).contains(True)
    assert not Categories((1, 2)).contains(True)
    assert Categories((True, 1)).index(1) == 1
    assert Categories((True, 1)).index(True) == 0


@pytest.mark.parametrize("value", [None, "3", 2.5, math.nan, math.inf, 10**400, 11, -1])
def test_what_is_no_value_of_a_range_is_not_contained(value: object) -> None:
    assert not IntRange(0, 10).contains(value)  # type: ignore[arg-type]
    assert not FloatRange(0, 2, step=1).contains(value)  # type: ignore[arg-type]


def test_numbers_that_mean_a_value_are_snapped_to_it() -> None:
    assert IntRange(0, 4).snap(2.0) == 2
    assert isinstance(IntRange(0, 4).snap(2.0), int)
    assert isinstance(FloatRange(0, 4).snap(2), float)
    assert isinstance(Categories((1, "a")).snap(1.0), int)


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        (IntRange(16, 256, log=True), "{int: [16, 256], log: true}"),
        (IntRange(0, 9, step=3), "{int: [0, 9], step: 3}"),
        (FloatRange(1e-4, 0.1, log=True), "{float: [0.0001, 0.1], log: true}"),
        (FloatRange(0, 0.5, step=0.1), "{float: [0, 0.5], step: 0.1}"),
        (
            Categories((True, None, "relu", "true", 0.5), ordered=True),
            '{choice: [true, null, relu, "true", 0.5], ',
        ),
    ],
)
def test_a_domain_is_told_as_the_user_writes_it(domain: Domain, written: str) -> None:
    assert str(domain).startswith(written)


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        (
            IntRange,
            {"low": 5, "high": 1},
            "low is 5 but high is 1; make low smaller than high, or write `choice",
        ),
        (FloatRange, {"low": 1.0, "high": 0.5}, "low is 1 but high is 0.5; make low smaller"),
        (FloatRange, {"low": math.nan, "high": 1}, "nan to 1 is no range; give two finite numbers"),
        (FloatRange, {"low": -1e308, "high": 1e308}, r"-1e\+308 to 1e\+308 is no range"),
        (
            IntRange,
            {"low": 0, "high": 5, "log": True},
            "low is 0, which has no logarithm; begin at 1 or above",
        ),
        (FloatRange, {"low": 0, "high": 1, "log": True}, "low is 0, which has no logarithm; begin above 0"),
        (
            IntRange,
            {"low": 1, "high": 5, "log": True, "step": 2},
            "`log` and `step` exclude each other; leave one",
        ),
        (FloatRange, {"low": 1, "high": 5, "log": True, "step": 2}, "`log` and `step` exclude each other"),
        (IntRange, {"low": 1, "high": 5, "step": 0}, "step is 0; give a step above 0"),
        (FloatRange, {"low": 1, "high": 5, "step": -0.1}, "step is -0.1; give a step above 0"),
        (FloatRange, {"low": 0, "high": 1, "step": 2}, "step is 2, wider than 0 to 1; make the step smaller"),
        (
            IntRange,
            {"low": 0, "high": 1 << 41},
            "0 to 2199023255552 is too wide; stay within -1099511627776 to",
        ),
        (
            FloatRange,
            {"low": 0, "high": 1, "step": 1e-15},
            "step is 1e-15, too fine for 0 to 1; make the step larger",
        ),
        (Categories, {"choices": ()}, "there is nothing to choose from; list at least one value"),
        (Categories, {"choices": ("a", "b", "a")}, "`a` is listed twice; keep one of the two"),
        (Categories, {"choices": (1, 1.0)}, "`1` is listed twice"),
        (Categories, {"choices": (math.inf,)}, "`inf` is no value; list finite numbers"),
    ],
)
def test_a_domain_that_cannot_be_says_why(kind: type, arguments: dict[str, object], expected: str) -> None:
    with pytest.raises(DomainError, match=expected):
        kind(**arguments)


@pytest.mark.parametrize("domain", [IntRange(0, 4), FloatRange(0, 4), FloatRange(0, 4, step=1), Categories((0, 1))])
def test_a_value_from_outside_is_refused(domain: Domain) -> None:
    for question in (domain.encode, domain.snap):
        with pytest.raises(DomainError, match=r"7 is not in \{.*\}; give one of its values"):
            question(7)
    with pytest.raises(DomainError, match="NaN is no place in a domain; give a number from 0 to 1"):
        domain.decode(math.nan)


@pytest.mark.parametrize(
    ("domain", "points", "expected"),
    [
        (FloatRange(0, 1), None, r"\{float: \[0, 1\]\} has no end of values; give a step, or say how many"),
        (
            IntRange(0, 1 << 30),
            None,
            "gives 1073741825 values, too many for a grid; take at most 10000 points",
        ),
        (FloatRange(0, 1), 0, "0 grid points are too few; take 1 or more"),
        (FloatRange(0, 1), 20_000, "gives 20000 values, too many for a grid"),
    ],
)
def test_a_grid_that_cannot_be_says_why(domain: Domain, points: int | None, expected: str) -> None:
    with pytest.raises(DomainError, match=expected):
        domain.grid(points)


def test_an_unknown_kind_of_domain_is_refused() -> None:
    with pytest.raises(DomainError, match="the kind of domain `normal` is not known; known are choice, float, int"):
        domain_from_json({"kind": "normal"})

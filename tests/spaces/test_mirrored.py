"""Ranges that are looked at closely at their upper end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.domains import DomainError, FloatRange, IntRange, Mirrored, domain_from_json
from spaces.expressions import ExpressionError, parse

NUMBERS, WHOLE = Mirrored(FloatRange(0.01, 1.0, log=True)), Mirrored(IntRange(1, 100, log=True))
either = pytest.mark.parametrize("domain", [NUMBERS, WHOLE], ids=["numbers", "whole"])


@either
def test_it_has_the_values_of_its_range_and_survives_json(domain: Mirrored) -> None:
    assert domain.contains(domain.of.low)
    assert domain.contains(domain.of.high)
    assert not domain.contains(domain.of.high + 1)
    assert domain_from_json(domain.to_json()) == domain
    assert str(domain).endswith("reverse_log: true}")
    with pytest.raises(DomainError, match="is not in"):
        domain.encode(domain.of.high + 1)


@given(u=st.floats(0, 1))
def test_a_place_and_its_value_lead_to_each_other(u: float) -> None:
    assert NUMBERS.encode(NUMBERS.decode(u)) == pytest.approx(u, abs=1e-9)
    assert WHOLE.decode(WHOLE.encode(WHOLE.decode(u))) == WHOLE.decode(u)


def test_half_of_the_draws_lie_close_to_the_upper_end() -> None:
    assert NUMBERS.decode(0.5) == pytest.approx(0.91)
    assert (NUMBERS.decode(0.0), NUMBERS.decode(1.0)) == (pytest.approx(0.01), pytest.approx(1.0))


@either
def test_a_grid_rises_and_has_both_ends(domain: Mirrored) -> None:
    grid = domain.grid(5)
    assert list(grid) == sorted(grid)  # type: ignore[type-var]
    assert (grid[0], grid[-1]) == (pytest.approx(domain.of.low), pytest.approx(domain.of.high))


def test_a_name_in_backticks_is_a_parameter_whatever_it_is_called() -> None:
    expression = parse('`cnn/units 1` in ["a b"] and `x` == 2', names={"cnn/units 1", "x"})
    assert expression.names == {"cnn/units 1", "x"}
    assert expression.holds({"cnn/units 1": "a b", "x": 2})
    with pytest.raises(ExpressionError, match="`cnn/unit` is no parameter"):
        parse("`cnn/unit` == 1", names={"cnn/units"})
    with pytest.raises(ExpressionError, match="close the backticks"):
        parse("`cnn == 1")

"""Limits over a configuration."""

import pytest

from spaces.expressions import ExpressionError
from spaces.limits import Limit, check
from spaces.problems import Value

NAMES = {"params", "layers", "units", "momentum"}
VALUES: dict[str, Value | tuple[Value, ...]] = {"params": 3145728, "layers": 4, "units": (64, 128, 1024)}


def told(*texts: str) -> str | None:
    return check([Limit.parse(text, names=NAMES) for text in texts], VALUES)


def test_limits_that_are_met_say_nothing() -> None:
    assert told("params <= 4e6", "layers * max(units) <= 4096") is None
    assert told() is None


def test_the_first_broken_limit_is_told_with_its_values() -> None:
    assert told("layers <= 9", "params <= 2e6", "layers < 1") == "params <= 2e6: params is 3145728"
    expected = "layers * max(units) <= 2048: layers is 4, units is [64, 128, 1024]"
    assert told("layers * max(units) <= 2048") == expected


def test_a_limit_that_hangs_on_an_inactive_parameter_does_not_apply() -> None:
    assert told("momentum < 0.5") is None
    assert told("momentum < 0.5 and layers < 2") == "momentum < 0.5 and layers < 2: layers is 4"


def test_a_limit_without_an_answer_counts_as_broken() -> None:
    assert told("params / (layers - 4) < 1") == "params / (layers - 4) < 1: 3145728 / 0 divides by zero"


def test_a_limit_over_nothing_is_never_met_or_always() -> None:
    assert told("1 > 2") == "1 > 2: never true"
    assert told("1 < 2") is None


def test_a_limit_that_is_a_number_is_refused() -> None:
    expected = "`layers \\* 2` answers neither true nor false; write a comparison such as `params <= 2e6`"
    with pytest.raises(ExpressionError, match=expected):
        Limit.parse("layers * 2", names=NAMES)


def test_a_misspelt_name_in_a_limit_is_refused() -> None:
    with pytest.raises(ExpressionError, match="`param` is no parameter; did you mean `params`"):
        Limit.parse("param < 3", names=NAMES)

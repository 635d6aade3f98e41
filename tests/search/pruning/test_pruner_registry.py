"""Pruners by name, and their options."""

from typing import Any

import pytest

from models.objective import Direction
from search.ports import Pruner
from search.pruning.registry import DOCS, FLAGS, OPTIONS, RANGES, PrunerError, check_options, make_pruner


def made(name: str, **options: Any) -> Pruner:
    return make_pruner(name, options, direction=Direction.MAXIMIZE, max_epochs=9)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("medain", {}, "there is no pruner `medain`; did you mean `median`"),
        (
            "median",
            {"startup_trails": 3},
            "median has no option `startup_trails`; did you mean `startup_trials`",
        ),
        ("none", {"eta": 3}, "none has no option `eta`; it has none"),
        ("median", {"startup_trials": 1.5}, "startup_trials is 1.5; give a whole number"),
        ("median", {"startup_trials": True}, "startup_trials is True; give a whole number"),
        ("median", {"startup_trials": None}, "startup_trials is None; give a whole number"),
        ("median", {"interval_epochs": 0}, "interval_epochs is 0; make it at least 1"),
        ("percentile", {"percentile": 101}, "percentile is 101; make it at most 100"),
        ("percentile", {"percentile": float("nan")}, "percentile is nan; give a number"),
        ("hyperband", {"eta": 1}, "eta is 1; make it at least 2"),
        ("hyperband", {"promote": 1}, "promote is 1; write true or false"),
        ("threshold", {}, "threshold has neither `lower` nor `upper`; give at least one"),
        ("threshold", {"lower": 2, "upper": 1}, "lower is 2 but upper is 1; make lower smaller"),
        ("threshold", {"lower": "low"}, "lower is 'low'; give a number"),
        ("patient", {"pruner": "none"}, "patient wraps `none`, which never stops a trial"),
        ("patient", {"pruner": 3}, "`pruner` is 3; give a name, or a mapping"),
        ("patient", {"pruner": {"eta": 3}}, "give a name, or a mapping with `name`"),
        (
            "patient",
            {"pruner": {"name": "hyperband", "eat": 3}},
            "hyperband has no option `eat`; did you mean",
        ),
    ],
)
def test_an_impossible_option_says_what_is_wrong(name: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(PrunerError) as caught:
        made(name, **options)
    assert text in str(caught.value)


def test_left_out_options_take_their_defaults() -> None:
    assert check_options("hyperband", {"eta": 4}) == {"min_epochs": 1, "eta": 4, "promote": True}


def test_every_option_has_a_line_for_the_reference_and_a_range() -> None:
    options = {option for known in OPTIONS.values() for option in known}
    assert options == set(DOCS)
    assert options - {"pruner"} == {*RANGES, *FLAGS}

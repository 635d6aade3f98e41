"""Which trials of an earlier search fit a space, and what is said of the others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.importing.fitting import Names, fit, meant
from search.importing.source import SourceTrial
from spaces.domains import Categories, Domain, DomainError, FloatRange, IntRange
from spaces.expressions import parse
from spaces.problems import Value
from spaces.space import Dimension, Space
from tests.spaces.drawn import domains

SPACE = Space(
    (
        Dimension("rate", FloatRange(1e-3, 1e-1, log=True)),
        Dimension("kind", Categories(("adam", "sgd"))),
        Dimension("momentum", FloatRange(0.0, 0.9), parse("kind == 'sgd'", names={"kind"})),
    ),
    {"epochs": 10, "units": (32, 32)},
)


def fitted(*params: dict[str, Value], names: Names | None = None, fixed: dict[str, Any] | None = None):
    return fit([SourceTrial(p, score=1.0) for p in params], SPACE, names or Names(), fixed or {})


def configurations(*params: dict[str, Value], **more) -> list[dict[str, Value]]:
    return [found for _, found in fitted(*params, **more).trials]


def test_a_trial_of_the_space_is_taken_as_it_is() -> None:
    whole = {"rate": 0.01, "kind": "sgd", "momentum": 0.5}
    assert configurations(whole) == [whole]


def test_what_does_not_apply_is_dropped() -> None:
    assert configurations({"rate": 0.01, "kind": "adam", "momentum": 7.0}) == [{"rate": 0.01, "kind": "adam"}]


@pytest.mark.parametrize(
    ("params", "reason", "example"),
    [
        ({"rate": 0.5, "kind": "adam"}, "`rate` is outside {float: [0.001, 0.1], log: true}", "0.5"),
        ({"rate": 0.01, "kind": "rmsprop"}, "`kind` is outside {choice: [adam, sgd]}", "rmsprop"),
        ({"rate": 0.01}, "`kind` has no value; give the one that all had, with --with kind=VALUE", ""),
        ({"rate": 0.01, "kind": "adam", "epochs": 40}, "`epochs` is fixed at 10 here", "40"),
        ({"rate": 0.01, "kind": "adam", "units": 64}, "`units` is fixed at [32, 32] here", "64"),
        ({"rate": 0.01, "kind": "adam", "units.2": 64}, "`units.2` is fixed at 32 here", "64"),
    ],
)
def test_a_trial_that_does_not_fit_is_left_out_with_the_reason(
    params: dict[str, Value], reason: str, example: str
) -> None:
    found = fitted(params)
    assert found.trials == []
    assert dict(found.left_out) == {reason: 1}
    assert found.examples == {reason: example}


def test_trials_are_counted_by_their_reasons() -> None:
    outside = [{"rate": rate, "kind": "adam"} for rate in (0.5, 0.7)]
    found = fitted(*outside, {"rate": 0.01, "kind": "no"}, {"rate": 0.01, "kind": "adam"})
    assert sorted(found.left_out.values()) == [1, 2]
    assert len(found.trials) == 1


def test_a_parameter_that_the_space_does_not_have_leaves_a_trial_out_when_it_varied() -> None:
    one, other = ({"rate": 0.01, "kind": "adam", "depth": depth} for depth in (1, 2))
    reason = "`depth` is no parameter here; --rename depth=NAME, or --without depth"
    assert dict(fitted(one, other).left_out) == {reason: 2}
    assert len(configurations(one, other, names=Names(dropped=frozenset({"depth"})))) == 2
    alike = fitted(one, one)
    assert len(alike.trials) == 2
    assert alike.passed_over == ("depth",)


def test_what_the_space_fixes_may_be_named_with_that_value() -> None:
    params = {"rate": 0.01, "kind": "adam", "epochs": "10", "units": 32, "units.1": 32}
    assert configurations(params) == [{"rate": 0.01, "kind": "adam"}]


def test_renamed_parameters_are_read_by_their_new_names() -> None:
    names = Names({"lr": "rate"})
    assert configurations({"lr": 0.01, "kind": "adam"}, names=names) == [{"rate": 0.01, "kind": "adam"}]
    found = fitted({"lr": 0.01, "kind": "adam"}, {"lr": 0.02, "kind": "adam"})
    assert dict(found.left_out) == {"`lr` is no parameter here; --rename lr=NAME, or --without lr": 2}


def test_what_did_not_vary_there_is_given_or_known() -> None:
    alone = {"rate": 0.01}
    assert configurations(alone, names=Names(given={"kind": "adam"})) == [{"rate": 0.01, "kind": "adam"}]
    assert configurations(alone, fixed={"kind": ("adam", "adam")}) == [{"rate": 0.01, "kind": "adam"}]
    assert configurations(alone, fixed={"kind": ("adam", "sgd")}) == []
    assert configurations(alone, fixed={"kind": "adam", "epochs": 99}) == [{"rate": 0.01, "kind": "adam"}]


@pytest.mark.parametrize(
    ("domain", "value", "found"),
    [
        (Categories(("none", "l2")), None, "none"),
        (Categories((None, "l2")), "none", None),
        (Categories((True, False)), "True", True),
        (Categories((True, False)), "false", False),
        (Categories((32, 64)), "64.0", 64),
        (Categories((32, 64)), 64.0, 64),
        (Categories(("relu", "1")), "1", "1"),
        (IntRange(1, 9), "7", 7),
        (IntRange(1, 9), 7.0, 7),
        (FloatRange(0.0, 0.5, step=0.1), "0.30000000000000004", 0.3),
        (FloatRange(1e-5, 1.0), "1e-05", 1e-5),
    ],
)
def test_a_value_is_read_as_other_tools_write_it(domain: Domain, value: Value, found: Value) -> None:
    assert meant(value, domain) == found
    assert type(meant(value, domain)) is type(found)


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (Categories((True, False)), 1),
        (Categories((1, 2)), True),
        (Categories((1, 2)), "one"),
        (IntRange(1, 9), "7.5"),
        (IntRange(1, 9), None),
        (FloatRange(0.0, 1.0), "nan"),
        (FloatRange(0.0, 1.0), "inf"),
        (FloatRange(0.0, 1.0), "wide"),
        (FloatRange(0.0, 1.0), True),
    ],
)
def test_a_value_that_stands_for_none_of_the_domain_is_refused(domain: Domain, value: Value) -> None:
    with pytest.raises(DomainError):
        meant(value, domain)


@given(domains(), st.floats(0, 1))
def test_every_value_is_read_back_from_its_text(domain: Domain, place: float) -> None:
    value = domain.decode(place)
    assert meant(value, domain) == value
    text = repr(value) if isinstance(value, float) else str(value)
    assert meant(text, domain) == value

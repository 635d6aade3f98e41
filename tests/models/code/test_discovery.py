"""How a program's parameters are found before the first trial."""

from collections.abc import Callable

import keras
import pytest

from models.code import discovery
from models.code.discovery import MOST_BUILDS, QUIET_BUILDS, Discovery, discover
from models.code.hyperparameters import HyperParameters
from models.code.program import Program


def build(hp):
    """Four categories, and one parameter that only one of the last of them has."""
    hp.Int("units", 1, 8)
    if hp.Choice("kind", ["a", "b", "c", "d"]) == "d":
        hp.Float("rate", 0.1, 0.5)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    return model


def deep(hp):
    """Three layers, one of them in a model of its own."""
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model = keras.Sequential([inner, keras.layers.Dense(1)])
    build(hp)
    model.compile(loss="mse")
    return model


def looked(step_s: float, program: Callable[[HyperParameters], keras.Model] = build) -> Discovery:
    """What is found where a build takes `step_s`."""
    *_, last = discover(Program("own.py:build", program), fixed={}, written=(), seed=0, clock=stepping(step_s))
    return last


def stepping(step_s: float) -> Callable[[], float]:
    """A clock that goes on by `step_s` whenever it is looked at."""
    now = [0.0]

    def clock() -> float:
        now[0] += step_s
        return now[0]

    return clock


def test_every_category_is_built_and_what_it_asks_for_is_found() -> None:
    found = looked(0.0)
    assert set(found.asked) == {"units", "kind", "rate"}
    assert found.builds == 2 + 3 + QUIET_BUILDS <= MOST_BUILDS
    assert not found.is_cut


def test_slow_models_are_built_for_a_while_only_and_the_first_two_always() -> None:
    found = looked(100.0)
    assert (found.builds, found.is_cut) == (2, True)
    assert set(found.asked) == {"units", "kind"}
    assert looked(20.0).builds == 3


def test_of_large_models_few_are_built_and_those_inside_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "MOST_LAYERS", 9)
    found = looked(0.0, deep)
    assert (found.builds, found.layers, found.is_cut) == (3, 9, True)

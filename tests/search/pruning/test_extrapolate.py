"""Curves drawn on to their end: what is expected, how sure that is, and whom it stops."""

import math

import numpy as np
import pytest

from models.objective import Direction
from models.training.orders import Order
from search.pruning.extrapolate import ExtrapolatePruner, by_curves, by_power_law, whole
from search.study import Curve, Decision
from tests.search.pruning.rivals import asked

EPOCHS = 30


def level(height: float, *, epochs: int = EPOCHS, speed: float = 0.2) -> tuple[float, ...]:
    """A curve that rises to `height`."""
    return tuple(height * (1 - math.exp(-speed * epoch)) for epoch in range(1, epochs + 1))


def complete(heights: list[float], sign: float = 1.0) -> list[Curve]:
    return [Curve(n, tuple(sign * v for v in level(h)), ended=True) for n, h in enumerate(heights)]


HEIGHTS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.75, 0.65]
RULE = ExtrapolatePruner(Direction.MAXIMIZE, EPOCHS)


def test_curves_of_one_shape_are_drawn_on_exactly() -> None:
    earlier = np.array([level(h) for h in HEIGHTS])
    forecast = by_curves(np.array(level(0.55, epochs=6)), earlier)
    assert forecast.mean == pytest.approx(level(0.55)[-1], abs=0.01)
    assert forecast.chance_of(0.8) < 0.001 < 0.999 < forecast.chance_of(0.4)


def test_a_forecast_is_as_unsure_as_the_rule_is_wrong_about_earlier_curves() -> None:
    rng = np.random.default_rng(0)
    alike = np.array([level(h) for h in HEIGHTS])
    unlike = np.array([level(h, speed=s) for h, s in zip(HEIGHTS, rng.uniform(0.03, 0.5, 7), strict=True)])
    begun = np.array(level(0.6, epochs=4))
    assert by_curves(begun, unlike).spreads[0] > 2 * by_curves(begun, alike).spreads[0]


def test_a_power_law_is_drawn_on_exactly() -> None:
    values = np.array([0.9 - 0.5 * epoch**-0.5 for epoch in range(1, 13)])
    forecast = by_power_law(values, 100)
    assert forecast is not None
    assert forecast.mean == pytest.approx(0.85, abs=0.02)
    assert by_power_law(values[:4], 100) is None


def test_a_hopeless_trial_is_stopped_with_its_figures() -> None:
    decision = asked(RULE, Curve(20, level(0.5, epochs=8)), complete(HEIGHTS))
    assert decision.order is Order.STOP
    assert decision.reason.startswith("0.399052 at epoch 8 is to end near 0.")
    assert "by 7 earlier curves: a chance of" in decision.reason
    assert decision.reason.endswith("to beat 0.897769")


def test_a_trial_that_may_still_win_goes_on() -> None:
    assert asked(RULE, Curve(20, level(0.95, epochs=8)), complete(HEIGHTS)) == Decision.go_on()


def test_small_is_good_when_the_objective_is_to_be_small() -> None:
    rule = ExtrapolatePruner(Direction.MINIMIZE, EPOCHS)
    for height, order in ((0.5, Order.STOP), (0.95, Order.GO_ON)):
        trial = Curve(20, tuple(-v for v in level(height, epochs=8)))
        assert asked(rule, trial, complete(HEIGHTS, -1.0), Direction.MINIMIZE).order is order


def test_a_better_trial_is_never_stopped_whatever_its_curve_says() -> None:
    falling = Curve(20, (0.95, 0.5, 0.3, 0.2, 0.1, 0.05))
    assert asked(RULE, falling, complete(HEIGHTS)) == Decision.go_on()


def test_few_earlier_curves_leave_it_to_the_power_law() -> None:
    decision = asked(RULE, Curve(20, level(0.3, epochs=15)), complete([0.9, 0.8, 0.7]))
    assert "by a power law" in decision.reason


def test_a_trial_that_stopped_early_keeps_its_best_and_missing_numbers_do_no_harm() -> None:
    early = [Curve(n, level(h, epochs=20), ended=True) for n, h in enumerate(HEIGHTS)]
    nan_first = [Curve(30 + n, (math.nan, *level(h)[1:]), ended=True) for n, h in enumerate(HEIGHTS)]
    nan_only = [Curve(50, (math.nan,) * EPOCHS, ended=True)]
    trial = Curve(60, (math.nan, *level(0.4, epochs=9)[1:]))
    decision = asked(RULE, trial, [*early, *nan_first, *nan_only])
    assert decision.order is Order.STOP
    assert "by 14 earlier curves" in decision.reason


def test_a_curve_is_made_whole() -> None:
    assert whole(np.array([math.nan, 0.2, 0.4]), 5).tolist() == [0.2, 0.2, 0.4, 0.4, 0.4]
    assert whole(np.array([0.1, 0.2, 0.4]), 2).tolist() == [0.1, 0.2]

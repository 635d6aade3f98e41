"""What single pruners do and say."""

from typing import Any

import pytest

from models.objective import Direction
from models.training.orders import Order
from search.ports import Pruner
from search.pruning.hyperband import HyperbandPruner
from search.pruning.registry import make_pruner
from search.pruning.successive_halving import SuccessiveHalvingPruner
from search.study import Curve, Decision
from tests.search.pruning.rivals import asked

GO_ON = Decision.go_on()


def made(name: str, direction: Direction = Direction.MAXIMIZE, **options: Any) -> Pruner:
    at_once = {"warmup_epochs": 0} if name in ("median", "percentile", "dominated") else {}
    return make_pruner(name, {**at_once, **options}, direction=direction, max_epochs=81)


def complete(number: int, *values: float) -> Curve:
    return Curve(number, values, ended=True)


def cut(number: int, *values: float) -> Curve:
    return Curve(number, values, ended=True, cut=True)


SEVEN = [complete(n, 0.1, 0.9 + n / 100) for n in range(7)]


def test_median_says_its_figures() -> None:
    decision = asked(made("median"), Curve(9, (0.2, 0.912)), SEVEN)
    assert decision == Decision.stop("0.912 is below the median 0.93 of 7 trials at epoch 2")


def test_median_says_above_when_small_is_good() -> None:
    others = [complete(n, -0.1, -0.9 - n / 100) for n in range(7)]
    decision = asked(made("median", Direction.MINIMIZE), Curve(9, (-0.2, -0.912)), others, Direction.MINIMIZE)
    assert decision.reason == "-0.912 is above the median -0.93 of 7 trials at epoch 2"


def test_percentile_says_what_share_goes_on() -> None:
    decision = asked(made("percentile", percentile=50 / 3), Curve(9, (0.2, 0.94)), SEVEN)
    assert decision.reason == "0.94 is below the 0.95 that the best 16.6667 % of 7 trials reach at epoch 2"


def test_median_compares_the_best_so_far_not_the_last_value() -> None:
    assert asked(made("median"), Curve(9, (0.95, 0.2)), SEVEN) == GO_ON


def test_median_spares_the_first_three_epochs_when_nothing_is_said() -> None:
    pruner = make_pruner("median", {}, direction=Direction.MAXIMIZE, max_epochs=81)
    assert asked(pruner, Curve(9, (0.0,) * 3), SEVEN) == GO_ON
    assert asked(pruner, Curve(9, (0.0,) * 4), SEVEN) != GO_ON


def test_a_difference_by_rounding_is_a_tie() -> None:
    others = [complete(n, 0.5) for n in range(7)]
    assert asked(made("median"), Curve(9, (0.5 - 1e-8,)), others) == GO_ON
    assert asked(made("median"), Curve(9, (0.5 - 1e-4,)), others) != GO_ON


def test_median_waits_for_its_startup_trials() -> None:
    assert asked(made("median"), Curve(9, (0.0,)), SEVEN[:4]) == GO_ON
    assert asked(made("median", startup_trials=4), Curve(9, (0.0,)), SEVEN[:4]) != GO_ON


def test_median_looks_after_the_warm_up_and_then_at_every_interval() -> None:
    pruner = made("median", warmup_epochs=2, interval_epochs=3)
    looked = [e for e in range(1, 10) if asked(pruner, Curve(9, (0.0,) * e), SEVEN) != GO_ON]
    assert looked == [3, 6, 9]


def test_median_does_not_count_pruned_trials() -> None:
    pruned = [cut(n, 0.1, 0.2) for n in range(20, 60)]
    assert asked(made("median"), Curve(9, (0.1, 0.3)), [*SEVEN, *pruned]) != GO_ON
    assert asked(made("median"), Curve(9, (0.0,)), pruned) == GO_ON


def test_a_trial_that_stopped_early_keeps_its_best_for_later_epochs() -> None:
    decision = asked(made("median"), Curve(9, (0.5,) * 30), SEVEN)
    assert decision.reason == "0.5 is below the median 0.93 of 7 trials at epoch 30"


def test_halving_says_its_place() -> None:
    rivals = [Curve(n, (n / 10,)) for n in range(8)]
    decision = asked(made("successive_halving"), Curve(9, (0.55,)), rivals)
    assert decision.reason == "0.55 is place 3 of 9 at the rung of epoch 1; the best 2 go on"


def test_halving_keeps_only_the_best_while_there_are_few() -> None:
    decision = asked(made("successive_halving"), Curve(9, (0.1,)), [Curve(1, (0.2,))])
    assert decision.reason == "0.1 is place 2 of 2 at the rung of epoch 1; the best goes on"


def test_halving_looks_at_rungs_only() -> None:
    pruner = SuccessiveHalvingPruner(Direction.MAXIMIZE, min_epochs=2, eta=3, min_early_stopping_rate=1)
    rival = [complete(1, *(0.9,) * 200)]
    judged = [e for e in range(1, 200) if asked(pruner, Curve(9, (0.5,) * e), rival) != GO_ON]
    assert judged == [6, 18, 54, 162]


def test_halving_counts_pruned_trials_at_the_rungs_they_reached_only() -> None:
    pruner = made("successive_halving", eta=2)
    rivals = [cut(n, 0.1) for n in range(10)] + [complete(20, 0.9, 0.9), complete(21, 0.8, 0.8)]
    assert asked(pruner, Curve(9, (0.5,)), rivals) == GO_ON
    assert asked(pruner, Curve(9, (0.5, 0.5)), rivals) != GO_ON


def test_hyperband_spreads_trials_over_brackets_by_the_shares_of_the_paper() -> None:
    pruner = HyperbandPruner(Direction.MAXIMIZE, max_epochs=81, eta=3)
    assert pruner.shares() == (81, 34, 15, 8, 5)
    counts = [0] * 5
    for number in range(143):
        counts[pruner.group(number)] += 1
    assert all(abs(count - share) <= 2 for count, share in zip(counts, pruner.shares(), strict=True))
    assert {pruner.group(number) for number in range(30)} >= {0, 1, 2}


def test_hyperband_has_a_bracket_for_each_power_of_eta_up_to_the_true_maximum() -> None:
    brackets = {epochs: len(HyperbandPruner(Direction.MAXIMIZE, epochs).shares()) for epochs in (1, 2, 3, 8, 9)}
    assert brackets == {1: 1, 2: 1, 3: 2, 8: 2, 9: 3}
    assert len(HyperbandPruner(Direction.MAXIMIZE, 243).shares()) == 6


def test_hyperband_compares_inside_the_bracket_and_names_it() -> None:
    rule = HyperbandPruner(Direction.MAXIMIZE, max_epochs=81, promotes=False)
    same, other = ([n for n in range(40) if (rule.group(n) == rule.group(40)) is inside] for inside in (True, False))
    trial = Curve(40, (0.5,) * 3 ** rule.group(40))
    long = (0.9,) * 81
    assert asked(rule, trial, [complete(n, *long) for n in other]) == GO_ON
    decision = asked(rule, trial, [complete(n, *long) for n in same])
    assert decision.reason.startswith(f"in bracket {rule.group(40)}, 0.5 is place {len(same) + 1} of")


def test_hyperband_stops_where_it_is_not_to_promote() -> None:
    """Alone, a trial goes on when it may only be stopped, and rests when it may be promoted later."""
    trial, better = Curve(0, (0.5,)), cut(2, 0.9)
    assert HyperbandPruner(Direction.MAXIMIZE, max_epochs=81).group(2) == 0
    for promote, order, alone in ((True, Order.PAUSE, Order.PAUSE), (False, Order.STOP, Order.GO_ON)):
        pruner = made("hyperband", promote=promote)
        assert asked(pruner, trial, [better]).order is order
        assert asked(pruner, trial, []).order is alone


def test_patient_waits_while_the_trial_improves() -> None:
    pruner = made("patient", patience=2, pruner={"name": "median", "startup_trials": 1})
    assert asked(pruner, Curve(9, (0.1, 0.2, 0.3, 0.31)), SEVEN) == GO_ON
    assert asked(pruner, Curve(9, (0.3, 0.3)), SEVEN) == GO_ON
    decision = asked(pruner, Curve(9, (0.1, 0.3, 0.2, 0.3)), SEVEN)
    assert decision.reason == (
        "no better than 0.3 for 2 epochs, and 0.3 is below the median 0.93 of 7 trials at epoch 4"
    )


def test_patient_takes_a_small_improvement_for_none() -> None:
    wrapped = {"name": "threshold", "lower": 0.9}
    trial = Curve(9, (0.1, 0.3, 0.31, 0.32))
    assert asked(made("patient", patience=2, min_delta=0.01, pruner=wrapped), trial, []) == GO_ON
    assert asked(made("patient", patience=2, min_delta=0.05, pruner=wrapped), trial, []) != GO_ON


def test_patient_does_not_stop_what_the_wrapped_pruner_would_keep() -> None:
    pruner = made("patient", patience=2, pruner={"name": "median", "startup_trials": 1})
    assert asked(pruner, Curve(9, (0.99,) * 9), SEVEN) == GO_ON


@pytest.mark.parametrize(
    ("value", "reason"),
    [(0.2, "0.2 is below 0.3 at epoch 2"), (0.8, "0.8 is above 0.7 at epoch 2"), (0.5, "")],
)
def test_threshold_says_which_bound_is_broken(value: float, reason: str) -> None:
    assert asked(made("threshold", lower=0.3, upper=0.7), Curve(9, (0.5, value)), []).reason == reason


def test_threshold_looks_after_the_warm_up() -> None:
    pruner = made("threshold", lower=0.3, warmup_epochs=1)
    assert asked(pruner, Curve(9, (0.0,)), []) == GO_ON
    assert asked(pruner, Curve(9, (0.0, 0.0)), []) != GO_ON


def sized(number: int, n_params: int | None, *values: float) -> Curve:
    return Curve(number, values, ended=True, n_params=n_params)


SIZES = [sized(n, 100 * (n + 1), 0.1, 0.9 + n / 100) for n in range(7)]
"""Each is larger and better than the one before."""


def test_dominated_compares_with_trials_that_have_no_more_weights() -> None:
    large, small = Curve(9, (0.2, 0.912), n_params=700), Curve(9, (0.2, 0.912), n_params=300)
    assert asked(made("dominated"), large, SIZES) == Decision.stop(
        "0.912 is below the median 0.93 of 7 trials with no more than its 700 weights at epoch 2"
    )
    assert asked(made("dominated"), small, SIZES) == GO_ON


def test_dominated_spares_a_trial_while_few_are_better() -> None:
    trial = Curve(9, (0.1, 0.1), n_params=200)
    assert asked(made("dominated"), trial, SIZES) == GO_ON
    assert asked(made("dominated", dominators=2), trial, SIZES) != GO_ON


def test_dominated_spares_a_trial_at_the_median() -> None:
    assert asked(made("dominated"), Curve(9, (0.2, 0.93), n_params=700), SIZES) == GO_ON


def test_dominated_knows_nothing_of_models_whose_size_is_not_known() -> None:
    unknown = [sized(n, None, 0.1, 0.9) for n in range(7)]
    assert asked(made("dominated"), Curve(9, (0.1, 0.1), n_params=700), unknown) == GO_ON
    assert asked(made("dominated"), Curve(9, (0.1, 0.1)), SIZES) == GO_ON


def test_dominated_compares_with_trials_that_run() -> None:
    running = [Curve(n, (0.1, 0.9), n_params=100) for n in range(5)]
    assert asked(made("dominated"), Curve(9, (0.1, 0.1), n_params=100), running) != GO_ON
    behind = [Curve(n, (0.9,), n_params=100) for n in range(5)]
    assert asked(made("dominated"), Curve(9, (0.1, 0.1), n_params=100), behind) == GO_ON

"""What every pruner promises, and agreement with Optuna's own where the semantics are the same."""

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
import pytest

from models.objective import Direction
from models.training.orders import Order
from search.ports import Pruner, Rested
from search.pruning.registry import OPTIONS, PRUNERS, make_pruner
from search.resting import RestingTrials
from search.standings import Standings
from search.study import Curve, Decision
from tests.search.pruning.rivals import asked

MAX_EPOCHS = 16
EAGER: dict[str, dict[str, Any]] = {
    "median": {"startup_trials": 2},
    "percentile": {"startup_trials": 2, "warmup_epochs": 0, "percentile": 30.0},
    "successive_halving": {"eta": 2},
    "patient": {"patience": 2, "pruner": {"name": "median", "startup_trials": 2}},
    "threshold": {"lower": 0.4, "upper": 0.9},
    "extrapolate": {"startup_trials": 2, "warmup_epochs": 1, "least_chance": 0.2},
    "dominated": {"dominators": 2, "warmup_epochs": 1},
}
"""Options under which each pruner stops some of the curves below."""
PAUSING = {
    "asha": {"eta": 2},
    "hyperband": {"eta": 2},
    "one_epoch": {"min_epochs": 3},
}
"""Those that pause trials and stop none."""
STOPPING = sorted(EAGER)
COMPARING = ["median", "percentile", "successive_halving", "patient", "extrapolate", "dominated", *PAUSING]
every_pruner = pytest.mark.parametrize("name", sorted(PRUNERS))
every_stopping_pruner = pytest.mark.parametrize("name", STOPPING)


def made(name: str, direction: Direction = Direction.MAXIMIZE, **options: Any) -> Pruner:
    return make_pruner(
        name, {**EAGER.get(name, {}), **PAUSING.get(name, {}), **options}, direction=direction, max_epochs=MAX_EPOCHS
    )


def spared(name: str) -> set[Order]:
    """What a pruner may say of a trial that it does not stop."""
    return {Order.GO_ON, Order.PAUSE} if name in PAUSING else {Order.GO_ON}


def mirrored(name: str) -> dict[str, Any]:
    return {"lower": -0.9, "upper": -0.4} if name == "threshold" else {}


def random_values(rng: np.random.Generator, epochs: int) -> tuple[float, ...]:
    """A noisy learning curve towards a random level, in (0, 1)."""
    level, speed = rng.uniform(0.3, 1.0), rng.uniform(0.1, 1.0)
    noise = rng.normal(0.0, 0.03, epochs)
    return tuple(float(level * (1 - math.exp(-speed * e)) + n) for e, n in enumerate(noise, start=1))


def random_study(seed: int) -> tuple[Curve, list[Curve]]:
    """A running trial and others: complete, stopped early, pruned and running."""
    rng = np.random.default_rng(seed)
    others = []
    for number in range(12):
        epochs = int(rng.integers(1, MAX_EPOCHS + 1))
        ended = bool(rng.random() < 0.8)
        cut = bool(ended and epochs < MAX_EPOCHS and rng.random() < 0.3)
        others.append(Curve(number, random_values(rng, epochs), ended=ended, cut=cut, n_params=number % 4))
    return Curve(12, random_values(rng, int(rng.integers(1, MAX_EPOCHS))), n_params=2), others


def beginnings() -> list[tuple[Curve, list[Curve], int]]:
    """Random studies, with an epoch that the asked trial has come to."""
    return [
        (trial, others, 1 + seed % len(trial.values)) for seed in range(200) for trial, others in [random_study(seed)]
    ]


def negated(curve: Curve) -> Curve:
    return replace(curve, values=tuple(-v for v in curve.values))


def decisions(pruner: Pruner) -> list[Decision]:
    return [asked(pruner, *random_study(seed)) for seed in range(200)]


@every_stopping_pruner
def test_some_trials_go_on_and_some_are_stopped(name: str) -> None:
    assert {d.order for d in decisions(made(name))} == {Order.GO_ON, Order.STOP}


@pytest.mark.parametrize("name", PAUSING)
def test_some_trials_are_paused_and_only_a_nan_stops_one(name: str) -> None:
    found = {asked(made(name), Curve(12, trial.values[:e]), others).order for trial, others, e in beginnings()}
    assert found == {Order.GO_ON, Order.PAUSE}
    assert asked(made(name), Curve(3, (0.5, math.nan)), []) == Decision.stop("the objective is NaN")


@every_pruner
def test_without_a_paused_trial_none_is_promoted_or_hopeless(name: str) -> None:
    pruner, nobody = made(name), RestingTrials(Direction.MAXIMIZE, lambda number: 0)
    others = Standings(Direction.MAXIMIZE, pruner.group).beside
    assert pruner.promote(nobody, others, more=False) is None
    assert not pruner.hopeless(nobody, others, most=1)


@pytest.mark.parametrize("name", [*STOPPING, "none"])
def test_a_pruner_that_pauses_nothing_leaves_paused_trials_to_the_driver(name: str) -> None:
    pruner = made(name)
    resting = RestingTrials(Direction.MAXIMIZE, pruner.group)
    curves = [Curve(number, (number / 10,)) for number in range(40)]
    for curve in curves:
        resting.add(Rested(curve.number, 1, curve.values[0]))
    others = Standings.of(curves, Direction.MAXIMIZE, pruner.group).beside
    assert pruner.promote(resting, others, more=False) is None
    assert not pruner.hopeless(resting, others, most=40)


@pytest.mark.parametrize("name", PAUSING)
def test_the_best_paused_trial_is_promoted_and_never_hopeless(name: str) -> None:
    pruner = made(name)
    epochs = PAUSING[name].get("min_epochs", 1)
    resting = RestingTrials(Direction.MAXIMIZE, pruner.group)
    numbers = [number for number in range(60) if pruner.group(number) == 0][:9]
    curves = [Curve(number, (number / 100,) * epochs) for number in numbers]
    for curve in curves:
        resting.add(Rested(curve.number, epochs, curve.values[-1]))
    others = Standings.of(curves, Direction.MAXIMIZE, pruner.group).beside
    promotion = pruner.promote(resting, others, more=False)
    assert promotion is not None
    assert promotion.number == numbers[-1]
    assert promotion.reason
    hopeless = pruner.hopeless(resting, others, most=9)
    assert hopeless
    assert numbers[-1] not in hopeless
    assert len(resting) == 9


def test_none_never_stops_a_trial() -> None:
    assert {d.order for d in decisions(made("none"))} == {Order.GO_ON}
    assert asked(made("none"), Curve(0, (math.nan,)), []).order is Order.GO_ON


@every_pruner
def test_a_question_changes_nothing(name: str) -> None:
    pruner = made(name)
    for seed in range(30):
        trial, others = random_study(seed)
        before = copy.deepcopy((trial, others))
        rivals = Standings.of(others, Direction.MAXIMIZE, pruner.group).beside(trial.number)
        first = pruner.decide(trial, rivals)
        assert pruner.decide(trial, rivals) == first
        assert asked(made(name), trial, others) == first
        assert (trial, others) == before


@every_pruner
def test_the_order_of_the_others_does_not_matter(name: str) -> None:
    pruner = made(name)
    for seed in range(30):
        trial, others = random_study(seed)
        assert asked(pruner, trial, others[::-1]) == asked(pruner, trial, others)


@every_pruner
def test_a_stop_and_a_pause_have_a_reason_and_going_on_has_none(name: str) -> None:
    for decision in decisions(made(name)):
        assert bool(decision.reason) == (decision.order is not Order.GO_ON)
        assert "nan" not in decision.reason


@every_stopping_pruner
def test_nan_stops_a_trial_at_any_time(name: str) -> None:
    for values in [(math.nan,), (0.5, math.nan), (0.5,) * (MAX_EPOCHS - 1) + (math.nan,)]:
        decision = asked(made(name), Curve(3, values), [])
        assert decision == Decision.stop("the objective is NaN")


@every_pruner
def test_others_with_nan_or_without_epochs_are_no_rivals(name: str) -> None:
    pruner = made(name)
    for seed in range(60):
        trial, others = random_study(seed)
        empty = [Curve(20, ()), Curve(21, (math.nan,) * MAX_EPOCHS)]
        assert asked(pruner, trial, [*others, *empty]) == asked(pruner, trial, others)


@every_pruner
def test_a_trial_without_an_epoch_or_with_all_its_epochs_goes_on(name: str) -> None:
    _, others = random_study(0)
    for values in [(), (0.001,) * MAX_EPOCHS]:
        assert asked(made(name), Curve(20, values), others) == Decision.go_on()


@every_pruner
def test_alone_a_trial_is_not_stopped(name: str) -> None:
    assert asked(made(name), Curve(0, (0.5, 0.4, 0.6)), []).order in spared(name)


@every_pruner
def test_mirrored_curves_give_the_same_decisions(name: str) -> None:
    up, down = made(name), made(name, Direction.MINIMIZE, **mirrored(name))
    for seed in range(100):
        trial, others = random_study(seed)
        there = asked(up, trial, others).order
        assert asked(down, negated(trial), [negated(o) for o in others], Direction.MINIMIZE).order is there


@pytest.mark.parametrize("name", COMPARING)
def test_the_best_trial_is_never_stopped(name: str) -> None:
    pruner = made(name)
    for seed in range(200):
        trial, others = random_study(seed)
        best = max(v for curve in others for v in curve.values)
        champion = replace(trial, values=(*trial.values[:-1], best))
        assert asked(pruner, champion, others).order in spared(name)


@pytest.mark.parametrize("name", COMPARING)
def test_trials_that_are_all_alike_are_not_stopped(name: str) -> None:
    others = [Curve(n, (0.5,) * MAX_EPOCHS, ended=True) for n in range(9)]
    for epochs in range(1, MAX_EPOCHS):
        assert asked(made(name), Curve(9, (0.5,) * epochs), others).order in spared(name)


# ---------------------------------------------------------------------------- agreement with Optuna
def rising(rng: np.random.Generator) -> tuple[float, ...]:
    """A curve that never falls: its last value is its best, so that Optuna compares what we compare."""
    return tuple(float(v) for v in np.maximum.accumulate(random_values(rng, MAX_EPOCHS)))


def optuna_stops(
    pruner: optuna.pruners.BasePruner,
    curves: Sequence[tuple[float, ...]],
    *,
    direction: Direction,
    first: int,
) -> list[int]:
    """The epoch after which each trial is stopped (MAX_EPOCHS if never), one trial after the other."""
    word = "maximize" if direction is Direction.MAXIMIZE else "minimize"
    study = optuna.create_study(direction=word, pruner=pruner)
    stops = []
    for values in curves:
        trial = study.ask()
        epoch = MAX_EPOCHS
        for e, value in enumerate(values, start=1):
            trial.report(value, e - 1 + first)
            if e < MAX_EPOCHS and trial.should_prune():
                epoch = e
                break
        if epoch < MAX_EPOCHS:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, values[-1])
        stops.append(epoch)
    return stops


def our_stops(pruner: Pruner, curves: Sequence[tuple[float, ...]], *, direction: Direction) -> list[int]:
    done: list[Curve] = []
    for number, values in enumerate(curves):
        epoch = next(
            (
                e
                for e in range(1, MAX_EPOCHS)
                if asked(pruner, Curve(number, values[:e]), done, direction).order is Order.STOP
            ),
            MAX_EPOCHS,
        )
        done.append(Curve(number, values[:epoch], ended=True, cut=epoch < MAX_EPOCHS))
    return [len(curve.values) for curve in done]


PAIRS = [
    pytest.param(
        "median",
        {"startup_trials": 3, "warmup_epochs": 2, "interval_epochs": 3, "min_trials": 2},
        lambda: optuna.pruners.MedianPruner(3, n_warmup_steps=2, interval_steps=3, n_min_trials=2),
        0,
        id="median",
    ),
    pytest.param(
        "percentile",
        {"startup_trials": 4, "warmup_epochs": 0, "percentile": 30.0},
        lambda: optuna.pruners.PercentilePruner(30.0, n_startup_trials=4),
        0,
        id="percentile",
    ),
    pytest.param(
        "successive_halving",
        {"min_epochs": 2, "eta": 2, "min_early_stopping_rate": 1},
        lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=2, min_early_stopping_rate=1),
        1,
        id="successive halving",
    ),
]


@pytest.mark.parametrize(("name", "options", "theirs", "first"), PAIRS)
@pytest.mark.parametrize("direction", list(Direction))
def test_trials_are_stopped_when_optuna_stops_them(
    name: str, options: dict[str, Any], theirs: Any, first: int, direction: Direction
) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sign = 1.0 if direction is Direction.MAXIMIZE else -1.0
        curves = [tuple(sign * v for v in rising(rng)) for _ in range(40)]
        ours = our_stops(
            make_pruner(name, options, direction=direction, max_epochs=MAX_EPOCHS), curves, direction=direction
        )
        assert ours == optuna_stops(theirs(), curves, direction=direction, first=first)
        assert min(ours) < MAX_EPOCHS


def test_every_pruner_has_its_options_listed() -> None:
    assert PRUNERS.keys() == OPTIONS.keys()

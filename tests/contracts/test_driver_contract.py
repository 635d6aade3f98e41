"""What every driver promises, held by every sampler, every oracle and the scripted driver."""

import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from models.objective import Aim, Direction
from search.drivers.keras_tuner.driver import KerasTunerDriver
from search.drivers.registry import DRIVERS, make_driver
from search.drivers.scripted import ScriptedDriver
from search.drivers.setup import DriverError, DriverSetup
from search.history import PastTrial
from search.ports import Driver
from search.study import RecordedTrial, Suggestion
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.space import Dimension, Space
from tests.contracts.oracles import shared
from tests.contracts.plays import Play, outcome_of, params_of, stored, value_of, values_of

NAMES = {"rate", "optimizer", "layers", "momentum", "units.1", "units.2", "mixed", "batch", "dropout"}
SPACE = Space(
    (
        Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("optimizer", Categories(("adam", "sgd"))),
        Dimension("momentum", FloatRange(0.0, 0.9), when=parse("optimizer == 'sgd'", names=NAMES)),
        Dimension("layers", IntRange(1, 2)),
        Dimension("units.1", IntRange(16, 256, log=True)),
        Dimension("units.2", IntRange(16, 256, step=16), when=parse("layers >= 2", names=NAMES)),
        Dimension("mixed", Categories((None, True, 1, "one"))),
        Dimension("batch", Categories((32, 64, 128), ordered=True)),
        Dimension("dropout", FloatRange(0.0, 0.3, step=0.1)),
    )
)
GUESSED = Space((*SPACE.dimensions[:1], Dimension("depth", IntRange(1, 9), default=7)))
SMALL = Space((Dimension("kind", Categories(("a", "b"))), Dimension("size", Categories((1, 2, 3), ordered=True))))
# the parameter that decides whether another applies comes last, so that a grid meets both early
LAST = Space(
    (
        Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("units.1", IntRange(16, 256, log=True)),
        Dimension("mixed", Categories((None, True, 1, "one"))),
        Dimension("optimizer", Categories(("adam", "sgd"))),
        Dimension("momentum", FloatRange(0.0, 0.9), when=parse("optimizer == 'sgd'", names=NAMES)),
    )
)

Make = Callable[..., Driver]


def setup_of(
    sampler: str, *, seed: int, space: Space, direction: Direction, costs: tuple[str, ...] = ()
) -> DriverSetup:
    aims = (Aim("value", direction), *(Aim(cost, Direction.MINIMIZE) for cost in costs)) if costs else ()
    return DriverSetup(space, sampler, direction, max_epochs=9, seed=seed, startup_trials=4, grid_points=2, aims=aims)


def planned(sampler: str, *, costs: tuple[str, ...] = ()) -> Make:
    def make(*, seed: int = 0, space: Space = SPACE, direction: Direction = Direction.MAXIMIZE) -> Driver:
        return make_driver("optuna", setup_of(sampler, seed=seed, space=space, direction=direction, costs=costs))

    return make


def oracle(name: str) -> Make:
    def make(*, seed: int = 0, space: Space = SPACE, direction: Direction = Direction.MAXIMIZE) -> Driver:
        return KerasTunerDriver(setup_of(name, seed=seed, space=space, direction=direction), shared())

    return make


def scripted(*, seed: int = 0, space: Space = SPACE, direction: Direction = Direction.MAXIMIZE) -> Driver:
    guess = space.first_guess()
    sampled = planned("random")(seed=seed, space=space)
    params = [s.params for n in range(40) if (s := sampled.ask(n)) is not None]
    return ScriptedDriver(params if guess is None else [guess, *params[1:]], max_epochs=9)


NEEDS_TORCH = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
MARKS = {"gp": [NEEDS_TORCH, pytest.mark.slow], "bayesian": [pytest.mark.slow]}
MAKERS = [
    *(pytest.param(planned(name), id=name, marks=MARKS.get(name, [])) for name in DRIVERS["optuna"]),
    *(pytest.param(oracle(name), id=f"{name} oracle", marks=MARKS.get(name, [])) for name in DRIVERS["keras_tuner"]),
    *(
        pytest.param(planned(name, costs=("params",)), id=f"{name} of two", marks=MARKS.get(name, []))
        for name in ("tpe", "nsga2", "gp")
    ),
    pytest.param(scripted, id="scripted"),
]
every_driver = pytest.mark.parametrize("make", MAKERS)
UNSEEDED = ("grid oracle",)
"""KerasTuner's grid has one order."""
ROUNDS = 16


def asked(driver: Driver, number: int) -> Suggestion:
    suggestion = driver.ask(number)
    assert suggestion is not None
    return suggestion


@every_driver
def test_suggestions_are_configurations_of_the_space_with_active_parameters_only(make: Make) -> None:
    play = Play(make(space=LAST)).until(ROUNDS)
    assert [LAST.why_not(params) for params in params_of(play)] == [None] * ROUNDS
    assert {"momentum" in params for params in params_of(play)} == {True, False}


@every_driver
def test_values_are_plain_python_values_of_their_domain(make: Make) -> None:
    for params in params_of(Play(make()).until(ROUNDS)):
        assert SPACE.why_not(params) is None
        assert {type(v) for v in params.values()} <= {bool, int, float, str, type(None)}
        assert type(params["units.1"]) is int


@every_driver
def test_a_suggestion_carries_its_number_epochs_and_source(make: Make) -> None:
    suggestion = asked(make(), 0)
    assert (suggestion.number, suggestion.epochs, suggestion.resume) == (0, 9, False)
    assert suggestion.source


@every_driver
@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_seed_gives_the_same_suggestions(make: Make, workers: int) -> None:
    one, other = (Play(make(seed=0), workers, pauses=True).until(ROUNDS) for _ in range(2))
    assert one.said == other.said


@every_driver
def test_another_seed_gives_other_suggestions(make: Make, request: pytest.FixtureRequest) -> None:
    is_alike = params_of(Play(make(seed=0)).until(4)) == params_of(Play(make(seed=1)).until(4))
    assert is_alike is any(name in request.node.callspec.id for name in UNSEEDED)


@every_driver
def test_trials_may_be_asked_in_parallel_and_differ(make: Make) -> None:
    play = Play(make()).until(6)
    play.workers = 6
    play.until(10)
    assert len({json.dumps(params) for params in params_of(play)[6:]}) == 4


@every_driver
def test_trials_may_be_told_in_any_order(make: Make) -> None:
    in_order, reversed_ = make(), make()
    suggestions = [asked(in_order, number) for number in range(10)]
    assert [asked(reversed_, number) for number in range(10)] == suggestions
    for suggestion in suggestions:
        in_order.tell(suggestion.number, outcome_of(suggestion))
    for suggestion in reversed(suggestions):
        reversed_.tell(suggestion.number, outcome_of(suggestion))
    assert in_order.ask(10) == reversed_.ask(10)


@every_driver
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("pauses", [False, True])
def test_a_restored_driver_goes_on_as_if_it_had_never_stopped(make: Make, workers: int, pauses: bool) -> None:
    straight = Play(make(), workers, pauses).until(ROUNDS)
    killed = Play(make(), workers, pauses).until(ROUNDS // 2).killed(make()).until(ROUNDS)
    assert killed.said == straight.said


@every_driver
def test_trials_are_restored_in_any_order(make: Make) -> None:
    trials = stored(list(Play(make(), workers=3).until(8).trials.values()))
    one, other = make(), make()
    one.restore(trials)
    other.restore(trials[::-1])
    assert one.ask(8) == other.ask(8)


@every_driver
def test_a_restored_running_trial_can_be_told(make: Make) -> None:
    driver = make()
    suggestion = asked(make(), 0)
    driver.restore([RecordedTrial(suggestion, [0.5], None)])
    driver.tell(0, outcome_of(suggestion))
    assert driver.ask(1) is not None


@every_driver
def test_a_paused_trial_can_go_on_rest_again_and_be_told(make: Make) -> None:
    driver = make()
    suggestion = asked(driver, 0)
    values = values_of(outcome_of(suggestion))
    for epoch in (1, 2, 3):
        driver.paused(0, values[:epoch])
    driver.tell(0, outcome_of(suggestion))
    assert asked(driver, 1).params != suggestion.params


@every_driver
def test_trials_that_all_fail_do_not_keep_a_driver_from_suggesting(make: Make) -> None:
    driver = make()
    failed = outcome_of(replace(asked(make(), 0), number=6))
    for number in range(12):
        driver.tell(asked(driver, number).number, failed)
    assert asked(driver, 12).number == 12


@every_driver
def test_once_no_trial_may_start_paused_ones_go_on_until_none_is_wanted(make: Make) -> None:
    play = Play(make(), workers=2).until(7)
    while play.running:
        play.stop_oldest()
    rested = {n: trial.pause.epoch for n, trial in play.trials.items() if trial.pause is not None}
    for _ in count():
        suggestion = play.driver.go_on()
        if suggestion is None:
            break
        assert suggestion.resume
        assert suggestion.pause_after is None or suggestion.pause_after > rested[suggestion.number]
        play.take(suggestion)
        play.stop_oldest()
        pause = play.trials[suggestion.number].pause
        rested[suggestion.number] = 9 if pause is None else pause.epoch
    assert len(play.trials) == 7


@every_driver
def test_a_first_guess_is_trial_0_and_only_that(make: Make) -> None:
    driver = make(space=GUESSED)
    first, second = asked(driver, 0), asked(driver, 1)
    assert first.params == GUESSED.first_guess()
    assert second.params != first.params


def history(count: int = 24, *, space: Space = SPACE) -> list[PastTrial]:
    """Trials of an earlier search; one in four was stopped early, one in four has a curve."""
    configurations = [space.sample(np.random.default_rng([77, number])) for number in range(count)]
    past = []
    for number, params in enumerate(configurations):
        value = value_of({"rate": 0.01, **params})
        curve = (value - 0.2, value - 0.1, value) if number % 4 == 1 else ()
        past.append(PastTrial(params, value, epochs=3 * (number % 3), values=curve, cut=number % 4 == 2))
    return past


def taught(make: Make, past: Sequence[PastTrial], **more: Any) -> Driver:
    driver = make(**more)
    driver.learn(past)
    return driver


LEARNS = {"tpe", "cmaes", "gp", "nsga2", "freeze_thaw"}


@every_driver
def test_suggestions_follow_from_the_history_where_a_driver_learns(make: Make, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    without, with_ = (params_of(Play(driver).until(8)) for driver in (make(), taught(make, history())))
    assert (with_ != without) == (name in LEARNS)
    assert params_of(Play(taught(make, history())).until(8)) == with_
    assert all(SPACE.contains(params) for params in with_)


@every_driver
def test_a_driver_that_was_restored_with_its_history_goes_on_as_if_it_had_never_stopped(make: Make) -> None:
    straight = Play(taught(make, history()), workers=2).until(ROUNDS)
    first = Play(taught(make, history()), workers=2).until(ROUNDS // 2)
    assert first.killed(taught(make, history())).until(ROUNDS).said == straight.said


@every_driver
def test_the_first_guess_is_tried_first_whatever_the_history(make: Make) -> None:
    driver = taught(make, history(6, space=GUESSED), space=GUESSED)
    assert asked(driver, 0).params == GUESSED.first_guess()
    assert SPACE.dimensions[0].domain.contains(asked(driver, 1).params["rate"])


@every_driver
def test_a_history_outside_of_the_space_is_refused_by_drivers_that_learn(
    make: Make, request: pytest.FixtureRequest
) -> None:
    foreign = [PastTrial({"rate": 5.0}, 1.0)]
    if request.node.callspec.id in LEARNS:
        with pytest.raises(DriverError, match="a trial of the history is not in the space"):
            make().learn(foreign)
    else:
        make().learn(foreign)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "freeze_thaw"])
@pytest.mark.parametrize("direction", list(Direction))
def test_a_driver_begins_near_what_was_good_in_the_history(sampler: str, direction: Direction) -> None:
    space = Space((Dimension("x", FloatRange(0.0, 1.0)), Dimension("y", FloatRange(0.0, 1.0))))
    sign = 1 if direction is Direction.MAXIMIZE else -1
    past = []
    for number in range(60):
        params = space.sample(np.random.default_rng([1, number]))
        distance = abs(float(params["x"] or 0) - 0.8) + abs(float(params["y"] or 0) - 0.2)
        past.append(PastTrial(params, -sign * distance, epochs=9))
    driver = taught(planned(sampler), past, space=space, direction=direction)
    first = [asked(driver, number).params for number in range(8)]
    near = [abs(float(p["x"] or 0) - 0.8) < 0.25 and abs(float(p["y"] or 0) - 0.2) < 0.25 for p in first]
    assert sum(near) >= 5


@every_driver
def test_both_directions_are_served(make: Make) -> None:
    assert len(Play(make(direction=Direction.MINIMIZE)).until(8).trials) == 8


LEARNERS = {"tpe": planned("tpe"), "bayesian oracle": oracle("bayesian")}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("direction", Direction)
def test_a_learner_goes_where_the_objective_is_good(name: str, direction: Direction) -> None:
    space = Space((Dimension("rate", FloatRange(0.0, 1.0)), Dimension("dropout", FloatRange(0.0, 1.0))))
    play = Play(LEARNERS[name](space=space, direction=direction)).until(24)
    values = [value_of(params) for params in params_of(play)]
    early, late = sum(values[:8]) / 8, sum(values[16:]) / 8
    assert direction.better(late, early)


@pytest.mark.parametrize("sampler", ["random", "qmc", "tpe"])
def test_samplers_without_end_go_on_in_a_small_space(sampler: str) -> None:
    driver = planned(sampler)(space=SMALL)
    assert all(SMALL.contains(asked(driver, number).params) for number in range(10))


FINITE = {
    "grid": planned("grid"),
    "grid oracle": oracle("grid"),
    "random oracle": oracle("random"),
    "bayesian oracle": oracle("bayesian"),
    "scripted": scripted,
}


@pytest.mark.parametrize("name", FINITE)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_finite_driver_says_that_it_is_exhausted(name: str, workers: int) -> None:
    play = Play(FINITE[name](space=SMALL), workers).until(100)
    assert play.is_exhausted
    assert len({json.dumps(params) for params in params_of(play)}) == 6
    assert play.driver.ask(len(play.trials)) is None

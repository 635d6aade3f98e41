"""What every driver promises, held by every sampler and by the scripted driver."""

import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.objective import Direction
from search.drivers.registry import DRIVERS, make_driver
from search.drivers.scripted import ScriptedDriver
from search.drivers.setup import DriverError, DriverSetup
from search.history import PastTrial
from search.ports import Driver
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.problems import Value
from spaces.space import Dimension, Space

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
SMALL = Space((Dimension("kind", Categories(("a", "b"))), Dimension("size", IntRange(1, 3))))

Make = Callable[..., Driver]


def planned(sampler: str) -> Make:
    def make(*, seed: int = 0, space: Space = SPACE, direction: Direction = Direction.MAXIMIZE) -> Driver:
        setup = DriverSetup(space, sampler, direction, max_epochs=9, seed=seed, startup_trials=4, grid_points=2)
        return make_driver("optuna", setup)

    return make


def scripted(*, seed: int = 0, space: Space = SPACE, direction: Direction = Direction.MAXIMIZE) -> Driver:
    guess = space.first_guess()
    sampled = planned("random")(seed=seed, space=space)
    params = [s.params for n in range(40) if (s := sampled.ask(n)) is not None]
    return ScriptedDriver(params if guess is None else [guess, *params[1:]], max_epochs=9)


NEEDS_TORCH = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
MAKERS = [
    pytest.param(planned(name), id=name, marks=[NEEDS_TORCH, pytest.mark.slow] if name == "gp" else [])
    for name in DRIVERS["optuna"]
] + [pytest.param(scripted, id="scripted")]
every_driver = pytest.mark.parametrize("make", MAKERS)
ROUNDS = 16


def value_of(params: dict[str, Value]) -> float:
    """A made-up objective that likes sgd, a large rate and no dropout."""
    rate, dropout = params["rate"], params.get("dropout", 0.0)
    assert isinstance(rate, float)
    assert isinstance(dropout, float)
    return rate * 10 + (params.get("optimizer") == "sgd") - dropout


def complete(suggestion: Suggestion) -> Outcome:
    value = value_of(dict(suggestion.params))
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=value, best_epoch=9, epochs=9)


def outcome_of(suggestion: Suggestion) -> Outcome:
    """One of everything that can happen, by the trial's number."""
    done = complete(suggestion)
    pruned = replace(done, state=TrialState.PRUNED, cause=Cause.PRUNED, epochs=3, best_epoch=2)
    nothing = Outcome(TrialState.PRUNED, Cause.INFEASIBLE, "params <= 10: params is 12")
    endings = [
        done,
        pruned,
        done,
        nothing,
        done,
        replace(nothing, cause=Cause.OUT_OF_MEMORY, epochs=1),
        Outcome(TrialState.FAILED, Cause.ERROR, "ValueError: no"),
        replace(pruned, cause=Cause.OVER_TIME),
        replace(done, state=TrialState.PRUNED, cause=Cause.NAN, objective=None),
        replace(done, cause=Cause.EARLY_STOPPED, epochs=4),
    ]
    return endings[suggestion.number % len(endings)]


def asked(driver: Driver, number: int) -> Suggestion:
    suggestion = driver.ask(number)
    assert suggestion is not None
    return suggestion


def run(driver: Driver, numbers: range, *, behind: int = 0) -> list[RecordedTrial]:
    """Asks `numbers`, each told `behind` asks later; the last `behind` trials still run at the end."""
    trials: list[RecordedTrial] = []
    for number in numbers:
        trials.append(RecordedTrial(asked(driver, number), [], None))
        if len(trials) > behind:
            trial = trials[len(trials) - 1 - behind]
            trials[len(trials) - 1 - behind] = told(driver, trial)
    return trials


def told(driver: Driver, trial: RecordedTrial) -> RecordedTrial:
    outcome = outcome_of(trial.suggestion)
    driver.tell(trial.number, outcome)
    return replace(trial, outcome=outcome)


def stored(trials: list[RecordedTrial]) -> list[RecordedTrial]:
    """The trials as they come back from a record: states have been JSON."""
    return [
        replace(t, suggestion=replace(t.suggestion, state=json.loads(json.dumps(dict(t.suggestion.state)))))
        for t in trials
    ]


def params_of(trials: list[RecordedTrial]) -> list[dict[str, Value]]:
    return [dict(t.suggestion.params) for t in trials]


@every_driver
def test_suggestions_are_configurations_of_the_space_with_active_parameters_only(make: Make) -> None:
    trials = run(make(), range(ROUNDS))
    assert [SPACE.why_not(t.suggestion.params) for t in trials] == [None] * ROUNDS
    assert {"momentum" in t.suggestion.params for t in trials} == {True, False}


@every_driver
def test_values_are_plain_python_values_of_their_domain(make: Make) -> None:
    for trial in run(make(), range(ROUNDS)):
        assert {type(v) for v in trial.suggestion.params.values()} <= {bool, int, float, str, type(None)}
        assert type(trial.suggestion.params["units.1"]) is int


@every_driver
def test_a_suggestion_carries_its_number_epochs_and_source(make: Make) -> None:
    suggestion = asked(make(), 0)
    assert (suggestion.number, suggestion.epochs, suggestion.resume) == (0, 9, False)
    assert suggestion.source


@every_driver
def test_the_same_seed_gives_the_same_suggestions(make: Make) -> None:
    assert params_of(run(make(seed=0), range(ROUNDS))) == params_of(run(make(seed=0), range(ROUNDS)))


@every_driver
def test_another_seed_gives_other_suggestions(make: Make) -> None:
    assert params_of(run(make(seed=0), range(4))) != params_of(run(make(seed=1), range(4)))


@every_driver
def test_trials_may_be_asked_in_parallel_and_differ(make: Make) -> None:
    driver = make()
    run(driver, range(6))
    parallel = [json.dumps(dict(asked(driver, number).params)) for number in range(6, 10)]
    assert len(set(parallel)) == 4


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
@pytest.mark.parametrize("behind", [0, 3])
def test_a_restored_driver_goes_on_as_if_it_had_never_stopped(make: Make, behind: int) -> None:
    straight = run(make(), range(ROUNDS), behind=behind)
    first = run(make(), range(ROUNDS // 2), behind=behind)
    restored = make()
    restored.restore(stored(first))
    went_on = list(first)
    for number in range(ROUNDS // 2, ROUNDS):
        went_on.append(RecordedTrial(asked(restored, number), [], None))
        went_on[number - behind] = told(restored, went_on[number - behind])
    assert [t.suggestion for t in went_on] == [t.suggestion for t in straight]


@every_driver
def test_trials_are_restored_in_any_order(make: Make) -> None:
    trials = run(make(), range(8), behind=2)
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


LEARNS = {"tpe", "cmaes", "gp", "freeze_thaw"}


@every_driver
def test_suggestions_follow_from_the_history_where_a_driver_learns(make: Make, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    without, with_ = (params_of(run(driver, range(8))) for driver in (make(), taught(make, history())))
    assert (with_ != without) == (name in LEARNS)
    assert params_of(run(taught(make, history()), range(8))) == with_
    assert all(SPACE.contains(params) for params in with_)


@every_driver
def test_a_driver_that_was_restored_with_its_history_goes_on_as_if_it_had_never_stopped(make: Make) -> None:
    straight = run(taught(make, history()), range(ROUNDS), behind=2)
    first = run(taught(make, history()), range(ROUNDS // 2), behind=2)
    restored = taught(make, history())
    restored.restore(stored(first))
    went_on = list(first)
    for number in range(ROUNDS // 2, ROUNDS):
        went_on.append(RecordedTrial(asked(restored, number), [], None))
        went_on[number - 2] = told(restored, went_on[number - 2])
    assert [t.suggestion for t in went_on] == [t.suggestion for t in straight]


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
    trials = run(make(direction=Direction.MINIMIZE), range(8))
    assert len(trials) == 8


@pytest.mark.parametrize("sampler", ["random", "qmc", "tpe"])
def test_samplers_without_end_go_on_in_a_small_space(sampler: str) -> None:
    driver = planned(sampler)(space=SMALL)
    assert all(SMALL.contains(asked(driver, number).params) for number in range(10))


@pytest.mark.parametrize("make", [pytest.param(planned("grid"), id="grid"), pytest.param(scripted, id="scripted")])
def test_a_finite_driver_says_that_it_is_exhausted(make: Make) -> None:
    driver = make(space=SMALL)
    numbers = 0
    while driver.ask(numbers) is not None:
        numbers += 1
    assert numbers >= 4
    assert driver.ask(numbers + 1) is None

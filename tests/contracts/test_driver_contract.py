"""What every driver promises, held by every sampler and by the scripted driver."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from models.objective import Direction
from search.drivers.registry import DRIVERS, make_driver
from search.drivers.scripted import ScriptedDriver
from search.drivers.setup import DriverError, DriverSetup
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


# ------------------------------------------------------------------------------------------------ spaces that grow
MORE = Space((*SMALL.dimensions, Dimension("late", IntRange(1, 9))))
GROWING = [
    pytest.param(name, marks=made.marks)
    for name, made in zip(DRIVERS["optuna"], MAKERS, strict=False)
    if name not in ("grid",)
]
every_growing = pytest.mark.parametrize("sampler", GROWING)


def growing(sampler: str) -> Driver:
    setup = DriverSetup(SMALL, sampler, Direction.MAXIMIZE, max_epochs=9, seed=3, startup_trials=2, grows=True)
    return make_driver("optuna", setup)


def settle(driver: Driver, suggestion: Suggestion) -> Suggestion:
    """A trial whose code has asked for `late`, and for `size` only where the kind is a."""
    params = suggestion.params
    used = {name: value for name, value in params.items() if name != "size" or params["kind"] == "a"}
    settled = replace(suggestion, params={"late": 1 + suggestion.number % 9, **used})
    driver.settled(suggestion.number, settled.params)
    return settled


def ended(suggestion: Suggestion) -> Outcome:
    late = suggestion.params["late"]
    assert isinstance(late, int)
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=-float(late), best_epoch=9, epochs=9)


@every_growing
def test_a_driver_goes_on_with_a_space_that_grows(sampler: str) -> None:
    driver = growing(sampler)
    first = asked(driver, 0)
    driver.grow(MORE)
    driver.tell(0, ended(settle(driver, first)))
    for number in range(1, 8):
        suggestion = asked(driver, number)
        assert suggestion.params.keys() <= {"kind", "size", "late"}
        driver.tell(number, ended(settle(driver, suggestion)))


@every_growing
def test_restored_after_growing_a_driver_goes_on_as_if_it_had_never_stopped(sampler: str) -> None:
    whole, trials = growing(sampler), []
    for number in range(8):
        suggestion = asked(whole, number)
        if number == 0:
            whole.grow(MORE)
        settled = settle(whole, suggestion)
        whole.tell(number, ended(settled))
        trials.append(RecordedTrial(settled, [ended(settled).objective or 0.0] * 9, ended(settled)))
    again = growing(sampler)
    again.grow(MORE)
    again.restore(trials[:7])
    suggestion = asked(again, 7)
    expected = trials[7].suggestion.params
    assert {name: suggestion.params[name] for name in expected if name in suggestion.params and name != "late"} == {
        name: value for name, value in expected.items() if name != "late"
    }


def test_tpe_suggests_what_the_space_has_got() -> None:
    driver = growing("tpe")
    first = asked(driver, 0)
    driver.grow(MORE)
    driver.tell(0, ended(settle(driver, first)))
    assert set(asked(driver, 1).params) == {"kind", "size", "late"}


def test_a_grid_refuses_a_space_that_grows() -> None:
    driver = growing("grid")
    with pytest.raises(DriverError, match="asked for `late` since; take another sampler"):
        driver.grow(MORE)


@pytest.mark.parametrize("sampler", ["tpe", "freeze_thaw"])
def test_a_trial_that_was_never_asked_cannot_settle(sampler: str) -> None:
    with pytest.raises(ValueError, match="trial 3 is settled but was never asked"):
        growing(sampler).settled(3, {"kind": "a"})


def test_a_restored_trial_outside_the_range_is_refused_in_a_space_that_grows() -> None:
    with pytest.raises(DriverError, match="trial 0 is not in the space: `size` is 7, which is not in"):
        growing("tpe").restore([RecordedTrial(Suggestion(0, {"size": 7}, 9), [], None)])

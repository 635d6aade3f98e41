"""What is KerasTuner's own about the driver of its oracles, beside the contract of all drivers."""

import json
from dataclasses import replace
from typing import Any

import pytest

from models.objective import Direction
from search.drivers.keras_tuner.driver import KerasTunerDriver
from search.drivers.setup import DriverError, DriverSetup
from search.study import Cause, Outcome, Params, RecordedTrial, Suggestion, TrialState
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.grid import grid
from spaces.space import Dimension, Space
from tests.contracts.oracles import shared
from tests.contracts.plays import Play, params_of

RATE = Space((Dimension("rate", FloatRange(0.0, 1.0)),))
NESTED = Space(
    (
        Dimension("kind", Categories(("adam", "sgd"))),
        Dimension("layers", IntRange(1, 2)),
        Dimension("momentum", Categories((True, False)), when=parse("kind == sgd")),
        Dimension("units.2", FloatRange(0.0, 0.3, step=0.1), when=parse("layers >= 2")),
        Dimension("decay", Categories((None, 1, "one")), when=parse("momentum == true and layers >= 2")),
    )
)
FAILED = Outcome(TrialState.FAILED, Cause.ERROR, "ValueError: no")
INFEASIBLE = Outcome(TrialState.PRUNED, Cause.INFEASIBLE, "params <= 10: params is 12")


def made(oracle: str, space: Space = RATE, process: Any = None, **options: Any) -> KerasTunerDriver:
    known = {"direction": Direction.MAXIMIZE, "max_epochs": 9, "seed": 0} | options
    return KerasTunerDriver(DriverSetup(space, oracle, **known), shared() if process is None else process)


def done(value: float, epochs: int = 9) -> Outcome:
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=value, best_epoch=epochs, epochs=epochs)


def asked(driver: KerasTunerDriver, number: int) -> Suggestion:
    suggestion = driver.ask(number)
    assert suggestion is not None
    return suggestion


def first_round(driver: KerasTunerDriver, values: list[float]) -> list[Suggestion]:
    """Trials that all rest after their first round, trial n with the n-th value."""
    suggestions = [asked(driver, number) for number in range(len(values))]
    for suggestion, value in zip(suggestions, values, strict=True):
        assert suggestion.pause_after == 1
        driver.paused(suggestion.number, [value])
    return suggestions


# ------------------------------------------------------------------------------------------- grid
def test_the_grid_is_every_combination_once() -> None:
    play = Play(made("grid", NESTED), workers=3).until(1000)
    tried = [json.dumps(params) for params in params_of(play)]
    assert play.is_exhausted
    assert sorted(tried) == sorted(json.dumps(params) for params in grid(NESTED, points=None))


def test_the_grid_takes_ten_values_of_a_range_without_a_step() -> None:
    rates = {params["rate"] for params in params_of(Play(made("grid")).until(1000))}
    assert len(rates) == 11  # and its low end, with which KerasTuner begins
    assert len(params_of(Play(made("grid", grid_points=3)).until(1000))) == 3


@pytest.mark.parametrize("points", [None, 3])
def test_the_grid_goes_on_beside_trials_of_another_sampler(points: int | None) -> None:
    driver = made("grid", grid_points=points)
    driver.restore([RecordedTrial(Suggestion(n, {"rate": 0.123 + n / 10}, 9), [], None) for n in range(3)])
    driver.tell(0, FAILED)
    play = Play(driver)
    play.trials = {n: RecordedTrial(Suggestion(n, {"rate": 0.123 + n / 10}, 9), (), done(0.5)) for n in range(3)}
    driver.tell(1, FAILED)
    driver.tell(2, FAILED)
    assert len({params["rate"] for params in params_of(play.until(100))[3:]}) == (points or 11)
    assert play.is_exhausted


# ------------------------------------------------------------------------------------------- rounds
VALUES = [0.1, 0.2, 0.9, 0.3, 0.8, 0.4, 0.7, 0.5, 0.6]


def test_hyperband_promotes_the_best_of_a_round_as_the_same_trials() -> None:
    driver = made("hyperband")
    first = first_round(driver, VALUES)
    promoted = [asked(driver, 9) for _ in range(3)]
    assert [(s.number, s.resume, s.pause_after) for s in promoted] == [(2, True, 3), (4, True, 3), (6, True, 3)]
    assert [s.params for s in promoted] == [first[n].params for n in (2, 4, 6)]
    assert asked(driver, 9).number == 9


def test_the_last_round_has_no_pause_and_the_score_of_a_round_is_the_best_so_far() -> None:
    driver = made("hyperband")
    first_round(driver, VALUES)
    for _, values in zip(range(3), ([0.9, 0.2, 0.1], [0.8, 0.95, 0.1], [0.7, 0.1, 0.1]), strict=True):
        driver.paused(asked(driver, 9).number, values)
    last = asked(driver, 9)
    assert (last.number, last.resume, last.pause_after) == (4, True, None)


def test_minimising_promotes_the_lowest() -> None:
    driver = made("hyperband", direction=Direction.MINIMIZE)
    first_round(driver, VALUES)
    assert [asked(driver, 9).number for _ in range(3)] == [0, 1, 3]


def test_a_trial_that_ended_in_its_round_is_promoted_without_being_trained() -> None:
    driver = made("hyperband")
    for number in range(9):
        asked(driver, number)
        if number == 2:
            driver.tell(2, done(0.9, epochs=1))
        else:
            driver.paused(number, [VALUES[number]])
    assert [asked(driver, 9).number for _ in range(2)] == [4, 6]
    assert asked(driver, 9).number == 9


@pytest.mark.parametrize("outcome", [FAILED, INFEASIBLE], ids=["failed", "infeasible"])
def test_trials_without_a_value_count_as_the_worst_of_their_round(outcome: Outcome) -> None:
    driver = made("hyperband")
    for number in range(9):
        asked(driver, number)
        if number < 4:
            driver.tell(number, outcome)
        else:
            driver.paused(number, [VALUES[number]])
    assert [asked(driver, 9).number for _ in range(3)] == [4, 6, 8]


def test_a_trial_that_rests_without_a_number_is_not_promoted() -> None:
    driver = made("hyperband")
    first_round(driver, [float("nan"), *VALUES[1:]])
    assert [asked(driver, 9).number for _ in range(3)] == [2, 4, 6]


def test_the_oracle_waits_for_no_trial_that_was_cut() -> None:
    driver = made("hyperband")
    for number in range(9):
        asked(driver, number)
        driver.tell(number, Outcome(TrialState.PRUNED, Cause.PRUNED, objective=VALUES[number], epochs=1))
    assert asked(driver, 9).number == 9


def test_a_bracket_that_the_budget_leaves_unfilled_is_closed_as_large_as_it_is() -> None:
    driver = made("hyperband")
    first_round(driver, VALUES[:6])
    promoted = [driver.go_on() for _ in range(3)]
    assert [s and (s.number, s.pause_after) for s in promoted] == [(2, 3), (4, 3), None]
    driver.paused(2, [0.9, 0.9, 0.9])
    driver.paused(4, [0.8, 0.8, 0.8])
    last = driver.go_on()
    assert last is not None
    assert (last.number, last.pause_after) == (2, None)
    assert driver.go_on() is None


def test_the_best_of_a_space_that_is_smaller_than_a_bracket_are_promoted() -> None:
    driver = made("hyperband", Space((Dimension("size", Categories((1, 2, 3, 4))),)))
    first_round(driver, VALUES[:4])
    promoted = [asked(driver, 4) for _ in range(2)]
    assert [(s.number, s.pause_after) for s in promoted] == [(2, 3), (3, 3)]
    assert driver.ask(4) is None
    driver.paused(2, [0.9] * 3)
    driver.paused(3, [0.3] * 3)
    last = asked(driver, 4)
    assert (last.number, last.pause_after) == (2, None)
    driver.tell(2, done(0.9))
    assert driver.ask(4) is None


def test_a_bracket_that_was_closed_is_filled_when_more_trials_may_start() -> None:
    driver = made("hyperband")
    first_round(driver, VALUES[:6])
    assert [getattr(driver.go_on(), "number", None) for _ in range(3)] == [2, 4, None]
    assert [asked(driver, number).number for number in (6, 7, 8)] == [6, 7, 8]


def test_a_paused_trial_of_another_sampler_is_promoted_beyond_where_it_rests() -> None:
    driver = made("hyperband")
    trials = [RecordedTrial(Suggestion(n, {"rate": n / 10}, 9), [n / 10] * 4, None, promoted=()) for n in range(9)]
    driver.restore(trials)
    for number in range(9):
        driver.paused(number, [number / 10] * 4)
    suggestion = asked(driver, 9)
    assert (suggestion.number, suggestion.resume, suggestion.pause_after) == (8, True, None)


# ------------------------------------------------------------------------------------------- learning
def test_no_configuration_is_suggested_twice_though_all_fail() -> None:
    driver = made("random", NESTED)
    seen = []
    for number in range(10):
        seen.append(json.dumps(dict(asked(driver, number).params)))
        driver.tell(number, FAILED)
    assert len(set(seen)) == 10


def test_startup_trials_say_when_the_process_begins_to_learn() -> None:
    def rates(startup: int) -> list[Any]:
        driver = made("bayesian", startup_trials=startup)
        found = []
        for number in range(5):
            found.append(asked(driver, number).params["rate"])
            driver.tell(number, done(1.0 - abs(found[-1] - 0.3)))
        return found

    two, nine = rates(2), rates(9)
    assert two[:2] == nine[:2]
    assert two[2:] != nine[2:]


def test_the_process_stays_away_from_what_was_infeasible() -> None:
    driver = made("bayesian", startup_trials=4)
    rates = []
    for number in range(14):
        rate = asked(driver, number).params["rate"]
        assert isinstance(rate, float)
        rates.append(rate)
        driver.tell(number, INFEASIBLE if rate > 0.5 else done(rate))
    assert sum(rate > 0.6 for rate in rates[8:]) <= 2


# ------------------------------------------------------------------------------------------- the user's own space
def test_a_trial_is_kept_as_it_settled() -> None:
    driver = made("random", NESTED)
    others = [dict(params) for params in grid(NESTED, points=None)]
    suggestion = asked(driver, 0)
    others.remove(dict(suggestion.params))
    settled = others.pop()
    driver.settled(0, settled)
    driver.tell(0, done(0.5))
    seen = [dict(params) for params in params_of(_rest(driver))]
    assert settled not in seen
    assert dict(suggestion.params) in seen


def _rest(driver: KerasTunerDriver) -> Play:
    play = Play(driver)
    play.trials[0] = RecordedTrial(Suggestion(0, {}, 9), (), done(0.5))
    return play.until(1000)


@pytest.mark.parametrize("oracle", ["random", "bayesian", "hyperband"])
def test_a_space_that_grows_is_searched_from_then_on(oracle: str) -> None:
    small, large = Space(NESTED.dimensions[:2]), NESTED
    driver = made(oracle, small, startup_trials=2)
    play = Play(driver, workers=2).until(3)
    driver.grow(large)
    for number in list(play.running):
        driver.settled(number, large.first_guess() or next(iter(grid(large, points=None))))
    params = params_of(play.until(12))
    assert [large.why_not(each) for each in params[3:]] == [None] * len(params[3:])
    assert any("units.2" in each for each in params[3:])


def test_a_space_that_grew_is_restored() -> None:
    one, other = made("random", Space(NESTED.dimensions[:2])), made("random", Space(NESTED.dimensions[:2]))
    one.grow(NESTED)
    play = Play(one).until(4)
    other.grow(NESTED)
    other.restore(list(play.trials.values()))
    assert other.ask(4) == one.ask(4)


def test_a_space_grows_before_anything_is_asked() -> None:
    driver = made("random")
    driver.grow(NESTED)
    assert NESTED.why_not(asked(driver, 0).params) is None


def test_a_grid_refuses_a_space_that_grows_with_the_new_names() -> None:
    driver = made("grid", Space(NESTED.dimensions[:2]), grows=True)
    asked(driver, 0)
    with pytest.raises(
        DriverError, match=r"the oracle grid lists all .* asked for `momentum`, `units.2`, `decay` since"
    ):
        driver.grow(NESTED)


def part_of(params: Params) -> Params:
    """What a program uses that builds `layers` layers: the loop of which the space knows no condition."""
    return {name: value for name, value in params.items() if name != "units.2" or params["layers"] == 2}


LOOP = Space(
    (
        Dimension("layers", IntRange(1, 2)),
        Dimension("units.2", FloatRange(0.0, 0.3, step=0.1)),
        Dimension("rate", Categories((0.1, 0.01))),
    )
)


def unused(driver: KerasTunerDriver, first: int, until: int) -> list[Suggestion]:
    """Trials `first` to `until` whose code leaves out what it does not need."""
    found = []
    for number in range(first, until):
        suggestion = driver.ask(number)
        if suggestion is None:
            break
        found.append(suggestion)
        driver.settled(number, part_of(suggestion.params))
        driver.tell(number, done(float(suggestion.params["rate"]) * number))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("oracle", ["random", "bayesian", "grid"])
def test_trials_that_leave_parameters_out_are_restored_with_the_same_suggestions(oracle: str) -> None:
    straight, stopped, again = (made(oracle, LOOP, grows=True, startup_trials=3) for _ in range(3))
    whole = unused(straight, 0, 9)
    first = unused(stopped, 0, 5)
    kept = [replace(suggestion, params=part_of(suggestion.params)) for suggestion in first]
    outcomes = [done(float(each.params["rate"]) * each.number) for each in first]  # type: ignore[arg-type]
    again.restore([RecordedTrial(*both, outcome=end) for *both, end in zip(kept, [()] * 5, outcomes, strict=True)])
    assert first + unused(again, 5, 9) == whole
    assert len(whole) == 9


def test_a_grid_lists_every_combination_though_trials_leave_parameters_out() -> None:
    found = [dict(each.params) for each in unused(made("grid", LOOP, grows=True), 0, 100)]
    assert len(found) == 16
    assert all(dict(params) in found for params in grid(LOOP, points=None))


@pytest.mark.parametrize("oracle", ["random", "bayesian", "hyperband", "grid"])
def test_a_condition_of_the_code_that_cannot_be_expressed_is_left_to_the_code(oracle: str) -> None:
    either = Dimension("momentum", IntRange(1, 3), when=parse("kind == sgd or layers == 2"))
    space = Space((*NESTED.dimensions[:2], either))
    driver = made(oracle, space, grows=True, startup_trials=2)
    params = params_of(Play(driver).until(8))
    assert [space.why_not(each) for each in params] == [None] * len(params)
    assert {"momentum" in each for each in params} == {True, False}


def test_what_the_code_leaves_out_counts_as_its_default() -> None:
    one, other = (made("bayesian", LOOP, grows=True, startup_trials=3) for _ in range(2))
    assert unused(one, 0, 8) == unused(other, 0, 8)

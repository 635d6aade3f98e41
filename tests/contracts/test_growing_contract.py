"""What every driver promises of a space that grows while the study runs."""

from dataclasses import replace

import pytest

from models.objective import Direction
from search.drivers.registry import DRIVERS, make_driver
from search.drivers.setup import DriverError, DriverSetup
from search.ports import Driver
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState
from spaces.domains import IntRange
from spaces.space import Dimension, Space
from tests.contracts.test_driver_contract import MAKERS, SMALL, asked

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

"""The driver over Optuna's samplers: what reaches them, and what they make of it."""

import json
import math
import warnings
from collections.abc import Callable

import pytest

from models.objective import Direction
from search.drivers.cmaes_sampler import GENERATION
from search.drivers.distributions import coding
from search.drivers.optuna_driver import OptunaDriver, cmaes_driver, tpe_driver
from search.drivers.setup import DriverError, DriverSetup
from search.study import Cause, Outcome, Params, RecordedTrial, Suggestion, TrialState
from spaces.domains import Categories, Domain, FloatRange, IntRange
from spaces.space import Dimension, Space

SPACE = Space((Dimension("x", FloatRange(-1.0, 1.0)), Dimension("y", FloatRange(-1.0, 1.0))))
WHOLE = Space((Dimension("n", IntRange(0, 40)), Dimension("kind", Categories(("a", "b")))))

Make = Callable[[DriverSetup], OptunaDriver]
both = pytest.mark.parametrize("make", [tpe_driver, cmaes_driver])


def setup_of(space: Space = SPACE, *, seed: int = 0, direction: Direction = Direction.MINIMIZE) -> DriverSetup:
    return DriverSetup(space, "any", direction, max_epochs=9, seed=seed)


def number_of(params: Params, name: str) -> float:
    value = params[name]
    assert isinstance(value, int | float)
    return value


def complete(value: float) -> Outcome:
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=value, epochs=9)


def told(driver: OptunaDriver, count: int, judge: Callable[[Params], Outcome]) -> list[Params]:
    """The configurations of `count` trials, one after the other."""
    tried = []
    for number in range(count):
        params = driver.ask(number).params
        driver.tell(number, judge(params))
        tried.append(params)
    return tried


def bowl(params: Params) -> float:
    return (number_of(params, "x") - 0.3) ** 2 + (number_of(params, "y") + 0.5) ** 2


@both
@pytest.mark.parametrize("direction", list(Direction))
def test_samplers_learn_in_the_stated_direction(make: Make, direction: Direction) -> None:
    sign = 1.0 if direction is Direction.MINIMIZE else -1.0
    tried = told(make(setup_of(direction=direction)), 60, lambda p: complete(sign * bowl(p)))
    assert sum(map(bowl, tried[-10:])) / 10 < 0.25 * sum(map(bowl, tried[:10])) / 10


@both
def test_samplers_learn_from_pruned_trials_alone(make: Make) -> None:
    def judge(params: Params) -> Outcome:
        return Outcome(TrialState.PRUNED, Cause.PRUNED, objective=bowl(params), epochs=3)

    tried = told(make(setup_of()), 60, judge)
    assert sum(map(bowl, tried[-10:])) / 10 < 0.25 * sum(map(bowl, tried[:10])) / 10


@both
def test_bad_regions_are_avoided_after_a_while(make: Make) -> None:
    def judge(params: Params) -> Outcome:
        if number_of(params, "x") > 0:
            return Outcome(TrialState.PRUNED, Cause.OUT_OF_MEMORY, "no")
        return complete(number_of(params, "y") ** 2)

    tried = told(make(setup_of(seed=1)), 60, judge)
    assert sum(number_of(p, "x") > 0 for p in tried[30:]) <= 6


@both
def test_an_infinite_objective_never_leads_the_search(make: Make) -> None:
    def judge(params: Params) -> Outcome:
        x = number_of(params, "x")
        return complete(-math.inf if x > 0 else (x + 0.5) ** 2)

    tried = told(make(setup_of(seed=1)), 60, judge)
    assert sum(number_of(p, "x") > 0 for p in tried[30:]) <= 6


def test_cmaes_moves_whole_numbers_and_leaves_categories_to_chance() -> None:
    tried = told(cmaes_driver(setup_of(WHOLE)), 60, lambda p: complete((number_of(p, "n") - 31) ** 2))
    assert sum(abs(number_of(p, "n") - 31) <= 6 for p in tried[-12:]) >= 9
    assert {p["kind"] for p in tried} == {"a", "b"}


def test_an_ordered_choice_is_a_number_to_samplers() -> None:
    sizes = (1, 2, 4, 8, 16, 32, 64)
    ordered, unordered = (Space((Dimension("n", Categories(sizes, ordered=o)),)) for o in (True, False))
    tried = told(cmaes_driver(setup_of(ordered)), 40, lambda p: complete(abs(sizes.index(int(number_of(p, "n"))) - 5)))
    assert sum(p["n"] in (16, 32, 64) for p in tried[-12:]) >= 10
    with pytest.raises(DriverError, match="every parameter of this space is a category"):
        cmaes_driver(setup_of(unordered))


def test_cmaes_begins_anew_when_it_has_shrunk_to_a_point() -> None:
    space = Space((Dimension("x", FloatRange(0.0, 1.0)),))
    driver = cmaes_driver(setup_of(space))
    tried = [number_of(p, "x") for p in told(driver, 170, lambda p: complete(round(10 * number_of(p, "x"))))]
    assert max(tried[110:140]) < 0.1
    assert max(tried[150:]) > 0.2


def test_cmaes_keeps_no_code_in_its_state() -> None:
    driver = cmaes_driver(setup_of())
    told(driver, 20, lambda p: complete(bowl(p)))
    state = driver.ask(20).state
    assert json.loads(json.dumps(dict(state))) == state
    assert state[GENERATION] == 3


def test_constant_liar_keeps_parallel_suggestions_apart() -> None:
    driver = tpe_driver(setup_of())
    told(driver, 30, lambda p: complete(bowl(p)))
    points = [tuple(driver.ask(number).params.values()) for number in range(30, 38)]
    assert len(set(points)) == 8


def test_a_trial_is_told_once_and_only_after_it_was_asked() -> None:
    driver = tpe_driver(setup_of())
    with pytest.raises(ValueError, match="trial 0 is told but was never asked"):
        driver.tell(0, complete(1.0))
    driver.ask(0)
    driver.tell(0, complete(1.0))
    with pytest.raises(ValueError, match="trial 0 is told twice"):
        driver.tell(0, complete(1.0))


def test_numbers_rise_and_may_leave_gaps() -> None:
    driver = tpe_driver(setup_of())
    driver.ask(3)
    driver.ask(5)
    driver.tell(3, complete(1.0))
    with pytest.raises(ValueError, match="trial 4 is asked after trial 5; numbers must rise"):
        driver.ask(4)


def test_a_trial_of_another_space_is_not_restored() -> None:
    trial = RecordedTrial(Suggestion(0, {"x": 5.0, "y": 0.0}, 9), [], None)
    with pytest.raises(DriverError, match="trial 0 is not in the space: `x` is 5, which is not in"):
        tpe_driver(setup_of()).restore([trial])


def test_experimental_warnings_are_silenced_for_samplers_only() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tpe_driver(setup_of()).ask(0)
        warnings.warn("mine", UserWarning, stacklevel=1)
    assert [str(w.message) for w in caught] == ["mine"]


def test_a_driver_says_nothing_on_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    told(tpe_driver(setup_of()), 3, lambda p: complete(bowl(p)))
    told(cmaes_driver(setup_of()), 3, lambda p: complete(bowl(p)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "domain",
    [
        IntRange(1, 7),
        IntRange(1, 100, log=True),
        IntRange(3, 33, step=5),
        FloatRange(0.0, 0.7, step=0.1),
        Categories((None, True, 1, 1.5, "x")),
        Categories((8, 16, 32), ordered=True),
        Categories(("only",)),
    ],
    ids=str,
)
def test_every_value_survives_the_way_into_optuna_and_back(domain: Domain) -> None:
    held = coding(domain)
    for value in domain.grid(None):
        inside = held.inside(value)
        assert held.distribution._contains(held.distribution.to_internal_repr(inside))
        back = held.outside(inside)
        assert (back, type(back)) == (value, type(value))

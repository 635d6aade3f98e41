"""What samplers remember between suggestions changes no suggestion."""

import warnings

import numpy as np
import optuna
import pytest

from models.objective import Direction
from search.drivers.cmaes_sampler import Replay, ReplayedCmaEs
from search.drivers.optuna_driver import OptunaDriver, cmaes_driver, codings, tpe_driver
from search.drivers.setup import DriverSetup
from search.drivers.tpe_sampler import RememberingTpe
from search.study import Cause, Outcome, RecordedTrial, TrialState
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.space import Dimension, Space

NAMES = {"rate", "kind", "layers", "momentum", "units"}
SPACE = Space(
    (
        Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("kind", Categories(("adam", "sgd", "rmsprop"))),
        Dimension("momentum", FloatRange(0.0, 0.9), when=parse("kind == 'sgd'", names=NAMES)),
        Dimension("layers", IntRange(1, 3)),
        Dimension("units", IntRange(16, 256, log=True), when=parse("layers >= 2", names=NAMES)),
    )
)


def setup_of(direction=Direction.MAXIMIZE):
    return DriverSetup(SPACE, "any", direction, max_epochs=9, seed=3, startup_trials=4)


def forgetful_tpe(setup):
    """TPE as Optuna has it, made anew for each suggestion."""

    def make(seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=4, multivariate=True, group=True, constant_liar=True
            )

    return OptunaDriver(setup, make)


def forgetful_cmaes(setup):
    """CMA-ES that replays all generations for each suggestion."""
    numbers = {
        name: known.distribution
        for name, known in codings(setup.space).items()
        if not isinstance(known.distribution, optuna.distributions.CategoricalDistribution)
    }

    def make(seed):
        replay = Replay(numbers, restarts=setup.seed)
        return ReplayedCmaEs(replay, optuna.samplers.RandomSampler(seed=seed), seed=seed, startup=4)

    return OptunaDriver(setup, make)


class Study:
    """Trials asked and told in a random order, some late; two drivers live through the same."""

    def __init__(self, drivers, seed):
        self.drivers = drivers
        self.rng = np.random.default_rng(seed)
        self.trials = {}

    def live(self, trials, *, workers):
        running = []
        for number in range(trials):
            suggestions = [driver.ask(number) for driver in self.drivers]
            assert all(suggestion == suggestions[0] for suggestion in suggestions), f"trial {number}"
            self.trials[number] = RecordedTrial(suggestions[0], [], None)
            running.append(number)
            while len(running) >= workers:
                # now and then an old trial ends late
                self._tell(running.pop(0 if self.rng.random() < 0.3 else int(self.rng.integers(len(running)))))

    def _tell(self, number):
        params = self.trials[number].suggestion.params
        value = float(params["rate"]) + (params["kind"] == "sgd") + 0.1 * self.rng.random()
        state, cause = [
            (TrialState.COMPLETE, Cause.FINISHED),
            (TrialState.COMPLETE, Cause.FINISHED),
            (TrialState.PRUNED, Cause.PRUNED),
            (TrialState.PRUNED, Cause.INFEASIBLE),
            (TrialState.FAILED, Cause.ERROR),
        ][int(self.rng.integers(5))]
        outcome = Outcome(state, cause, objective=value, epochs=int(self.rng.integers(1, 9)))
        for driver in self.drivers:
            driver.tell(number, outcome)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("workers", [1, 7])
@pytest.mark.parametrize(("ours", "plain"), [(tpe_driver, forgetful_tpe), (cmaes_driver, forgetful_cmaes)])
def test_a_sampler_that_remembers_suggests_what_a_forgetful_one_does(ours, plain, workers, direction):
    setup = setup_of(direction)
    Study([ours(setup), plain(setup)], seed=workers).live(70, workers=workers)


def test_cmaes_that_learns_of_an_old_generation_late_replays_it():
    """More trials end late than the sampler keeps generations for."""
    setup = setup_of()
    drivers = [cmaes_driver(setup), forgetful_cmaes(setup)]
    study = Study(drivers, seed=0)
    late = [driver.ask(0) for driver in drivers]
    study.trials[0] = RecordedTrial(late[0], [], None)
    for number in range(1, 160):
        suggestions = [driver.ask(number) for driver in drivers]
        assert suggestions[0] == suggestions[1]
        study.trials[number] = RecordedTrial(suggestions[0], [], None)
        study._tell(number)
    study._tell(0)
    assert drivers[0].ask(160) == drivers[1].ask(160)


def test_tpe_in_use_is_the_one_that_remembers():
    driver = tpe_driver(setup_of())
    driver.ask(0)
    assert isinstance(driver._mirror.sampler, RememberingTpe)

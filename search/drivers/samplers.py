"""Optuna's samplers as this project sets them up, made anew for every suggestion, from a seed of its own.

A sampler that lives on keeps caches and random streams that a restored one would not have; made anew, its
suggestion depends on the seed and the told trials alone.
"""

import importlib.util
import warnings
from collections.abc import Callable

from optuna.distributions import FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler

from search.drivers.believing import BelievingSampler
from search.drivers.cmaes_beginning import believed
from search.drivers.cmaes_sampler import Replay, ReplayedCmaEs
from search.drivers.distributions import coding
from search.drivers.nsga2_sampler import DerivedNsga2
from search.drivers.setup import DriverError
from search.drivers.tpe_sampler import Observations, RememberingTpe
from spaces.space import Space

SamplerFactory = Callable[[int], BaseSampler]
"""A new sampler from the seed of one suggestion."""

TPE_STARTUP = 10
GP_STARTUP = 10
NSGA2_POPULATION = 20
"""Optuna's own is 50, after which a study of networks is often over."""


def tpe(space: Space, *, startup: int | None) -> SamplerFactory:
    """TPE for conditional spaces: see `RememberingTpe`. What is believed decides its first trials."""

    observations = Observations()

    def make(seed: int) -> BaseSampler:
        with warnings.catch_warnings():
            # `group` has been experimental since 2.8
            warnings.simplefilter("ignore", ExperimentalWarning)
            made = RememberingTpe(observations, seed=seed, startup=TPE_STARTUP if startup is None else startup)
        # optuna asks it while trials are too few
        made._random_sampler = BelievingSampler(space, seed=seed)
        return made

    return make


def gp(space: Space, *, startup: int | None) -> SamplerFactory:
    """Gaussian process with expected improvement. What is believed decides its first trials.

    Raises: DriverError when torch is missing.
    """
    if importlib.util.find_spec("torch") is None:
        raise DriverError(
            "the sampler gp needs torch, which is not installed",
            "pip install 'keras-search[gp]', or take another sampler",
        )

    def make(seed: int) -> BaseSampler:
        return GPSampler(
            seed=seed,
            independent_sampler=BelievingSampler(space, seed=seed),
            n_startup_trials=GP_STARTUP if startup is None else startup,
            warn_independent_sampling=False,
        )

    return make


def nsga2(*, startup: int | None) -> SamplerFactory:
    """NSGA-II with a population of `startup` trials: the first generation is drawn at random."""
    population = max(2, NSGA2_POPULATION if startup is None else startup)

    def make(seed: int) -> BaseSampler:
        return DerivedNsga2(seed=seed, population_size=population)

    return make


def cmaes(space: Space, *, startup: int | None, study_seed: int) -> SamplerFactory:
    """CMA-ES over the numbers of the space. What is believed decides where it begins, and how categories are drawn.

    Raises: DriverError when there are no numbers.
    """
    distributions = {dimension.name: coding(dimension.domain).distribution for dimension in space.dimensions}
    numbers = {
        name: held
        for name, held in distributions.items()
        if isinstance(held, FloatDistribution | IntDistribution) and not held.single()
    }
    if not numbers:
        raise DriverError(
            "the sampler cmaes needs numbers, and every parameter of this space is a category",
            "take another sampler, such as tpe",
        )

    replay = Replay(numbers, restarts=study_seed, believed=believed(space))

    def make(seed: int) -> BaseSampler:
        return ReplayedCmaEs(replay, BelievingSampler(space, seed=seed), seed=seed, startup=startup or 0)

    return make

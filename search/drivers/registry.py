"""The known drivers and their samplers, loaded on use. Imports nothing heavy: spec files read it."""

import importlib

from search.drivers.setup import DriverError, DriverSetup
from search.ports import Driver
from spaces.problems import did_you_mean

DRIVERS: dict[str, dict[str, str]] = {
    "optuna": {
        "random": "search.drivers.planned:random_driver",
        "grid": "search.drivers.planned:grid_driver",
        "qmc": "search.drivers.planned:qmc_driver",
        "tpe": "search.drivers.optuna_driver:tpe_driver",
        "cmaes": "search.drivers.optuna_driver:cmaes_driver",
        "gp": "search.drivers.optuna_driver:gp_driver",
        "nsga2": "search.drivers.optuna_driver:nsga2_driver",
        "freeze_thaw": "search.drivers.freeze_thaw.driver:freeze_thaw_driver",
    },
    "keras_tuner": {
        "random": "search.drivers.keras_tuner.driver:keras_tuner_driver",
        "bayesian": "search.drivers.keras_tuner.driver:keras_tuner_driver",
        "hyperband": "search.drivers.keras_tuner.driver:keras_tuner_driver",
        "grid": "search.drivers.keras_tuner.driver:keras_tuner_driver",
    },
}
"""Driver -> sampler or oracle -> who makes it."""


def make_driver(name: str, setup: DriverSetup) -> Driver:
    """The driver `name` with the sampler of `setup`.

    Raises: DriverError for an unknown driver or sampler, one whose package is missing, or one that cannot
    search this space.
    """
    if name not in DRIVERS:
        raise DriverError(f"there is no driver `{name}`", did_you_mean(name, DRIVERS))
    samplers = DRIVERS[name]
    if setup.sampler not in samplers:
        raise DriverError(f"the driver {name} has no sampler `{setup.sampler}`", did_you_mean(setup.sampler, samplers))
    module, attribute = samplers[setup.sampler].split(":")
    made: Driver = getattr(importlib.import_module(module), attribute)(setup)
    return made

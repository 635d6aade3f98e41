"""Where CMA-ES and the Gaussian process begin when something is believed."""

import importlib.util

import numpy as np
import optuna
import pytest

from models.objective import Direction
from search.drivers.believing import BelievingSampler
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.prior import Near, Prior, Weights
from spaces.space import Dimension, Space


def space_of(rate: Prior | None, batch: Prior | None = None, kind: Prior | None = None) -> Space:
    return Space(
        (
            Dimension("rate", FloatRange(1e-4, 1e-1, log=True), prior=rate),
            Dimension("units", IntRange(16, 256, log=True)),
            Dimension("batch", Categories((16, 32, 64, 128), ordered=True), prior=batch),
            Dimension("kind", Categories(("relu", "gelu", "tanh")), prior=kind),
        )
    )


def asked(space: Space, sampler: str, count: int, *, startup: int | None = None) -> list[dict]:
    setup = DriverSetup(space, sampler, Direction.MINIMIZE, max_epochs=9, seed=1, startup_trials=startup)
    driver = make_driver("optuna", setup)
    return [dict(driver.ask(number).params) for number in range(count)]


def places(space: Space, name: str, configurations: list[dict]) -> np.ndarray:
    return np.array([space.dimension(name).domain.encode(params[name]) for params in configurations])


def test_the_first_generation_of_cmaes_has_the_mean_and_the_spread_of_the_prior() -> None:
    space = space_of(Near(1e-3, 0.05))
    found = places(space, "rate", asked(space, "cmaes", 300))
    assert found.mean() == pytest.approx(1 / 3, abs=0.02)
    assert found.std() == pytest.approx(0.05, abs=0.01)
    free = places(space, "units", asked(space, "cmaes", 300))
    assert free.mean() == pytest.approx(0.5, abs=0.03)
    assert free.std() == pytest.approx(1 / 6, abs=0.03)


def test_cmaes_begins_at_the_weights_of_an_ordered_choice() -> None:
    space = space_of(None, batch=Weights(((128, 1.0),)))
    found = [params["batch"] for params in asked(space, "cmaes", 200)]
    assert found.count(128) > found.count(16) + 50


def test_cmaes_draws_unordered_categories_by_their_weights() -> None:
    space = space_of(None, kind=Weights((("tanh", 1.0),)))
    found = [params["kind"] for params in asked(space, "cmaes", 200)]
    assert found.count("tanh") == pytest.approx(200 * (0.75 + 0.25 / 3), abs=20)
    assert found.count("relu") > 0


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_the_startup_trials_of_gp_follow_the_prior() -> None:
    space = space_of(Near(1e-3, 0.03))
    found = places(space, "rate", asked(space, "gp", 40, startup=100))
    assert np.mean(np.abs(found - 1 / 3) < 0.1) > 0.6


def test_a_conditional_parameter_is_drawn_by_its_prior_where_it_applies() -> None:
    kind = Dimension("kind", Categories(("adam", "sgd")), prior=Weights((("sgd", 1.0),)))
    momentum = Dimension("momentum", FloatRange(0, 1), parse("kind == 'sgd'", names={"kind"}), prior=Near(0.9, 0.02))
    drawn = asked(Space((kind, momentum)), "tpe", 60, startup=60)
    assert all(("momentum" in params) == (params["kind"] == "sgd") for params in drawn)
    near = [abs(params["momentum"] - 0.9) < 0.1 for params in drawn if "momentum" in params]
    assert np.mean(near) > 0.6


def test_parameters_without_a_prior_are_drawn_as_before() -> None:
    study = optuna.create_study()
    trial = study._storage.get_trial(study.ask()._trial_id)
    held = optuna.distributions.FloatDistribution(0, 1)
    plain = optuna.samplers.RandomSampler(seed=4).sample_independent(study, trial, "free", held)
    sampler = BelievingSampler(Space((Dimension("rate", FloatRange(0, 1), prior=Near(0.5)),)), seed=4)
    assert sampler.sample_independent(study, trial, "free", held) == plain

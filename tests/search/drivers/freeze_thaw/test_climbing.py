"""Candidates that are improved step by step."""

import numpy as np

from search.drivers.freeze_thaw.candidates import Candidates, Configuration, Drawn, anywhere
from search.drivers.freeze_thaw.climbing import climbed
from search.drivers.freeze_thaw.encoding import Encoding
from spaces.domains import Categories, FloatRange, IntRange
from spaces.space import Dimension, Space
from tests.search.drivers.freeze_thaw.synthetic import SPACE, accuracy

ENCODING = Encoding(SPACE)


def judge(drawn: Drawn) -> np.ndarray:
    return np.array([accuracy(configuration, 27) for configuration in drawn.configurations])


def start(seed: int, count: int = 32) -> Drawn:
    made = anywhere(SPACE, count, np.random.default_rng(seed))
    return Drawn(made, ENCODING.rows(made))


def climb(
    seed: int, reaches: tuple[float, ...], *, begun: frozenset[bytes] = frozenset()
) -> tuple[Configuration, float]:
    candidates, rng = Candidates(SPACE, ENCODING, seed), np.random.default_rng(seed)
    drawn = start(seed)
    return climbed(
        drawn,
        judge(drawn),
        reaches=reaches,
        changed=lambda parents, reach: candidates.changed(parents, each=10, reach=reach, rng=rng).without(begun),
        judge=judge,
    )


def test_climbing_ends_nearer_to_the_best_than_the_best_of_as_many_draws() -> None:
    best = accuracy({"rate": 10**-2.5, "optimizer": "sgd", "momentum": 0.7, "layers": 3}, 27)
    reaches = (0.15, 0.06, 0.02, 0.15, 0.06, 0.02)
    climbs = [best - climb(seed, reaches)[1] for seed in range(8)]
    draws = [best - judge(start(seed, 32 + len(reaches) * 4 * 10)).max() for seed in range(8)]
    assert np.mean(climbs) < 0.3 * np.mean(draws)


def test_the_score_is_that_of_the_configuration_which_is_in_the_space() -> None:
    configuration, score = climb(3, (0.15, 0.06))
    assert SPACE.why_not(configuration) is None
    assert score == accuracy(configuration, 27)


def test_without_steps_it_is_the_best_that_was_drawn() -> None:
    drawn = start(0)
    assert climb(0, ()) == (drawn.configurations[int(np.argmax(judge(drawn)))], judge(drawn).max())


def test_a_step_without_copies_is_passed_over() -> None:
    drawn = start(0)
    found = climbed(drawn, judge(drawn), reaches=(0.1, 0.1), changed=lambda parents, reach: None, judge=judge)
    assert found == climb(0, ())


def test_a_small_step_changes_ordered_values_about_half_the_time_and_goes_to_neighbours() -> None:
    space = Space(
        (
            Dimension("units", Categories((8, 16, 32, 64, 128, 256), ordered=True)),
            Dimension("layers", IntRange(1, 20)),
            Dimension("rate", FloatRange(0.0, 1.0)),
        )
    )
    candidates = Candidates(space, Encoding(space), 0)
    parent: Configuration = {"units": 32, "layers": 10, "rate": 0.5}
    made = candidates.changed([parent], each=2000, reach=0.01, rng=np.random.default_rng(0)).configurations
    moved = [configuration for configuration in made if configuration["rate"] != 0.5]
    others = [c for c in moved if c["units"] != 32]
    assert 0.2 < len(others) / len(moved) < 0.6
    assert np.mean([c["units"] in (16, 64) for c in others]) > 0.9
    assert np.mean([abs(int(str(c["layers"])) - 10) <= 2 for c in moved]) > 0.95
    assert all(abs(float(str(c["rate"])) - 0.5) < 0.05 for c in made)

"""Dropout that spends 16 bits a unit is dropout."""

import keras
import numpy as np
import pytest

from models.training.dropout import ThriftyDropout

ONES = np.ones((400, 500), np.float32)


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.99])
def test_it_drops_the_share_it_is_told_and_scales_the_rest_to_the_same_mean(rate: float) -> None:
    out = np.asarray(ThriftyDropout(rate, seed=5)(ONES, training=True))
    error = 5 * np.sqrt(rate * (1 - rate) / out.size)
    assert (out == 0).mean() == pytest.approx(rate, abs=error)
    assert list(np.unique(out[out > 0])) == pytest.approx([1 / (1 - rate)], rel=2e-3)


def test_neighbours_that_share_a_random_word_fall_independently() -> None:
    out = np.asarray(ThriftyDropout(0.5, seed=5)(ONES, training=True)).reshape(-1, 2) > 0
    assert (out[:, 0] & out[:, 1]).mean() == pytest.approx(0.25, abs=0.01)


def test_every_step_draws_another_mask_and_a_seed_repeats_them() -> None:
    def masks() -> list[np.ndarray]:
        layer = ThriftyDropout(0.5, seed=5)
        return [np.asarray(layer(ONES, training=True)) > 0 for _ in range(2)]

    first, again = masks(), masks()
    assert (first[0] != first[1]).any()
    np.testing.assert_array_equal(first, again)


def test_an_odd_number_of_units_is_masked_too() -> None:
    out = np.asarray(ThriftyDropout(0.5, seed=5)(np.ones((3, 5, 7), np.float32), training=True))
    assert out.shape == (3, 5, 7)
    assert 0 < (out == 0).sum() < out.size


def test_outside_training_nothing_is_dropped() -> None:
    np.testing.assert_array_equal(np.asarray(ThriftyDropout(0.5)(ONES, training=False)), ONES)


def test_it_is_saved_as_nothing_but_keras_dropout() -> None:
    stock = keras.layers.Dropout.from_config(ThriftyDropout(0.25, name="drop").get_config())
    assert (stock.rate, stock.name) == (0.25, "drop")

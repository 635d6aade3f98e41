"""What a trained model costs."""

import keras
import numpy as np
import pytest

from models.training.costs import LEAST_REPEATS, MOST_S, REPEATS, WARM_UP, latency_ms, measure
from models.training.plan import FitResult

RESULT = FitResult(({"val_loss": 1.0},), 1.0, 1, 1, 9.0, "epochs", best_seconds=4.0)
ROW = np.zeros((1, 3), np.float32)


class Ticking:
    """A clock that goes on by the next of these seconds at every second look, and then by the last one."""

    def __init__(self, *spans):
        self.spans, self.looks, self.now = spans, 0, 0.0

    def __call__(self):
        self.looks += 1
        if self.looks % 2 == 0:
            self.now += self.spans[min(self.looks // 2, len(self.spans)) - 1]
        return self.now

    @property
    def measured(self):
        return self.looks // 2


@pytest.fixture(scope="module")
def model():
    layers = [keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    inputs = outputs = keras.Input((3,))
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def test_weights_that_are_not_trained_count_as_parameters_and_as_bytes(model):
    found = measure(("size_mb", "train_seconds"), model, ROW, result=RESULT)
    assert found == {"params": 16 + 16 + 10, "size_mb": 42 * 4 / 1e6, "train_seconds": 4.0}


def test_the_number_of_weights_is_always_told_and_the_rest_only_when_it_is_asked_for(model):
    clock = Ticking(1.0)
    assert measure((), model, ROW, result=RESULT, clock=clock) == {"params": 42.0}
    assert clock.looks == 0


def test_the_latency_is_the_median_of_the_calls_after_the_warm_up(model):
    clock = Ticking(0.9, 0.004, 0.002, 0.002)
    assert latency_ms(model, ROW, clock=clock) == pytest.approx(2.0)
    assert clock.measured == REPEATS


def test_a_slow_model_is_asked_less_often(model):
    clock = Ticking(MOST_S)
    assert latency_ms(model, ROW, clock=clock) == pytest.approx(1000 * MOST_S)
    assert clock.measured == LEAST_REPEATS


def test_a_row_is_predicted_so_often(model, monkeypatch):
    calls = []
    monkeypatch.setattr("models.training.costs.prediction", lambda model: lambda rows: calls.append(rows) or rows)
    latency_ms(model, ROW, clock=Ticking(0.001))
    assert {tuple(rows.shape) for rows in calls} == {(1, 3)}
    assert len(calls) == WARM_UP + REPEATS

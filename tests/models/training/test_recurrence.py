"""Recurrent layers for CPUs compute what Keras' own compute, and stand aside where they would not."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.training.recurrence import CpuBidirectional, CpuGRU, CpuLSTM, training_class

STEPS, FEATURES, UNITS = 7, 3, 5
WINDOWS = np.random.default_rng(0).normal(size=(6, STEPS, FEATURES)).astype(np.float32)


def lstm(**options: Any) -> keras.layers.LSTM:
    return keras.layers.LSTM(UNITS, **options)


def gru(**options: Any) -> keras.layers.GRU:
    return keras.layers.GRU(UNITS, **options)


def both_ways(cell: Any = lstm, merge_mode: str = "concat", **options: Any) -> keras.layers.Bidirectional:
    return keras.layers.Bidirectional(cell(**options), merge_mode=merge_mode)


def twin(stock: keras.Layer) -> keras.Layer:
    """The training layer for `stock`, with the same random weights; both are built."""
    made = training_class(stock).from_config(stock.get_config())
    rng = np.random.default_rng(1)
    for layer in (stock, made):
        layer.build(WINDOWS.shape)
    stock.set_weights([rng.normal(0, 0.5, weight.shape) for weight in stock.get_weights()])
    made.set_weights(stock.get_weights())
    return made


def computed(layer: keras.Layer, x: Any, **given: Any) -> list[np.ndarray]:
    """Outputs for `x`, and the gradients of a curved function of them for `x` and every weight, in one graph."""

    @tf.function(autograph=False)
    def compute(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = layer(x, **given)
            loss = tf.reduce_sum(tf.sin(3 * made))
        return [made, *tape.gradient(loss, [x, *(variable.value for variable in layer.trainable_variables)])]

    return [np.asarray(one) for one in compute(tf.constant(x))]


def assert_same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for mine, expected in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("every_step", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize(("cell", "kind"), [(lstm, CpuLSTM), (gru, CpuGRU)])
def test_outputs_and_gradients_are_those_of_keras(cell: Any, kind: Any, every_step: bool, backwards: bool) -> None:
    stock = cell(return_sequences=every_step, go_backwards=backwards)
    made = twin(stock)
    assert type(made) is kind
    assert_same(computed(made, WINDOWS), computed(stock, WINDOWS))


@pytest.mark.parametrize("every_step", [True, False])
@pytest.mark.parametrize("cell", [lstm, gru])
def test_both_directions_are_those_of_keras(cell: Any, every_step: bool) -> None:
    stock = both_ways(cell, return_sequences=every_step)
    made = twin(stock)
    assert type(made) is CpuBidirectional
    assert_same(computed(made, WINDOWS), computed(stock, WINDOWS))


def test_the_steps_of_an_lstm_are_one_operation() -> None:
    graph = tf.function(twin(lstm())).get_concrete_function(tf.TensorSpec((None, STEPS, FEATURES))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "BlockLSTMV2" in kinds
    assert not kinds & {"While", "StatelessWhile"}


@pytest.mark.parametrize("make", [lstm, gru])
def test_any_number_of_rows_and_steps_is_taken(make: Any) -> None:
    stock = make(return_sequences=True)
    made = twin(stock)
    for windows in (WINDOWS[:1], WINDOWS[:, :1]):
        assert_same(computed(made, windows), computed(stock, windows))


@pytest.mark.parametrize("make", [lstm, gru, both_ways])
def test_masked_steps_are_left_out_as_by_keras(make: Any) -> None:
    stock = make(return_sequences=True)
    made = twin(stock)
    mask = np.ones((6, STEPS), bool)
    mask[:3, 4:] = False
    assert_same(computed(made, WINDOWS, mask=mask), computed(stock, WINDOWS, mask=mask))


@pytest.mark.parametrize(("make", "count"), [(lstm, 2), (gru, 1), (both_ways, 4)])
def test_a_first_state_is_taken_up_as_by_keras(make: Any, count: int) -> None:
    stock = make()
    made = twin(stock)
    state = [tf.fill((6, UNITS), 0.3 + i) for i in range(count)]
    assert_same(computed(made, WINDOWS, initial_state=state), computed(stock, WINDOWS, initial_state=state))


def turned_round() -> keras.layers.Bidirectional:
    return keras.layers.Bidirectional(lstm(go_backwards=True), backward_layer=lstm())


@pytest.mark.parametrize(
    ("make", "options"),
    [
        *(
            (lstm, option)
            for option in (
                {"activation": "relu"},
                {"recurrent_activation": "hard_sigmoid"},
                {"use_bias": False},
                {"dropout": 0.1},
                {"recurrent_dropout": 0.1},
                {"stateful": True},
                {"return_state": True},
                {"unroll": True},
                {"dtype": "mixed_float16"},
            )
        ),
        (gru, {"reset_after": False}),
        (gru, {"dropout": 0.1}),
        (both_ways, {"activation": "relu"}),
        (both_ways, {"merge_mode": "sum"}),
        (turned_round, {}),
        (keras.layers.Dense, {"units": UNITS}),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_whatever_else_a_layer_does_stays_with_keras(make: Any, options: dict[str, Any]) -> None:
    layer = make(**options)
    assert training_class(layer) is type(layer)

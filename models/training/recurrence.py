"""Recurrent layers that compute on CPUs what Keras' own compute, up to the rounding of float32, and several times
faster.

Keras loops over the steps in many small operations, forward and backward. The layers here stand in for stock ones in
models that are trained and never saved; they hold the same variables.
"""

from typing import Any

import keras
import tensorflow as tf

from models.training.gru_states import gru_states
from models.training.lstm_states import lstm_states


class CpuLSTM(keras.layers.LSTM):  # type: ignore[misc]
    """An LSTM layer for which `is_plain` holds."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        if mask is not None or initial_state is not None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        return _outputs(self, sequences)


class CpuGRU(keras.layers.GRU):  # type: ignore[misc]
    """A GRU layer for which `is_plain` holds."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        if mask is not None or initial_state is not None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        return _outputs(self, sequences)


class CpuBidirectional(keras.layers.Bidirectional):  # type: ignore[misc]
    """Both directions of a layer for which `is_plain` holds, joined."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None) -> Any:
        if mask is not None or initial_state is not None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        steps_first = tf.transpose(sequences, [1, 0, 2])
        forward = _states(self.forward_layer, steps_first)
        backward = _states(self.backward_layer, tf.reverse(steps_first, [0]))
        if not self.return_sequences:
            return tf.concat([forward[-1], backward[-1]], -1)
        return tf.transpose(tf.concat([forward, tf.reverse(backward, [0])], -1), [1, 0, 2])


def training_class(layer: keras.Layer) -> type[keras.Layer]:
    """The class that computes what `layer` computes, faster if there is one; its own on a machine with a GPU, for
    which Keras has a kernel."""
    if tf.config.list_physical_devices("GPU"):
        return type(layer)
    if is_plain(layer):
        return CpuLSTM if type(layer) is keras.layers.LSTM else CpuGRU
    if type(layer) is keras.layers.Bidirectional and layer.merge_mode == "concat":
        directions = (layer.forward_layer, layer.backward_layer)
        if all(map(is_plain, directions)) and [one.go_backwards for one in directions] == [False, True]:
            return CpuBidirectional
    return type(layer)


def is_plain(layer: keras.Layer) -> bool:
    """Whether `layer` is what is computed here, as long as it is given no mask and no first state."""
    if type(layer) not in (keras.layers.LSTM, keras.layers.GRU):
        return False
    return (
        layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and getattr(layer, "reset_after", True)
        and not (layer.dropout or layer.recurrent_dropout or layer.stateful or layer.return_state or layer.unroll)
        and layer.compute_dtype == "float32"
    )


def _outputs(layer: keras.Layer, sequences: Any) -> Any:
    """What a plain `layer` gives for `sequences` (n, steps, features): (n, steps, units), or (n, units)."""
    steps_first = tf.transpose(sequences, [1, 0, 2])
    states = _states(layer, tf.reverse(steps_first, [0]) if layer.go_backwards else steps_first)
    return tf.transpose(states, [1, 0, 2]) if layer.return_sequences else states[-1]


def _states(layer: keras.Layer, x: Any) -> Any:
    """The states (steps, n, units) of a plain `layer` that reads `x` (steps, n, features) in this order."""
    cell = layer.cell
    weights = [tf.convert_to_tensor(weight) for weight in (cell.kernel, cell.recurrent_kernel, cell.bias)]
    return (lstm_states if isinstance(layer, keras.layers.LSTM) else gru_states)(x, *weights)

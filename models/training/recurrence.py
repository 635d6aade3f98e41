"""Keras' LSTM on CPUs by TensorFlow's block kernel: all steps in one operation, where Keras loops over small ones.

The layers here stand in for stock ones in models that are trained and never saved. They hold the same variables and
compute the same numbers, up to the rounding of float32.
"""

from typing import Any

import keras
import tensorflow as tf


class BlockLSTM(keras.layers.LSTM):  # type: ignore[misc]
    """An LSTM layer for which `is_plain` holds."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        if mask is not None or initial_state is not None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        return _outputs(sequences, self)


class BlockBidirectional(keras.layers.Bidirectional):  # type: ignore[misc]
    """Both directions of an LSTM layer for which `is_plain` holds, joined."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None) -> Any:
        if mask is not None or initial_state is not None:
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        forward, backward = (_outputs(sequences, layer) for layer in (self.forward_layer, self.backward_layer))
        if self.return_sequences:
            backward = tf.reverse(backward, [1])
        return tf.concat([forward, backward], -1)


def training_class(layer: keras.Layer) -> type[keras.Layer]:
    """The class that computes what `layer` computes, faster if there is one; its own on a machine with a GPU, for
    which Keras has a kernel."""
    if tf.config.list_physical_devices("GPU"):
        return type(layer)
    if is_plain(layer):
        return BlockLSTM
    if type(layer) is keras.layers.Bidirectional and layer.merge_mode == "concat":
        directions = (layer.forward_layer, layer.backward_layer)
        if all(map(is_plain, directions)) and [one.go_backwards for one in directions] == [False, True]:
            return BlockBidirectional
    return type(layer)


def is_plain(layer: keras.Layer) -> bool:
    """Whether the block kernel computes what `layer` computes, as long as it is given no mask and no state."""
    return (
        type(layer) is keras.layers.LSTM
        and layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not (layer.dropout or layer.recurrent_dropout or layer.stateful or layer.return_state or layer.unroll)
        and layer.compute_dtype == "float32"
    )


def _outputs(sequences: Any, layer: keras.layers.LSTM) -> Any:
    """What a plain `layer` gives for `sequences` (n, steps, features): (n, steps, units), or (n, units)."""
    cell = layer.cell
    steps_first = tf.transpose(sequences, [1, 0, 2])
    if layer.go_backwards:
        steps_first = tf.reverse(steps_first, [0])
    kernel = tf.concat([cell.kernel, cell.recurrent_kernel], 0)
    states = _states(steps_first, kernel, tf.convert_to_tensor(cell.bias))
    return tf.transpose(states, [1, 0, 2]) if layer.return_sequences else states[-1]


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _states(x: Any, kernel: Any, bias: Any) -> tuple[Any, Any]:
    """The hidden states (steps, n, units) of an LSTM that begins at zero.

    x: (steps, n, features). kernel: (features + units, 4 * units), gates in the order input, forget, candidate,
    output, which is both Keras' and the kernel's. bias: (4 * units,).

    TensorFlow registers a gradient for this kernel that is the one of its predecessor, with another order of gates,
    and is wrong. So the right one is called here.
    """
    units = bias.shape[0] // 4
    zeros = tf.zeros((tf.shape(x)[1], units))
    no_peephole = tf.zeros((units,))
    given = {
        "seq_len_max": tf.shape(x, out_type=tf.int64)[0],
        "x": x,
        "cs_prev": zeros,
        "h_prev": zeros,
        "w": kernel,
        "wci": no_peephole,
        "wcf": no_peephole,
        "wco": no_peephole,
        "b": bias,
        "use_peephole": False,
    }
    made = tf.raw_ops.BlockLSTMV2(**given, cell_clip=0.0)

    def gradients(upstream: Any) -> tuple[Any, Any, Any]:
        found = tf.raw_ops.BlockLSTMGradV2(**given, **made._asdict(), cs_grad=tf.zeros_like(upstream), h_grad=upstream)
        return found.x_grad, found.w_grad, found.b_grad

    return made.h, gradients

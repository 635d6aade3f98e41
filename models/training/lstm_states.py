"""All states of an LSTM in one operation: TensorFlow's block kernel for CPUs, with its gradient."""

from typing import Any

import tensorflow as tf


def lstm_states(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """The hidden states (steps, n, units) of an LSTM that begins at zero, differentiable.

    x: (steps, n, features). kernel: (features, 4 * units), recurrent: (units, 4 * units), bias: (4 * units,), their
    gates in the order input, forget, candidate, output, which is both Keras' and the kernel's.
    """
    return _states(x, tf.concat([kernel, recurrent], 0), bias)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _states(x: Any, weights: Any, bias: Any) -> tuple[Any, Any]:
    """The states, and the function that gives the gradients for `x`, `weights` and `bias`.

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
        "w": weights,
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

"""All states of a GRU in two lean loops, one forward and one backward, with all else done for all steps at once.

There is no kernel for CPUs that computes Keras' GRU. A loop over steps costs time for every operation in it, so as
little as can be stands in the loops: of the forward one the recurrent product and the gates, of the backward one a
product with a matrix of factors that are known beforehand, as gradients are linear in what comes from above.
"""

from typing import Any, NamedTuple

import tensorflow as tf


class _Gates(NamedTuple):
    """Of one step (n, units) or of all: update z, reset r, candidate c; and what r multiplies in the candidate."""

    z: Any
    r: Any
    c: Any
    reset: Any


@tf.custom_gradient  # type: ignore[untyped-decorator]
def gru_states(x: Any, kernel: Any, recurrent: Any, bias: Any) -> tuple[Any, Any]:
    """The hidden states (steps, n, units) of a GRU that begins at zero.

    x: (steps, n, features). kernel: (features, 3 * units), recurrent: (units, 3 * units), bias: (2, 3 * units) for
    the two, their gates in Keras' order update, reset, candidate; the reset gate works after the recurrent product.
    """
    projected = _product(x, kernel) + bias[0]
    fed_back_bias = bias[1]

    def step(t: Any, state: Any, states: Any) -> tuple[Any, Any, Any]:
        gates = _gates(tf.gather(projected, t), tf.matmul(state, recurrent) + fed_back_bias)
        state = gates.c + gates.z * (state - gates.c)
        return t + 1, state, states.write(t, state)

    steps, n = tf.shape(x)[0], tf.shape(x)[1]
    begin = tf.zeros((n, recurrent.shape[0]))
    states = _loop(step, begin, steps=steps, start=0)

    def gradients(upstream: Any) -> tuple[Any, Any, Any, Any]:
        before = tf.concat([begin[tf.newaxis], states[:-1]], 0)
        gates = _gates(projected, _product(before, recurrent) + fed_back_bias)
        return _gradients(upstream, x, before, weights=(kernel, recurrent), gates=gates)

    return states, gradients


def _gates(projected: Any, fed_back: Any) -> _Gates:
    """The gates of inputs and states that the kernels have been applied to, both (..., 3 * units)."""
    units = projected.shape[-1] // 3
    parts = (2 * units, units)
    projected_both, projected_c = tf.split(projected, parts, -1)
    fed_back_both, reset = tf.split(fed_back, parts, -1)
    z, r = tf.split(tf.sigmoid(projected_both + fed_back_both), 2, -1)
    return _Gates(z, r, tf.tanh(projected_c + r * reset), reset)


def _gradients(
    upstream: Any, x: Any, before: Any, *, weights: tuple[Any, Any], gates: _Gates
) -> tuple[Any, Any, Any, Any]:
    """Gradients for inputs, kernel, recurrent kernel and biases. upstream, before: (steps, n, units)."""
    kernel, recurrent = weights
    z, r, c, reset = gates
    to_c = (1 - z) * (1 - c * c)
    to_both = [(before - c) * z * (1 - z), to_c * reset * r * (1 - r)]
    factors = tf.concat([*to_both, to_c * r], -1)

    def step(t: Any, carried: Any, arrived: Any) -> tuple[Any, Any, Any]:
        here = tf.gather(upstream, t) + carried
        spread = tf.tile(here, (1, 3)) * tf.gather(factors, t)
        carried = here * tf.gather(z, t) + tf.matmul(spread, recurrent, transpose_b=True)
        return t - 1, carried, arrived.write(t, here)

    steps = tf.shape(x)[0]
    arrived = _loop(step, tf.zeros_like(upstream[0]), steps=steps, start=steps - 1)
    for_recurrent = tf.tile(arrived, (1, 1, 3)) * factors
    for_kernel = tf.concat([for_recurrent[..., : -c.shape[-1]], arrived * to_c], -1)
    biases = tf.stack([tf.reduce_sum(found, (0, 1)) for found in (for_kernel, for_recurrent)])
    return (
        tf.reshape(tf.matmul(_rows(for_kernel), kernel, transpose_b=True), tf.shape(x)),
        tf.matmul(_rows(x), _rows(for_kernel), transpose_a=True),
        tf.matmul(_rows(before), _rows(for_recurrent), transpose_a=True),
        biases,
    )


def _loop(step: Any, first: Any, *, steps: Any, start: Any) -> Any:
    """What `step(t, state, written)` has written at every t, stacked; from `start` on, while t is a step."""
    written = tf.TensorArray(tf.float32, steps, element_shape=(None, first.shape[-1]))

    def is_step(t: Any, state: Any, written: Any) -> Any:
        return tf.logical_and(t >= 0, t < steps)

    return tf.while_loop(is_step, step, (start, first, written), parallel_iterations=1)[2].stack()


def _product(x: Any, matrix: Any) -> Any:
    """`x` (steps, n, d) times `matrix` (d, m), as one product."""
    return tf.reshape(tf.matmul(_rows(x), matrix), (tf.shape(x)[0], tf.shape(x)[1], matrix.shape[-1]))


def _rows(x: Any) -> Any:
    return tf.reshape(x, (-1, x.shape[-1]))

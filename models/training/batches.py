"""Rows as TensorFlow batches, in an order that a seed and the epoch decide and nothing else.

Measured on 1078 digits rows with batches of 32: 0.031 s an epoch this way, several steps a call, against
0.076 s with arrays handed to Keras. Keras' own shuffling goes on from where the last epoch's stopped, so a
resumed trial would see other batches than an uninterrupted one.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

EVALUATION_BATCH = 512


class TrainingBatches:
    """Training rows in batches of `batch_size`, the last one shorter; `arrange` orders an epoch."""

    def __init__(self, columns: tuple[NDArray[Any], ...], *, batch_size: int, seed: int) -> None:
        """`columns`: x, y and possibly weights, each (n_rows, ...)."""
        self.n_rows = len(columns[0])
        self.seed = seed
        self.steps = -(-self.n_rows // batch_size)
        with tf.device("CPU"):
            self._order = tf.Variable(np.arange(self.n_rows), trainable=False, name="order")
            self.dataset = _in_batches(columns, batch_size, order=self._order)

    def arrange(self, epoch: int) -> None:
        """Shuffle the rows for `epoch`; to be called before its first batch is drawn."""
        self._order.assign(np.random.default_rng([self.seed, epoch]).permutation(self.n_rows))


def evaluation_batches(columns: tuple[NDArray[Any], ...]) -> tf.data.Dataset:
    """Rows in their own order, in batches that need no gradients and so may be large."""
    with tf.device("CPU"):
        return _in_batches(columns, EVALUATION_BATCH, order=tf.range(len(columns[0]), dtype=tf.int64))


def _in_batches(columns: tuple[NDArray[Any], ...], batch_size: int, *, order: Any) -> tf.data.Dataset:
    n_rows = len(columns[0])
    tensors = tuple(tf.constant(np.asarray(column)) for column in columns)

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, ...]:
        rows = order[step * batch_size : tf.minimum((step + 1) * batch_size, n_rows)]
        return tuple(tf.gather(tensor, rows) for tensor in tensors)

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False  # slow to set up
    steps = tf.data.Dataset.range(-(-n_rows // batch_size))
    return steps.map(batch).prefetch(2).with_options(options)

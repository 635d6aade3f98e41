"""Rows in an order that the trial's seed and the epoch decide, and nothing else.

Keras' own shuffling goes on from wherever the process's generator stands, so that neither a resumed trial nor one
beside others in its worker would see the batches of an undisturbed one.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.training.life import Life
from models.training.rows import epoch_order


class OrderedRows(keras.callbacks.Callback):  # type: ignore[misc]
    """Batches of x and y for `fit`, and the callback that orders the rows before every epoch."""

    def __init__(self, x: Any, y: Any, *, batch_size: int, seed: int, life: Life) -> None:
        super().__init__()
        self._seed = seed
        self._life = life
        with tf.device("CPU:0"):
            self._tensors = (_tensors(x), _tensors(y))
            self._n_rows = len(keras.tree.flatten(y)[0])
            self._order = tf.Variable(np.arange(self._n_rows), trainable=False)
        self.batches = tf.data.Dataset.range(0, self._n_rows, batch_size).map(self._batch(batch_size)).prefetch(2)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._order.assign(epoch_order(self._n_rows, seed=self._seed, epoch=self._life.epoch + 1))

    def _batch(self, size: int) -> Any:
        def batch(start: Any) -> Any:
            rows = self._order[start : start + size]
            return tuple(keras.tree.map_structure(lambda column: tf.gather(column, rows), t) for t in self._tensors)

        return batch


def can_be_ordered(given: Mapping[str, Any]) -> bool:
    """Whether the arguments of a `fit` leave the order of its rows open: arrays without weights, to be shuffled."""
    if given.get("y") is None or given.get("shuffle", True) is not True:
        return False
    if given.get("sample_weight") is not None or given.get("validation_split"):
        return False
    if given.get("steps_per_epoch") is not None:
        return False
    return all(isinstance(part, np.ndarray) for name in ("x", "y") for part in keras.tree.flatten(given[name]))


def _tensors(columns: Any) -> Any:
    return keras.tree.map_structure(_tensor, columns)


def _tensor(column: Any) -> Any:
    # as Keras does with arrays
    return tf.constant(column.astype(keras.config.floatx()) if column.dtype.kind == "f" else column)

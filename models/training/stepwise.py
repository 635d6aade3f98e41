"""Epochs with a call into Python for each step, for callbacks that look between two steps.

The steps are those of a whole epoch (see `epochs`), on the same rows in the same order, so the numbers are the same.
"""

from typing import Any, Protocol

import keras
import tensorflow as tf

from models.training.dials import Board
from models.training.epochs import Logs, training_step, validation_step


class Hooks(Protocol):
    """What is called around each step, as Keras does; batches count from 0. `keras.callbacks.CallbackList` is one."""

    def on_train_batch_begin(self, batch: int) -> None: ...

    def on_train_batch_end(self, batch: int, logs: Logs) -> None: ...

    def on_test_batch_begin(self, batch: int) -> None: ...

    def on_test_batch_end(self, batch: int, logs: Logs) -> None: ...


class Steps:
    """Single steps of one model, traced once for all its trials."""

    def __init__(self, model: keras.Model, board: Board) -> None:
        self._model = model
        self._train = training_step(model, board)
        self._test = validation_step(model, board)

    def train(self, inputs: tuple[Any, tuple[Any, ...], Any], size: int, hooks: Hooks) -> Logs:
        """One epoch in steps of `size` rows; `inputs` are the numbers, the columns and the order of the rows (n,).

        Ends after the step in which a callback sets `stop_training`; its logs are those of the steps taken.
        """
        n_rows = len(inputs[2])
        self._model.reset_metrics()
        for batch, start in enumerate(range(0, n_rows, size)):
            hooks.on_train_batch_begin(batch)
            logs = self._train(*inputs, tf.constant(start), tf.constant(min(start + size, n_rows)))
            hooks.on_train_batch_end(batch, logs)
            if self._model.stop_training:
                break
        return dict(self._model.get_metrics_result())

    def test(self, inputs: tuple[Any, tuple[Any, ...]], size: int, hooks: Hooks) -> Logs:
        """The logs of validation rows in their own order, in steps of `size`; `inputs` are numbers and columns."""
        n_rows = len(inputs[1][0])
        self._model.reset_metrics()
        for batch, start in enumerate(range(0, n_rows, size)):
            hooks.on_test_batch_begin(batch)
            logs = self._test(*inputs, tf.constant(start), tf.constant(min(start + size, n_rows)))
            hooks.on_test_batch_end(batch, logs)
        return dict(self._model.get_metrics_result())

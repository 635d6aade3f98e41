"""Whole epochs as one traced call each: the rows are gathered, and the steps taken, inside the graph.

The steps are Keras' own `train_step` and `test_step`, so losses, metrics, optimizers and layers compute what they
compute under `model.fit`; what is saved is a call into Python, and out of it, for every step.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from models.training.dials import Board

Logs = dict[str, Any]
Epoch = Callable[..., Logs]
Step = Callable[[tuple[Any, ...]], Logs]

CHUNK_BYTES = 4 * 2**20
"""Bytes of the largest activation of a chunk of validation rows; more leaves the caches, at half as much time again."""
CHUNK_ROWS = 8192


def training_epoch(model: keras.Model, board: Board) -> Epoch:
    """`call(numbers, columns, order, batch_size)`: trains one epoch and returns its logs.

    columns: tensors of n rows. order: row numbers (n,). batch_size: a scalar tensor; the last batch may be shorter.
    """

    def epoch(numbers: Any, columns: tuple[Any, ...], order: Any, batch_size: Any) -> Logs:
        n_rows = tf.shape(order)[0]

        def step(start: Any) -> tuple[Any]:
            train_on(model, columns, order[start : tf.minimum(start + batch_size, n_rows)])
            return (start + batch_size,)

        model.reset_metrics()
        with board.showing(_unstacked(numbers, board)):
            tf.while_loop(lambda start: start < n_rows, step, (0,), parallel_iterations=1)
        return dict(model.get_metrics_result())

    return _traced(epoch)


def validation_epoch(model: keras.Model, board: Board) -> Epoch:
    """`call(numbers, columns, chunk)`: the logs of validation rows, in one batch, or in chunks of so many rows."""

    def epoch(numbers: Any, columns: tuple[Any, ...], chunk: Any) -> Logs:
        n_rows = tf.shape(columns[0])[0]

        def step(start: Any) -> tuple[Any]:
            stop = tf.minimum(start + chunk, n_rows)
            test_on(model, columns, start, stop)
            return (stop,)

        model.reset_metrics()
        with board.showing(_unstacked(numbers, board)):
            tf.while_loop(lambda start: start < n_rows, step, (0,), parallel_iterations=1)
        return dict(model.get_metrics_result())

    return _traced(epoch)


def training_step(model: keras.Model, board: Board) -> Epoch:
    """`call(numbers, columns, order, start, stop)`: trains on the rows `order[start:stop]`; the epoch's logs so far."""

    def step(numbers: Any, columns: tuple[Any, ...], order: Any, start: Any, stop: Any) -> Logs:
        with board.showing(_unstacked(numbers, board)):
            return train_on(model, columns, order[start:stop])

    return _traced(step)


def validation_step(model: keras.Model, board: Board) -> Epoch:
    """`call(numbers, columns, start, stop)`: tests the rows from `start` to `stop`; the logs so far."""

    def step(numbers: Any, columns: tuple[Any, ...], start: Any, stop: Any) -> Logs:
        with board.showing(_unstacked(numbers, board)):
            return test_on(model, columns, start, stop)

    return _traced(step)


def train_on(model: keras.Model, columns: tuple[Any, ...], rows: Any) -> Logs:
    """One step of training, on the rows with the numbers `rows` (n,), while the model's numbers are showing."""
    return dict(_compiled(model, model.train_step)(tuple(tf.gather(column, rows) for column in columns)))


def test_on(model: keras.Model, columns: tuple[Any, ...], start: Any, stop: Any) -> Logs:
    """One step of validation."""
    return dict(_compiled(model, model.test_step)(tuple(column[start:stop] for column in columns)))


def _compiled(model: keras.Model, step: Step) -> Step:
    """`step` under XLA, if the model is compiled so. A step and not an epoch: XLA knows every shape, and only a last,
    shorter batch has another one."""
    return tf.function(step, jit_compile=True, autograph=False) if model.jit_compile else step


def _traced(epoch: Epoch) -> Epoch:
    # autograph would only look for Python loops to rewrite, at a third of the time that tracing takes
    traced: Epoch = tf.function(epoch, autograph=False, reduce_retracing=True)
    return traced


def chunk_rows(model: keras.Model) -> int:
    """Rows in a call without gradients."""
    largest = max(_size(layer.output) for layer in model.layers)
    return max(32, min(CHUNK_ROWS, CHUNK_BYTES // (4 * largest)))


def _size(outputs: Any) -> int:
    sizes = [1]
    for tensor in keras.tree.flatten(outputs):
        size = 1
        for side in tensor.shape[1:]:
            size *= side or 1
        sizes.append(size)
    return max(sizes)


def _unstacked(numbers: Any, board: Board) -> list[list[Any]]:
    """Scalars, taken apart once a call and not once a step."""
    return [tf.unstack(row) for row in tf.unstack(numbers, num=len(board.names))] if board.names else []

"""Predictions of a model for prepared rows, batch by batch."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.training.memory import watched

Predict = Callable[[Any], Any]


def prediction(model: keras.Model) -> Predict:
    """The model without training as one traced function, of one trace whatever the number of rows."""
    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    call: Predict = tf.function(lambda rows: model(rows, training=False), input_signature=[spec], autograph=False)
    return call


def predict_with(call: Predict, x: NDArray[Any], width: int, *, batch_size: int) -> NDArray[np.float32]:
    """Predictions (n_rows, width) for rows (n_rows, *input_shape); `x` is read a batch at a time.

    Raises: OutOfMemory.
    """
    made = np.empty((len(x), width), dtype=np.float32)
    with watched("prediction"):
        for start in range(0, len(x), batch_size):
            stop = start + batch_size
            made[start:stop] = call(tf.constant(np.asarray(x[start:stop], dtype=np.float32))).numpy()
    return made


def predict(model: keras.Model, x: NDArray[Any], *, batch_size: int = 512) -> NDArray[np.float32]:
    """Predictions (n_rows, n_outputs) of any model for rows (n_rows, *input_shape). Raises: OutOfMemory."""
    return predict_with(prediction(model), x, model.output_shape[-1], batch_size=batch_size)

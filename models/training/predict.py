"""Predictions of a model for prepared rows, batch by batch."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.training.memory import watched


def predict(model: keras.Model, x: NDArray[Any], *, batch_size: int = 512) -> NDArray[np.float32]:
    """Predictions (n_rows, n_outputs) for rows (n_rows, *input_shape); `x` is read a batch at a time.

    Raises: OutOfMemory.
    """
    spec = tf.TensorSpec((None, *x.shape[1:]), tf.float32)  # one trace, whatever the last batch's size
    call = tf.function(lambda rows: model(rows, training=False), input_signature=[spec])
    made = np.empty((len(x), model.output_shape[-1]), dtype=np.float32)
    with watched("prediction"):
        for start in range(0, len(x), batch_size):
            stop = start + batch_size
            made[start:stop] = call(np.asarray(x[start:stop], dtype=np.float32)).numpy()
    return made

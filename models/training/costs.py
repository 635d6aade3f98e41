"""What a trained model costs: its weights, their bytes, and the time that a prediction takes on this machine."""

import statistics
import time
from collections.abc import Callable, Collection
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.spec.costs import PARAMS
from models.training.memory import watched
from models.training.plan import Clock, FitResult
from models.training.predict import prediction

WARM_UP = 10
"""Predictions before the clock runs: the first one traces, and the next few find memory."""
REPEATS = 100
LEAST_REPEATS = 10
MOST_S = 2.0
"""Seconds after which a slow model is not asked again, once it was asked `LEAST_REPEATS` times."""


def measure(
    names: Collection[str],
    model: keras.Model,
    row: NDArray[Any],
    *,
    result: FitResult,
    clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """The costs of `names` by name, and always the number of weights.

    model: as it is stored, of stock layers. row: one prepared row (1, *input_shape). Raises: OutOfMemory.
    """
    makers: dict[str, Callable[[], float]] = {
        PARAMS: lambda: float(model.count_params()),
        "size_mb": lambda: sum(weight.nbytes for weight in model.get_weights()) / 1e6,
        "train_seconds": lambda: result.best_seconds,
        "latency_ms": lambda: latency_ms(model, row, clock=clock),
    }
    return {name: make() for name, make in makers.items() if name in names or name == PARAMS}


def latency_ms(model: keras.Model, row: NDArray[Any], *, clock: Clock) -> float:
    """Median milliseconds from one prepared row (1, *input_shape) to its predictions, as one traced call."""
    predict, rows = prediction(model), np.asarray(row, dtype=np.float32)
    with watched("prediction"):
        for _ in range(WARM_UP):
            predict(tf.constant(rows)).numpy()
        spent: list[float] = []
        while len(spent) < LEAST_REPEATS or (len(spent) < REPEATS and sum(spent) < MOST_S):
            begun = clock()
            predict(tf.constant(rows)).numpy()
            spent.append(clock() - begun)
    return 1000 * statistics.median(spent)

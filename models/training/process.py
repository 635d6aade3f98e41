"""The process state of TensorFlow and Keras: threads, seed, memory growth. The one file that touches it."""

import random

import numpy as np
import tensorflow as tf

from models.training.errors import TrainingError


def configure(*, threads: int | None = None, memory_growth: bool = True) -> None:
    """Set up this process; to be called before its first trial, and harmless afterwards.

    threads: cores that one operation may use, and operations at a time; None leaves TensorFlow's choice.
    memory_growth: take GPU memory as needed, so that several processes can share a GPU.

    Raises: TrainingError when another number of threads was set and TensorFlow has started since.
    """
    if threads is not None:
        _set_threads(threads)
    for gpu in tf.config.list_physical_devices("GPU"):
        if tf.config.experimental.get_memory_growth(gpu) != memory_growth:
            tf.config.experimental.set_memory_growth(gpu, memory_growth)
    tf.random.set_seed(0)


def sow_generators(seed: int) -> None:
    """Give the generators of Python and numpy a seed, for a user's own layers and functions; Keras' layers draw the
    seeds of theirs from Python's. What the built-in families draw comes from the trial's plan.

    TensorFlow's own seed is left as `configure` set it: to set it throws away every function that TensorFlow has
    compiled, which took more than half of a small trial's time.
    """
    random.seed(seed)
    np.random.seed(seed)  # the state that a user's function may read


def _set_threads(threads: int) -> None:
    config = tf.config.threading
    if (config.get_intra_op_parallelism_threads(), config.get_inter_op_parallelism_threads()) == (
        threads,
        threads,
    ):
        return
    try:
        config.set_intra_op_parallelism_threads(threads)
        config.set_inter_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise TrainingError(
            f"threads cannot become {threads}: TensorFlow has started in this process with another number; "
            "set the threads before the first model is built"
        ) from error

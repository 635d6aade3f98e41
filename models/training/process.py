"""The process state of TensorFlow and Keras: threads, seed, memory growth. The one file that touches it."""

import keras
import tensorflow as tf

from models.training.errors import TrainingError


def configure(*, seed: int, threads: int | None = None, memory_growth: bool = True) -> None:
    """Set up this process for one trial; may be called again before each further trial with another seed.

    seed: of Python's, numpy's and TensorFlow's generators, for a user's own layers and functions; what the built-in
        ones draw comes from the trial's plan.
    threads: cores that one operation may use, and operations at a time; None leaves TensorFlow's choice.
    memory_growth: take GPU memory as needed, so that several processes can share a GPU.

    Raises: TrainingError when another number of threads was set and TensorFlow has started since.
    """
    if threads is not None:
        _set_threads(threads)
    for gpu in tf.config.list_physical_devices("GPU"):
        if tf.config.experimental.get_memory_growth(gpu) != memory_growth:
            tf.config.experimental.set_memory_growth(gpu, memory_growth)
    keras.utils.set_random_seed(seed)


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

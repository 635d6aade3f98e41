"""Predictions, exhausted memory, and the state of the process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.families.registry import build
from models.spec.mlp import MlpSpec
from models.training.errors import OutOfMemory, TrainingError
from models.training.memory import watched
from models.training.predict import predict
from models.training.process import configure, sow_generators

Make = Callable[..., Any]


@pytest.fixture
def model(tiny: Make) -> keras.Model:
    return build(MlpSpec.model_validate({"layers": 1, "units": 4, "dropout": 0.5}), tiny().signature)


def test_predictions_do_not_depend_on_the_batch_size(model: keras.Model, tiny: Make) -> None:
    x = tiny().train.x
    whole = predict(model, x)
    assert (whole.shape, whole.dtype) == ((60, 3), np.float32)
    np.testing.assert_allclose(predict(model, x, batch_size=7), whole, rtol=1e-5)
    np.testing.assert_allclose(whole.sum(axis=1), 1, rtol=1e-5)


def test_no_rows_give_no_predictions(model: keras.Model) -> None:
    assert predict(model, np.empty((0, 5), np.float32)).shape == (0, 3)


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[9]\nmore"),
        tf.errors.InternalError(None, None, "Failed to allocate 12 bytes"),
        MemoryError(),
    ],
    ids=["exhausted", "internal", "python"],
)
def test_exhausted_memory_is_told_apart(error: Exception) -> None:
    with pytest.raises(OutOfMemory, match="training ran out of memory"), watched("training"):
        raise error


@pytest.mark.parametrize("error", [tf.errors.InternalError(None, None, "a bug"), ZeroDivisionError()], ids=str)
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), watched("training"):
        raise error


def test_the_seed_decides_the_first_weights(tiny: Make) -> None:
    config = MlpSpec.model_validate({"layers": 1, "units": 4})
    first = []
    for seed in (1, 1, 2):
        sow_generators(seed)
        first.append(build(config, tiny().signature).get_weights()[0])
    np.testing.assert_array_equal(first[0], first[1])
    assert (first[0] != first[2]).any()


@pytest.mark.slow
def test_threads_reach_tensorflow() -> None:
    """In a process of its own, as TensorFlow takes their number once."""
    code = (
        "from models.training.process import configure\n"
        "configure(threads=3)\n"
        "import tensorflow as tf\n"
        "threading = tf.config.threading\n"
        "print(threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads())"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == "3 3\n", done.stderr


def test_threads_cannot_change_once_tensorflow_has_started() -> None:
    tf.constant(1) + 1
    with pytest.raises(TrainingError, match="threads cannot become 77: TensorFlow has started"):
        configure(threads=77)

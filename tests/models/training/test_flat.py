"""An optimizer over all weights at once takes the steps of Keras' own, weight by weight."""

from typing import Any

import keras
import numpy as np
import pytest

from models.spec.training import TrainingSpec
from models.training.optimizers import optimizer

SHAPES = {"kernel": (3, 4), "bias": (4,), "scale": ()}


def path(*, flat: bool, **training: Any) -> list[np.ndarray]:
    """Where five steps lead three weights, under the same gradients every time."""
    rng = np.random.default_rng(3)
    weights = [keras.Variable(rng.normal(size=shape).astype("float32"), name=name) for name, shape in SHAPES.items()]
    used = optimizer(TrainingSpec.model_validate({"learning_rate": 0.05, **training}), flat=flat)
    used.build(weights)
    for _ in range(5):
        gradients = [keras.ops.convert_to_tensor(rng.normal(size=w.shape).astype("float32")) for w in weights]
        used.apply(gradients, weights)
    return [np.asarray(weight) for weight in weights]


@pytest.mark.parametrize(
    "training",
    [
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "momentum": 0.9},
        {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "clip_value": 0.3},
        {"optimizer": "rmsprop"},
        {"optimizer": "rmsprop", "momentum": 0.5, "clip_norm": 0.5},
        {"optimizer": "adam", "clip_norm": 0.5},
        {"optimizer": "adamw", "weight_decay": 0.3},
        {"optimizer": "nadam"},
    ],
    ids=str,
)
def test_all_weights_at_once_take_the_steps_of_each_alone(training: dict[str, Any]) -> None:
    for one, other in zip(path(flat=True, **training), path(flat=False, **training), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_its_state_is_that_of_the_slots_and_nothing_more() -> None:
    weight = keras.Variable(np.zeros((3, 4), np.float32), name="kernel")
    used = optimizer(TrainingSpec.model_validate({"optimizer": "adam"}), flat=True)
    used.build([weight])
    assert sorted(tuple(v.shape) for v in used.variables) == [(), (), (12,), (12,)]

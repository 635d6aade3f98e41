"""The numbers of optimizers, losses and schedules, each looked at by itself."""

from typing import Any

import keras
import numpy as np
import pytest

from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.class_weights import balanced
from models.training.errors import TrainingError
from models.training.losses import loss
from models.training.optimizers import optimizer
from models.training.schedules import rate_factor

BINARY = Signature("binary", (2,), 1, ("no", "yes"), ("y",), 10)
MULTICLASS = Signature("multiclass", (2,), 3, ("a", "b", "c"), ("y",), 10)
REGRESSION = Signature("regression", (2,), 2, (), ("y", "z"), 10, target_mean=(5.0, 0.0), target_std=(10.0, 2.0))


def spec(**training: Any) -> TrainingSpec:
    return TrainingSpec.model_validate(training)


def path(name: str = "kernel", **training: Any) -> list[float]:
    """Where three steps of the optimizer lead a variable of that name from 1, -2 under fixed gradients."""
    variable = keras.Variable(np.array([1.0, -2.0], np.float32), name=name)
    used = optimizer(spec(learning_rate=training.pop("learning_rate", 0.1), **training))
    for gradient in ([3.0, -1.0], [0.5, 2.0], [1.0, 1.0]):
        used.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return [float(x) for x in np.asarray(variable)]


@pytest.mark.parametrize(
    ("base", "change"),
    [
        ({}, {"optimizer": "sgd"}),
        ({}, {"optimizer": "nadam"}),
        ({}, {"optimizer": "rmsprop"}),
        ({}, {"optimizer": "adamw"}),
        ({}, {"learning_rate": 0.2}),
        ({"optimizer": "sgd"}, {"momentum": 0.5}),
        ({"optimizer": "rmsprop"}, {"momentum": 0.5}),
        ({"optimizer": "sgd", "momentum": 0.5}, {"nesterov": True}),
        ({"optimizer": "adam"}, {"beta_1": 0.5}),
        ({"optimizer": "adam"}, {"beta_2": 0.5}),
        ({"optimizer": "nadam"}, {"beta_1": 0.5}),
        ({"optimizer": "nadam"}, {"beta_2": 0.5}),
        ({"optimizer": "adamw"}, {"beta_1": 0.5}),
        ({"optimizer": "adamw"}, {"beta_2": 0.5}),
        ({"optimizer": "rmsprop"}, {"rho": 0.5}),
        ({"optimizer": "adamw"}, {"weight_decay": 0.5}),
        ({"optimizer": "sgd"}, {"clip_norm": 0.5}),
        ({"optimizer": "sgd"}, {"clip_value": 0.5}),
    ],
    ids=str,
)
def test_every_number_of_an_optimizer_changes_its_path(base: dict[str, Any], change: dict[str, Any]) -> None:
    assert path(**base, **change) != path(**base)


def test_weight_decay_leaves_biases_alone() -> None:
    decayed = {"optimizer": "adamw", "weight_decay": 0.5}
    plain = {"optimizer": "adamw", "weight_decay": 0.0}
    assert path("bias", **decayed) == path("bias", **plain)


def test_clip_norm_is_over_all_gradients_together() -> None:
    variables = [keras.Variable(np.zeros(1, np.float32)) for _ in range(2)]
    used = optimizer(spec(optimizer="sgd", learning_rate=1.0, clip_norm=1.0))
    used.apply([keras.ops.convert_to_tensor([3.0]), keras.ops.convert_to_tensor([4.0])], variables)
    np.testing.assert_allclose([np.asarray(v)[0] for v in variables], [-0.6, -0.8], rtol=1e-6)


def test_two_kinds_of_clipping_at_once_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"clip_value: 2 cannot be combined with clip_norm 1; set one"):
        optimizer(spec(clip_norm=1, clip_value=2))


def rates(**training: Any) -> list[float]:
    used = spec(epochs=8, **training)
    return [round(rate_factor(used, epoch), 6) for epoch in range(1, 9)]


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        ({}, [1] * 8),
        ({"warmup_epochs": 3}, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]),
        (
            {"schedule": "step", "decay_rate": 0.1, "decay_epochs": 3},
            [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01],
        ),
        (
            {"schedule": "exponential", "decay_rate": 0.25, "decay_epochs": 2},
            [1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.007812],
        ),
        (
            {"schedule": "cosine", "warmup_epochs": 4},
            [0.2, 0.4, 0.6, 0.8, 1, 0.853553, 0.5, 0.146447],
        ),
    ],
    ids=str,
)
def test_schedules_give_these_rates(training: dict[str, Any], expected: list[float]) -> None:
    assert rates(**training) == expected


def test_a_warm_up_longer_than_the_training_never_reaches_the_full_rate() -> None:
    assert rates(schedule="cosine", warmup_epochs=100)[-1] == round(8 / 101, 6)


def value(signature: Signature, y: Any, p: Any, **training: Any) -> float:
    used = loss(spec(**training), signature)
    return float(used(np.asarray(y), np.asarray(p, np.float32)))


P3 = [[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]]


def test_auto_is_the_cross_entropy_of_the_task_or_the_squared_error() -> None:
    multiclass = value(MULTICLASS, [[0], [2]], P3)
    assert multiclass == pytest.approx(-np.mean(np.log([0.7, 0.4])), rel=1e-5)
    assert multiclass == value(MULTICLASS, [[0], [2]], P3, loss="categorical_crossentropy")
    binary = value(BINARY, [[1], [0]], [[0.8], [0.3]])
    assert binary == pytest.approx(-np.mean(np.log([0.8, 0.7])), rel=1e-5)
    assert binary == value(BINARY, [[1], [0]], [[0.8], [0.3]], loss="binary_crossentropy")
    regression = value(REGRESSION, [[10.0, 1.0]], [[20.0, 3.0]])
    assert regression == value(REGRESSION, [[10.0, 1.0]], [[20.0, 3.0]], loss="mse")


def test_a_regression_loss_counts_in_standard_deviations() -> None:
    y, p = [[10.0, 1.0]], [[30.0, 3.0]]  # off by 2 and by 1 standard deviation
    assert value(REGRESSION, y, p, loss="mse") == pytest.approx(2.5)
    assert value(REGRESSION, y, p, loss="mae") == pytest.approx(1.5)
    assert value(REGRESSION, y, p, loss="huber") == pytest.approx((1.5 + 0.5) / 2)


def test_focal_loss_weighs_sure_rows_less() -> None:
    y, p = [[0], [2]], P3
    assert value(MULTICLASS, y, p, loss="focal") == pytest.approx(
        -np.mean([0.3**2 * np.log(0.7), 0.6**2 * np.log(0.4)]), rel=1e-5
    )
    assert value(BINARY, [[1]], [[0.8]], loss="focal") == pytest.approx(-(0.2**2) * np.log(0.8), rel=1e-5)


@pytest.mark.parametrize("name", ["auto", "focal"])
@pytest.mark.parametrize(("signature", "p"), [(MULTICLASS, P3), (BINARY, [[0.7], [0.4]])], ids=["multi", "binary"])
def test_label_smoothing_changes_every_classification_loss(signature: Signature, p: Any, name: str) -> None:
    y = [[0], [1]]
    assert value(signature, y, p, loss=name, label_smoothing=0.2) != value(signature, y, p, loss=name)


def test_a_loss_of_another_task_is_refused_with_those_that_fit() -> None:
    with pytest.raises(TrainingError, match=r"loss: mse does not fit binary targets; choose among auto, binary"):
        loss(spec(loss="mse"), BINARY)


def test_label_smoothing_of_numbers_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"label_smoothing: 0.1 smooths class labels, but the targets are numb"):
        loss(spec(label_smoothing=0.1), REGRESSION)


@pytest.mark.parametrize("name", ["mse", "categorical_crossentropy"])
def test_a_loss_survives_a_round_trip_through_its_config(name: str) -> None:
    signature = REGRESSION if name == "mse" else MULTICLASS
    used = loss(spec(loss=name, label_smoothing=0.0), signature)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(used))
    assert again.get_config() == used.get_config()


def test_balanced_weights_give_every_class_the_same_sum_and_a_mean_of_1() -> None:
    weights = balanced(np.array([0, 0, 0, 2], np.int32), 3)
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert weights.dtype == np.float32

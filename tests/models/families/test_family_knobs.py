"""Every key under `model` changes the model."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from models.families.errors import FamilyError
from models.families.registry import build
from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sections import entries_of, knobs_of

Make = Callable[..., Signature]
SPECS: dict[str, Any] = {"mlp": MlpSpec, "cnn": CnnSpec, "rnn": RnnSpec}
SHAPES = {"mlp": (5,), "cnn": (8, 8, 1), "rnn": (7, 3)}

CHANGES: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    ("mlp", "layers"): ({}, {"layers": 3}),
    ("mlp", "units"): ({}, {"units": [64, 32]}),
    ("mlp", "activation"): ({}, {"activation": "gelu"}),
    ("mlp", "batch_norm"): ({}, {"batch_norm": True}),
    ("mlp", "dropout"): ({}, {"dropout": [0.0, 0.3]}),
    ("mlp", "regularizer"): ({}, {"regularizer": "l2"}),
    ("mlp", "l1"): ({"regularizer": "l1"}, {"l1": 0.5}),
    ("mlp", "l2"): ({"regularizer": "l1_l2"}, {"l2": 0.5}),
    ("mlp", "residual"): ({}, {"residual": True}),
    ("cnn", "blocks"): ({}, {"blocks": 1}),
    ("cnn", "filters"): ({}, {"filters": [32, 32, 8]}),
    ("cnn", "kernel"): ({}, {"kernel": 5}),
    ("cnn", "convolution"): ({}, {"convolution": "separable"}),
    ("cnn", "convolutions"): ({}, {"convolutions": 2}),
    ("cnn", "pooling"): ({}, {"pooling": "average"}),
    ("cnn", "batch_norm"): ({}, {"batch_norm": False}),
    ("cnn", "activation"): ({}, {"activation": "gelu"}),
    ("cnn", "dropout"): ({}, {"dropout": 0.2}),
    ("cnn", "head"): ({}, {"head": 0}),
    ("cnn", "regularizer"): ({}, {"regularizer": "l2"}),
    ("cnn", "l1"): ({"regularizer": "l1"}, {"l1": 0.5}),
    ("cnn", "l2"): ({"regularizer": "l1_l2", "convolution": "separable"}, {"l2": 0.5}),
    ("cnn", "augmentation.flip"): ({}, {"augmentation": {"flip": True}}),
    ("cnn", "augmentation.shift"): ({}, {"augmentation": {"shift": 0.1}}),
    ("cnn", "augmentation.rotation"): ({}, {"augmentation": {"rotation": 0.1}}),
    ("cnn", "augmentation.zoom"): ({}, {"augmentation": {"zoom": 0.1}}),
    ("rnn", "cell"): ({}, {"cell": "gru"}),
    ("rnn", "layers"): ({}, {"layers": 2}),
    ("rnn", "units"): ({"layers": 2}, {"units": [64, 32]}),
    ("rnn", "bidirectional"): ({}, {"bidirectional": True}),
    ("rnn", "pooling"): ({}, {"pooling": "average"}),
    ("rnn", "layer_norm"): ({}, {"layer_norm": True}),
    ("rnn", "dropout"): ({"layers": 2}, {"dropout": [0.0, 0.3]}),
    ("rnn", "head"): ({}, {"head": 8}),
    ("rnn", "head_activation"): ({"head": 8}, {"head_activation": "tanh"}),
    ("rnn", "regularizer"): ({}, {"regularizer": "l2"}),
    ("rnn", "l1"): ({"regularizer": "l1"}, {"l1": 0.5}),
    ("rnn", "l2"): ({"regularizer": "l1_l2", "bidirectional": True}, {"l2": 0.5}),
}
"""Family and key: a configuration, and what the key changes in it."""


def made(signature: Make, family: str, shape: tuple[int, ...] | None = None, **knobs: Any) -> keras.Model:
    spec = SPECS[family].model_validate(knobs)
    return build(spec, signature("multiclass", shape or SHAPES[family]))


def layers(model: keras.Model) -> list[str]:
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize(("family", "key"), CHANGES)
def test_a_key_changes_the_model(signature: Make, family: str, key: str) -> None:
    base, change = CHANGES[(family, key)]
    assert made(signature, family, **base, **change).get_config() != made(signature, family, **base).get_config()


@pytest.mark.parametrize("family", SPECS)
def test_no_key_is_left_out(family: str) -> None:
    keys = {place.name for place in knobs_of(SPECS[family])} | set(entries_of(SPECS[family]))
    tested = {key for name, key in CHANGES if name == family}
    # a section's keys stand for it; `family` chooses the builder; `others` is read with the study file
    assert keys - tested == {"family", "others"} | ({"augmentation"} if family == "cnn" else set())


@pytest.mark.parametrize("family", SPECS)
def test_the_same_configuration_makes_the_same_model(signature: Make, family: str) -> None:
    """Names included, so that a checkpoint and a traced function fit any model of the configuration."""
    assert made(signature, family).get_config() == made(signature, family).get_config()


def test_an_unused_regularizers_strength_is_left_out(signature: Make) -> None:
    model = made(signature, "mlp", regularizer="l2", l2=0.25)
    penalty = model.get_layer("hidden_1").kernel_regularizer
    assert (float(penalty.l1), float(penalty.l2)) == (0, 0.25)
    assert made(signature, "mlp", l2=0.25).get_layer("hidden_1").kernel_regularizer is None


def test_the_layers_of_an_mlp_stand_in_this_order(signature: Make) -> None:
    model = made(signature, "mlp", (4, 3), layers=1, units=7, batch_norm=True, dropout=0.5, residual=True)
    order = ["rows", "flatten", "hidden_1", "hidden_1_norm", "hidden_1_activation"]
    rest = ["hidden_1_add", "hidden_1_dropout", "output", "probabilities"]
    assert [name for name in layers(model) if name != "hidden_1_skip"] == [*order, *rest]
    assert model.get_layer("hidden_1").bias is None
    assert model.get_layer("hidden_1_skip").bias is None


@pytest.mark.parametrize("family", ["mlp", "cnn"])
def test_thirty_steps_are_enough_for_the_moving_averages_of_a_normalization(signature: Make, family: str) -> None:
    model = made(signature, family, batch_norm=True)
    norm = next(layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    x = np.random.default_rng(0).normal(5, 3, size=(64, *SHAPES[family])).astype(np.float32)
    given = np.asarray(keras.Model(model.input, norm.input)(x))
    for _ in range(30):
        model(x, training=True)
    batch = given.reshape(-1, given.shape[-1])
    np.testing.assert_allclose(norm.moving_mean, batch.mean(0), atol=0.06 * np.abs(batch.mean(0)).max())
    np.testing.assert_allclose(norm.moving_variance, batch.var(0), atol=0.06 * batch.var(0).max())


def test_a_skip_between_equal_widths_has_no_weights(signature: Make) -> None:
    model = made(signature, "mlp", layers=2, units=5, residual=True)
    assert not [name for name in layers(model) if "skip" in name]
    model.get_layer("hidden_2").set_weights([np.zeros((5, 5)), np.zeros(5)])
    first = keras.Model(model.input, model.get_layer("hidden_1_add").output)
    second = keras.Model(model.input, model.get_layer("hidden_2_add").output)
    x = np.ones((2, 5), np.float32)
    np.testing.assert_array_equal(np.asarray(first(x)), np.asarray(second(x)))


def test_the_layers_of_a_cnn_stand_in_this_order(signature: Make) -> None:
    model = made(signature, "cnn", blocks=1, filters=2, dropout=0.1, head=3, augmentation={"flip": True, "zoom": 0.1})
    order = ["rows", "flip", "zoom", "block_1_conv_1", "block_1_conv_1_norm", "block_1_conv_1_activation"]
    rest = ["block_1_pool", "block_1_dropout", "average", "head", "head_activation", "head_dropout"]
    assert layers(model) == [*order, *rest, "output", "probabilities"]


def test_pooling_ends_where_the_map_is_narrower_than_2(signature: Make) -> None:
    model = made(signature, "cnn", (8, 5, 1), blocks=4, filters=2)
    assert [name for name in layers(model) if name.endswith("pool")] == ["block_1_pool", "block_2_pool"]
    assert model.get_layer("block_4_conv_1").output.shape[1:3] == (2, 1)


def test_without_augmentation_there_are_no_layers_for_it(signature: Make) -> None:
    some = {"augmentation": {"flip": True, "shift": 0.1, "rotation": 0.1, "zoom": 0.1}}
    with_it, without = (layers(made(signature, "cnn", **knobs)) for knobs in (some, {"augmentation": "none"}))
    assert set(with_it) - set(without) == {"flip", "shift", "rotation", "zoom"}


def test_augmentation_does_nothing_in_prediction(signature: Make) -> None:
    wild = {"flip": True, "shift": 0.3, "rotation": 0.3, "zoom": 0.3}
    model = made(signature, "cnn", augmentation=wild)
    images = keras.Model(model.input, model.get_layer("zoom").output)
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(images(x, training=False)), x)
    assert (np.asarray(images(x, training=True)) != x).any()


def test_a_cnn_refuses_rows_that_are_no_images(signature: Make) -> None:
    with pytest.raises(FamilyError, match=r"a cnn takes images \(height, width, channels\), but .* \(5,\); write"):
        made(signature, "cnn", (5,))
    with pytest.raises(FamilyError, match=r"a cnn takes images .* \(7, 3\); write `family: rnn`"):
        made(signature, "cnn", (7, 3))


def test_the_layers_of_an_rnn_stand_in_this_order(signature: Make) -> None:
    model = made(signature, "rnn", layers=2, units=4, dropout=0.1, layer_norm=True, pooling="max", head=3)
    order = ["rows", "recurrent_1", "recurrent_1_norm", "recurrent_1_dropout", "recurrent_2", "recurrent_2_norm"]
    rest = ["recurrent_2_pool", "recurrent_2_dropout", "head", "head_activation", "output", "probabilities"]
    assert layers(model) == [*order, *rest]
    assert model.get_layer("recurrent_1_dropout").output.shape == (None, 7, 4)
    assert model.get_layer("recurrent_2_pool").output.shape == (None, 4)


def test_an_rnn_that_keeps_the_last_step_pools_nothing(signature: Make) -> None:
    model = made(signature, "rnn", layers=2, units=4, bidirectional=True)
    assert layers(model) == ["rows", "recurrent_1", "recurrent_2", "output", "probabilities"]
    assert model.get_layer("recurrent_2").output.shape == (None, 8)


def test_an_rnn_penalises_the_kernels_that_weigh_inputs(signature: Make) -> None:
    model = made(signature, "rnn", bidirectional=True, head=3, regularizer="l2", l2=0.5)
    penalised = [weight.path for weight in model.trainable_variables if weight.regularizer is not None]
    assert [path.rpartition("/")[2] for path in penalised] == ["kernel"] * 3
    expected = sum(0.5 * float((np.asarray(w) ** 2).sum()) for w in model.trainable_variables if w.path in penalised)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_an_rnn_refuses_rows_that_are_no_windows(signature: Make) -> None:
    with pytest.raises(
        FamilyError, match=r"an rnn takes windows \(steps, features\), but .* \(5,\); write `family: mlp`"
    ):
        made(signature, "rnn", (5,))
    with pytest.raises(FamilyError, match=r"an rnn takes windows .* \(8, 8, 1\); write `family: cnn`"):
        made(signature, "rnn", (8, 8, 1))

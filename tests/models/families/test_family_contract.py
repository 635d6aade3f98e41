"""What every family promises: the outputs of each task, the counted size, a model of stock layers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.families.errors import FamilyError
from models.families.registry import FAMILIES, build, builder
from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.families import FAMILIES as SPECS
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sizes import n_params
from models.spec.training import TrainingSpec
from models.training.losses import loss

Make = Callable[..., Signature]
IMAGE = (8, 6, 2)
WINDOW = (8, 5)
SHAPES = {"mlp": IMAGE, "cnn": IMAGE, "rnn": WINDOW}


def config(family: str, **knobs: Any) -> MlpSpec | CnnSpec | RnnSpec:
    spec: Any = {"mlp": MlpSpec, "cnn": CnnSpec, "rnn": RnnSpec}[family]
    return spec.model_validate(knobs)  # type: ignore[no-any-return]


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def rows(n: int, family: str) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, *SHAPES[family])).astype(np.float32)


def test_classes_get_probabilities_that_sum_to_1(family: str, signature: Make) -> None:
    made = np.asarray(build(config(family), signature("multiclass", SHAPES[family]))(rows(4, family)))
    assert (made.shape, made.dtype) == ((4, 3), np.float32)
    np.testing.assert_allclose(made.sum(axis=1), 1, rtol=1e-5)


def test_two_classes_get_one_probability(family: str, signature: Make) -> None:
    made = np.asarray(build(config(family), signature("binary", SHAPES[family]))(rows(4, family)))
    assert made.shape == (4, 1)
    assert ((made > 0) & (made < 1)).all()


def test_values_come_in_the_targets_units(family: str, signature: Make) -> None:
    model = build(config(family), signature("regression", SHAPES[family]))
    model.get_layer("output").set_weights([np.zeros_like(w) for w in model.get_layer("output").get_weights()])
    np.testing.assert_allclose(np.asarray(model(rows(2, family))), [[100, 1]] * 2)
    model.get_layer("output").bias.assign([1.0, -2.0])
    np.testing.assert_allclose(np.asarray(model(rows(2, family))), [[120, 0]] * 2)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_surely_wrong_row_still_has_a_loss_that_grows(family: str, signature: Make, task: str) -> None:
    """Probabilities round to 0; the loss must look at the numbers before the last activation."""
    data = signature(task, SHAPES[family])
    model = build(config(family), data)
    output = model.get_layer("output")
    output.set_weights([np.zeros_like(output.kernel), np.array([200.0, 0, 0][: data.n_outputs], np.float32)])
    wrong = np.array([[0 if task == "binary" else 1]], np.int32)
    assert float(loss(TrainingSpec(), data)(wrong, model(rows(1, family)))) == pytest.approx(200, rel=1e-4)


SIZES: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    ("mlp", (5,), {"layers": 1, "units": 7}),
    ("mlp", (5,), {"layers": 3, "units": [7, 7, 4], "batch_norm": True, "residual": True, "dropout": 0.1}),
    ("mlp", IMAGE, {"layers": 2, "units": [8, 3], "residual": True}),
    ("cnn", IMAGE, {"blocks": 2, "filters": [4, 6], "batch_norm": False, "head": 0}),
    (
        "cnn",
        IMAGE,
        {"blocks": 2, "filters": [4, 6], "convolution": "separable", "convolutions": 2, "kernel": 5},
    ),
    ("cnn", IMAGE, {"blocks": 4, "filters": 4, "batch_norm": True, "head": 9, "pooling": "average"}),
    ("cnn", IMAGE, {"blocks": 1, "filters": 3, "augmentation": {"flip": True, "zoom": 0.1}}),
    ("rnn", WINDOW, {"layers": 2, "units": [7, 4], "dropout": 0.1}),
    ("rnn", WINDOW, {"layers": 2, "units": [7, 4], "bidirectional": True, "layer_norm": True, "pooling": "max"}),
    ("rnn", WINDOW, {"cell": "gru", "layers": 1, "units": 6, "head": 5, "regularizer": "l2"}),
    ("rnn", WINDOW, {"cell": "gru", "layers": 2, "units": [6, 3], "bidirectional": True, "pooling": "average"}),
]


@pytest.mark.parametrize(("name", "shape", "knobs"), SIZES)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_size_counted_without_a_framework_is_the_models(
    signature: Make, name: str, shape: tuple[int, ...], knobs: dict[str, Any], task: str
) -> None:
    spec, data = config(name, **knobs), signature(task, shape)
    assert n_params(spec, data) == build(spec, data).count_params()


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_a_saved_model_loads_in_plain_keras(family: str, signature: Make, tmp_path: Path, task: str) -> None:
    model = build(config(family), signature(task, SHAPES[family]))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(np.asarray(again(rows(3, family))), np.asarray(model(rows(3, family))), rtol=1e-6)


def test_an_unknown_family_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        FamilyError, match=r"no model family is called 'mpl'; did you mean `mlp`\? known are cnn, mlp, rnn"
    ):
        builder("mpl")


def test_the_families_are_those_that_a_study_file_may_name() -> None:
    assert set(FAMILIES) == set(SPECS) - {"code"}

"""Whole epochs in one call give the numbers of `model.fit` under the same seed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.objective import Direction, Objective
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.training import TrainingSpec
from models.training.class_weights import balanced
from models.training.compile import compile_model
from models.training.rows import epoch_order
from models.training.schedules import rate_factor
from tests.models.training.stock import stock_model

SEED = 11
LOSS = Objective("val_loss", Direction.MINIMIZE)
MLP = {"layers": 2, "units": [8, 6], "dropout": [0.3, 0.2], "batch_norm": True, "regularizer": "l1_l2"}
CNN = {"blocks": 2, "filters": 4, "dropout": 0.25, "head": 6, "regularizer": "l2", "batch_norm": True}
LSTM = {"layers": 2, "units": [6, 5], "dropout": [0.3, 0.2], "regularizer": "l1_l2", "head": 4, "layer_norm": True}
BOTH_WAYS = {"layers": 2, "units": 6, "bidirectional": True, "dropout": 0.2, "regularizer": "l2"}
GRU = {"cell": "gru", "layers": 2, "units": [6, 5], "pooling": "average", "dropout": 0.2}
TURNED = {"augmentation": {"flip": True, "shift": 0.1, "rotation": 0.1, "zoom": 0.2}}


def by_keras(config: Any, training: TrainingSpec, data: Any) -> tuple[list[dict[str, float]], list[np.ndarray]]:
    """Histories and weights of a plain model under `model.fit`, from the same first values."""
    model = stock_model(config, data.signature, seed=SEED)
    compile_model(model, training, signature=data.signature, objective=LOSS)
    y = data.train.y.reshape(len(data.train.y), -1)
    columns = (data.train.x, y)
    if training.class_weights != "none":
        columns = (*columns, balanced(data.train.y, len(data.signature.classes)))
    validation = (data.validation.x, data.validation.y.reshape(len(data.validation.y), -1))
    rows = []
    for epoch in range(1, training.epochs + 1):
        order = epoch_order(len(y), seed=SEED, epoch=epoch)
        x, *others = (column[order] for column in columns)
        model.optimizer.learning_rate = training.learning_rate * rate_factor(training, epoch)
        fitted = model.fit(
            x,
            *others[:1],
            sample_weight=(others[1:] or [None])[0],
            batch_size=training.batch_size,
            validation_data=validation,
            shuffle=False,
            verbose=0,
        )
        rate = float(model.optimizer.learning_rate)
        rows.append({**{name: values[0] for name, values in fitted.history.items()}, "learning_rate": rate})
    return rows, model.get_weights()


CASES = [
    pytest.param(MlpSpec, MLP, {"optimizer": "adamw", "clip_norm": 0.5, "class_weights": "balanced"}, id="mlp-adamw"),
    pytest.param(
        MlpSpec,
        MLP,
        {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "clip_value": 0.01},
        id="mlp-sgd",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        MlpSpec, MLP, {"optimizer": "rmsprop", "rho": 0.8, "momentum": 0.5}, id="mlp-rmsprop", marks=pytest.mark.slow
    ),
    pytest.param(
        MlpSpec,
        MLP,
        {"optimizer": "nadam", "beta_1": 0.8, "label_smoothing": 0.1},
        id="mlp-nadam",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        CnnSpec, CNN, {"optimizer": "adam", "beta_2": 0.9, "class_weights": "balanced", "clip_norm": 1}, id="cnn-adam"
    ),
    pytest.param(
        CnnSpec, {**CNN, **TURNED}, {"optimizer": "sgd", "momentum": 0.5}, id="cnn-turned", marks=pytest.mark.slow
    ),
    pytest.param(RnnSpec, BOTH_WAYS, {"optimizer": "adam", "clip_norm": 1}, id="rnn-lstm-both-ways"),
    pytest.param(
        RnnSpec, LSTM, {"optimizer": "sgd", "class_weights": "balanced"}, id="rnn-lstm", marks=pytest.mark.slow
    ),
    pytest.param(RnnSpec, GRU, {"optimizer": "adam"}, id="rnn-gru", marks=pytest.mark.slow),
    pytest.param(
        RnnSpec,
        {**GRU, "bidirectional": True, "pooling": "max"},
        {"optimizer": "rmsprop"},
        id="rnn-gru-both-ways",
        marks=pytest.mark.slow,
    ),
]
SHAPES = {MlpSpec: (5,), CnnSpec: (8, 8, 1), RnnSpec: (7, 3)}


@pytest.mark.parametrize(("spec", "model", "options"), CASES)
def test_a_trial_has_the_numbers_of_model_fit(
    trial: Callable[..., Any], tiny: Callable[..., Any], spec: Any, model: dict[str, Any], options: dict[str, Any]
) -> None:
    shape = SHAPES[spec]
    training = {"epochs": 3, "batch_size": 14, "learning_rate": 0.02, "warmup_epochs": 1, "restore_best": False}
    training = {**training, **options, "metrics": ["auc", "f1"]}
    ours = trial(training, model=spec.model_validate(model), shape=shape)
    result = ours.run(seed=SEED)
    rows, weights = by_keras(ours.model, TrainingSpec.model_validate(training), tiny("multiclass", shape))
    for row, expected in zip(result.history, rows, strict=True):
        assert row == pytest.approx(expected, rel=1e-6, abs=1e-6)
    for one, other in zip(ours.weights(), weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        ("binary", "focal"),
        ("regression", "auto"),
        pytest.param("binary", "auto", marks=pytest.mark.slow),
        pytest.param("regression", "huber", marks=pytest.mark.slow),
    ],
)
def test_every_task_has_the_numbers_of_model_fit(
    trial: Callable[..., Any], tiny: Callable[..., Any], task: str, loss: str
) -> None:
    training = {"epochs": 2, "batch_size": 14, "loss": loss, "label_smoothing": 0.2 if task == "binary" else 0}
    ours = trial(training, model=MlpSpec.model_validate(MLP), task=task)
    result = ours.run(seed=SEED)
    rows, _ = by_keras(ours.model, TrainingSpec.model_validate(training), tiny(task))
    for row, expected in zip(result.history, rows, strict=True):
        assert row == pytest.approx(expected, rel=1e-6, abs=1e-6)

"""Whole epochs, epochs step by step, and one `model.fit` under the same seed: the same numbers, for every family."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from recorders import EveryStep, Whole

from models.families.registry import FAMILIES
from models.objective import Direction, Objective
from models.spec.families import spec_of
from models.spec.training import TrainingSpec
from models.training.checkpoint import CheckpointFile
from models.training.class_weights import balanced
from models.training.compile import compile_model
from models.training.orders import Order
from models.training.rows import epoch_order
from models.training.schedules import rate_factor
from tests.models.training.stock import stock_model

SEED = 11
LOSS = Objective("val_loss", Direction.MINIMIZE)
SETTINGS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "mlp": ((5,), {"layers": 2, "units": [8, 6], "dropout": 0.3, "batch_norm": True, "regularizer": "l1_l2"}),
    "cnn": ((8, 8, 1), {"blocks": 2, "filters": 4, "dropout": 0.25, "head": 6, "regularizer": "l2"}),
    "rnn": ((6, 3), {"layers": 2, "units": 5, "bidirectional": True, "dropout": 0.2, "head": 4, "regularizer": "l2"}),
}
"""Family: the shape of a row, and a model with everything that draws at random or adds to the loss."""
SCHEDULE = {"epochs": 3, "schedule": "cosine", "warmup_epochs": 1, "class_weights": "balanced", "optimizer": "adamw"}
PLATEAU = {
    "epochs": 9,
    "optimizer": "sgd",
    "momentum": 0.9,
    "learning_rate": 0.5,
    "clip_norm": 1.0,
    "reduce_lr": {"factor": 0.5, "patience": 1},
    "early_stopping": {"patience": 2},
}


CASES = [
    *(pytest.param(family, SCHEDULE, id=f"{family}-schedule") for family in SETTINGS),
    *(
        pytest.param(family, PLATEAU, id=f"{family}-plateau", marks=[] if family == "mlp" else pytest.mark.slow)
        for family in SETTINGS
    ),
]


def columns_of(data: Any, training: TrainingSpec) -> list[np.ndarray]:
    y = data.train.y.reshape(len(data.train.y), -1)
    weights = [balanced(data.train.y, len(data.signature.classes))] if training.class_weights != "none" else []
    return [data.train.x, y, *weights]


def batches(columns: list[np.ndarray], training: TrainingSpec) -> Iterator[tuple[np.ndarray, ...]]:
    """The batches of all epochs."""
    for epoch in range(1, training.epochs + 1):
        order = epoch_order(len(columns[0]), seed=SEED, epoch=epoch)
        for start in range(0, len(order), training.batch_size):
            rows = order[start : start + training.batch_size]
            yield tuple(column[rows] for column in columns)


def watchers(training: TrainingSpec) -> list[keras.callbacks.Callback]:
    """Keras' own callbacks for what `training` asks for."""
    made: list[keras.callbacks.Callback] = []
    if training.schedule != "constant":
        rate = lambda epoch: training.learning_rate * rate_factor(training, epoch + 1)  # noqa: E731
        made.append(keras.callbacks.LearningRateScheduler(rate))
    if training.early_stopping is not None:
        made.append(keras.callbacks.EarlyStopping("val_loss", patience=training.early_stopping.patience))
    if training.reduce_lr is not None:
        options = {"factor": training.reduce_lr.factor, "patience": training.reduce_lr.patience, "min_delta": 0}
        made.append(keras.callbacks.ReduceLROnPlateau("val_loss", **options))
    return made


def by_keras(config: Any, training: TrainingSpec, data: Any) -> tuple[EveryStep, list[np.ndarray]]:
    """What a recorder sees of one `model.fit`, and the weights after it."""
    model = stock_model(config, data.signature, seed=SEED)
    compile_model(model, training, signature=data.signature, objective=LOSS)
    columns = columns_of(data, training)
    kinds = tuple(tf.TensorSpec((None, *column.shape[1:]), column.dtype) for column in columns)
    rows = tf.data.Dataset.from_generator(lambda: batches(columns, training), output_signature=kinds)
    recorder = EveryStep()
    model.fit(
        rows,
        epochs=training.epochs,
        steps_per_epoch=-(-len(columns[0]) // training.batch_size),
        validation_data=(data.validation.x, data.validation.y.reshape(len(data.validation.y), -1)),
        validation_batch_size=training.batch_size,
        shuffle=False,
        callbacks=[*watchers(training), recorder],
        verbose=0,
    )
    return recorder, model.get_weights()


def assert_alike(ours: Whole, keras_own: Whole) -> None:
    """The same hooks in the same order with the same logs, as far as `ours` has them."""
    kept = {hook for hook, _, _ in ours.called}
    expected = [call for call in keras_own.called if call[0] in kept]
    assert [call[:2] for call in ours.called] == [call[:2] for call in expected]
    for (hook, number, logs), (_, _, others) in zip(ours.called, expected, strict=True):
        wanted = {name: value for name, value in others.items() if name != "learning_rate"}
        found = {name: value for name, value in logs.items() if name != "learning_rate"}
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-6), f"{hook} {number}"


def test_every_family_is_compared() -> None:
    assert set(SETTINGS) == set(FAMILIES)


@pytest.mark.parametrize(("family", "options"), CASES)
def test_whole_epochs_steps_and_model_fit_have_the_same_numbers(
    trial: Callable[..., Any], tiny: Callable[..., Any], family: str, options: dict[str, Any]
) -> None:
    shape, knobs = SETTINGS[family]
    options = {"batch_size": 14, "learning_rate": 0.02, "metrics": ["auc"], "restore_best": False, **options}
    model = spec_of(family).model_validate(knobs)
    expected, weights = by_keras(model, TrainingSpec.model_validate(options), tiny("multiclass", shape))
    for name, by_step in (("Whole", False), ("EveryStep", True)):
        ours = trial({**options, "callbacks": f"recorders:{name}"}, model=model, shape=shape)
        result = ours.run(seed=SEED)
        assert bool(result.by_step) is by_step
        assert_alike(Whole.last, expected)
        for one, other in zip(ours.weights(), weights, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    if options is PLATEAU:
        assert result.ended_by == "early stopping", "the setup must stop early"


@pytest.mark.parametrize("family", SETTINGS)
def test_step_by_step_is_bit_for_bit_a_whole_epoch(trial: Callable[..., Any], family: str) -> None:
    shape, knobs = SETTINGS[family]
    model = spec_of(family).model_validate(knobs)
    made = [
        trial({"batch_size": 14, "callbacks": [f"recorders:{name}"]}, model=model, shape=shape)
        for name in ("Whole", "lambdas")
    ]
    whole, stepped = (one.run(seed=SEED) for one in made)
    assert whole.history == stepped.history
    for one, other in zip(*(m.weights() for m in made), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_trial_that_is_resumed_step_by_step_equals_an_uninterrupted_one(
    trial: Callable[..., Any], tmp_path: Path
) -> None:
    model = spec_of("mlp").model_validate(SETTINGS["mlp"][1])
    options = {"epochs": 4, "callbacks": ["recorders:lambdas"], "schedule": "cosine"}
    expected = trial(options, model=model).run()
    file, broken = CheckpointFile(tmp_path / "checkpoint"), trial(options, model=model)
    broken.run(checkpoint=file, on_epoch=lambda report: Order.PAUSE if report.epoch == 2 else Order.GO_ON)
    assert broken.run(checkpoint=file).history == expected.history

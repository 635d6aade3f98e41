"""Losses by name and task. What a loss needs beyond its formula (codes, units) stands in two small classes.

Regression: a model speaks in the targets' own units, and so do metrics and predictions. The loss alone looks
at both sides in standard deviations of the training targets, so its size, and with it a good learning rate,
the huber threshold of 1 and the regularizer's share, do not depend on whether a price is in euros or cents.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from models.signature import Signature
from models.spec.training import LOSSES, TrainingSpec
from models.training.errors import TrainingError

AUTO = {"binary": "binary_crossentropy", "multiclass": "categorical_crossentropy", "regression": "mse"}
"""What `auto` means for each task."""

FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
}


@keras.saving.register_keras_serializable(package="keras_search")
class StandardizedLoss(keras.losses.Loss):  # type: ignore[misc]
    """A regression loss on targets and predictions (n, n_targets), each divided by its target's `scale`."""

    def __init__(self, formula: str, scale: Sequence[float], name: str = "loss") -> None:
        super().__init__(name=name)
        self.formula = formula
        self.scale = tuple(float(s) for s in scale)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # the mean of the targets would cancel: every formula looks at differences only
        scale = keras.ops.convert_to_tensor(self.scale, dtype=y_pred.dtype)
        error = (y_true - y_pred) / scale
        return FORMULAS[self.formula](error, keras.ops.zeros_like(error))

    def get_config(self) -> dict[str, Any]:
        return {"formula": self.formula, "scale": list(self.scale), "name": self.name}


@keras.saving.register_keras_serializable(package="keras_search")
class CodedLoss(keras.losses.Loss):  # type: ignore[misc]
    """A loss on class codes (n, 1) and probabilities (n, n_classes) for formulas on one column a class."""

    def __init__(self, formula: str, label_smoothing: float = 0.0, name: str = "loss") -> None:
        super().__init__(name=name)
        self.formula = formula
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        codes = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
        columns = keras.ops.one_hot(codes, y_pred.shape[-1], dtype=y_pred.dtype)
        smoothing = {"label_smoothing": self.label_smoothing}
        if self.formula == "focal":
            # alpha weighs all classes alike, so 1 keeps the size of the loss comparable to cross-entropy's
            return keras.losses.categorical_focal_crossentropy(columns, y_pred, alpha=1.0, **smoothing)
        return keras.losses.categorical_crossentropy(columns, y_pred, **smoothing)

    def get_config(self) -> dict[str, Any]:
        return {"formula": self.formula, "label_smoothing": self.label_smoothing, "name": self.name}


def loss(training: TrainingSpec, signature: Signature, *, smoothing: Any = None) -> keras.losses.Loss:
    """The loss that `training.loss` names for this task; `smoothing` takes the place of its label smoothing.

    Raises: TrainingError when it does not fit.
    """
    name = AUTO[signature.task] if training.loss == "auto" else training.loss
    if signature.task not in LOSSES[name]:
        known = [known for known, tasks in LOSSES.items() if signature.task in tasks]
        raise TrainingError(
            f"training.loss: {name} does not fit {signature.task} targets; choose among {', '.join(known)}"
        )
    if signature.task == "regression":
        if training.label_smoothing:
            raise TrainingError(
                f"training.label_smoothing: {training.label_smoothing:g} smooths class labels, but "
                "the targets are numbers; leave it out"
            )
        return StandardizedLoss(name, signature.target_std)
    if signature.task == "multiclass":
        return CodedLoss(name, smoothing or training.label_smoothing)
    if name == "focal":
        return keras.losses.BinaryFocalCrossentropy(label_smoothing=smoothing or training.label_smoothing, name="loss")
    return keras.losses.BinaryCrossentropy(label_smoothing=smoothing or training.label_smoothing, name="loss")

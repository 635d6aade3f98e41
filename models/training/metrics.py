"""The metrics of models/spec/metrics.py as Keras metrics, always under the name that they have there.

Codes of classes come as (n,) or (n, 1), probabilities as (n, n_outputs), regression values in raw units.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras

from models.signature import Signature
from models.spec.metrics import METRICS, fitting
from models.training.errors import TrainingError

Make = Callable[[str, Signature], keras.metrics.Metric]

STANDARD = {"binary": "accuracy", "multiclass": "accuracy", "regression": "mae"}
"""The metric that every trial of a task logs, asked for or not."""


def one_column_a_class(y_true: Any, y_pred: Any) -> Any:
    """Class codes as 0 and 1 in the shape of `y_pred` (n, n_classes)."""
    codes = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
    return keras.ops.one_hot(codes, y_pred.shape[-1], dtype="float32")


@keras.saving.register_keras_serializable(package="keras_search")
class CodedF1(keras.metrics.F1Score):  # type: ignore[misc]
    """Mean over classes of each class' F1, for class codes."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(one_column_a_class(y_true, y_pred), y_pred, sample_weight)


@keras.saving.register_keras_serializable(package="keras_search")
class CodedAuc(keras.metrics.AUC):  # type: ignore[misc]
    """Mean over classes of each class' area against the rest, for class codes."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(one_column_a_class(y_true, y_pred), y_pred, sample_weight)


@keras.saving.register_keras_serializable(package="keras_search")
class ShiftedR2(keras.metrics.R2Score):  # type: ignore[misc]
    """R2 of targets less `offset` and divided by `scale`, which is the same number.

    Keras sums raw squares in float32; targets far from 0, such as years, would lose all their digits in that.
    """

    def __init__(self, offset: Sequence[float], scale: Sequence[float], name: str = "r2", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.offset = [float(value) for value in offset]
        self.scale = [float(value) for value in scale]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(self._shifted(y_true), self._shifted(y_pred), sample_weight)

    def _shifted(self, values: Any) -> Any:
        values = keras.ops.convert_to_tensor(values, dtype="float32")
        return (values - keras.ops.array(self.offset, "float32")) / keras.ops.array(self.scale, "float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "offset": self.offset, "scale": self.scale}


@keras.saving.register_keras_serializable(package="keras_search")  # type: ignore[untyped-decorator]
def positive_share(y_true: Any, y_pred: Any) -> Any:
    """1 for each row predicted positive, else 0; (n,)."""
    return keras.ops.mean(keras.ops.cast(y_pred > 0.5, "float32"), axis=-1)


@keras.saving.register_keras_serializable(package="keras_search")  # type: ignore[untyped-decorator]
def bias(y_true: Any, y_pred: Any) -> Any:
    """Prediction minus target, mean over targets; (n,)."""
    return keras.ops.mean(y_pred - y_true, axis=-1)


def _top(k: int) -> Make:
    return lambda name, s: keras.metrics.SparseTopKCategoricalAccuracy(k=min(k, s.n_outputs), name=name)


MULTICLASS: dict[str, Make] = {
    "accuracy": lambda name, s: keras.metrics.SparseCategoricalAccuracy(name=name),
    "auc": lambda name, s: CodedAuc(multi_label=True, num_labels=s.n_outputs, name=name),
    "f1": lambda name, s: CodedF1(average="macro", name=name),
    "crossentropy": lambda name, s: keras.metrics.SparseCategoricalCrossentropy(name=name),
    "top_3_accuracy": _top(3),
    "top_5_accuracy": _top(5),
}
BINARY: dict[str, Make] = {
    "accuracy": lambda name, s: keras.metrics.BinaryAccuracy(name=name),
    "auc": lambda name, s: keras.metrics.AUC(name=name),
    "pr_auc": lambda name, s: keras.metrics.AUC(curve="PR", name=name),
    "precision": lambda name, s: keras.metrics.Precision(name=name),
    "recall": lambda name, s: keras.metrics.Recall(name=name),
    "f1": lambda name, s: keras.metrics.F1Score(average="macro", threshold=0.5, name=name),
    "crossentropy": lambda name, s: keras.metrics.BinaryCrossentropy(name=name),
    "positive_share": lambda name, s: keras.metrics.MeanMetricWrapper(positive_share, name=name),
}
REGRESSION: dict[str, Make] = {
    "mse": lambda name, s: keras.metrics.MeanSquaredError(name=name),
    "rmse": lambda name, s: keras.metrics.RootMeanSquaredError(name=name),
    "mae": lambda name, s: keras.metrics.MeanAbsoluteError(name=name),
    "mape": lambda name, s: keras.metrics.MeanAbsolutePercentageError(name=name),
    "r2": lambda name, s: ShiftedR2(s.target_mean, s.target_std, name=name),
    "bias": lambda name, s: keras.metrics.MeanMetricWrapper(bias, name=name),
}
MAKERS: dict[str, dict[str, Make]] = {"binary": BINARY, "multiclass": MULTICLASS, "regression": REGRESSION}


def metrics(names: Iterable[str], signature: Signature) -> list[keras.metrics.Metric]:
    """The task's standard metric and those of `names`, each once; `loss` is there without a metric.

    Raises: TrainingError for a metric that the task has not.
    """
    makers = MAKERS[signature.task]
    made = {}
    for name in (STANDARD[signature.task], *names):
        if name == "loss":
            continue
        if name not in makers:
            why = f"does not fit {signature.task} targets" if name in METRICS else "is unknown"
            raise TrainingError(f"metric {name} {why}; choose among {', '.join(fitting((signature.task,)))}")
        made[name] = makers[name](name, signature)
    return list(made.values())

"""Weights that make every class count alike in the loss."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.errors import TrainingError


def balanced(codes: NDArray[Any], n_classes: int) -> NDArray[np.float32]:
    """One weight a row (n_rows,), n_rows / (classes present * rows of its class); their mean is 1.

    codes: (n_rows,) class codes from 0.
    """
    counts = np.bincount(codes, minlength=n_classes)
    present = np.count_nonzero(counts)
    per_class = len(codes) / (present * np.maximum(counts, 1))
    return np.asarray(per_class[codes], dtype=np.float32)


def refuse_unweighable(training: TrainingSpec, signature: Signature) -> None:
    """Raises: TrainingError when class weights are asked for where there are no classes."""
    if training.class_weights != "none" and signature.task == "regression":
        raise TrainingError(
            f"training.class_weights: {training.class_weights} weighs classes, but the targets are numbers; "
            "leave it out"
        )

"""The shape of a prepared data set as a model sees it. Knows no framework and reads no file."""

from dataclasses import dataclass
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes in and what comes out of every model of a study, after preprocessing.

    input_shape: one row's shape without the batch axis: `(n_features,)`, `(height, width, channels)` or
        `(steps, n_features)`; float32.
    n_outputs: 1 for binary (a probability of `classes[1]`), the number of classes for multiclass
        (probabilities that sum to 1), the number of targets for regression.
    classes: the labels in the order of their codes; empty for regression.
    targets: names of the target columns.
    n_train: training rows (a schedule needs the steps of an epoch).
    target_mean, target_std: regression only, one each a target, in the target's own units, from training rows;
        the last layer of a model maps its standardised output back with them.
    """

    task: Task
    input_shape: tuple[int, ...]
    n_outputs: int
    classes: tuple[str | int | bool | float, ...]
    targets: tuple[str, ...]
    n_train: int
    target_mean: tuple[float, ...] = ()
    target_std: tuple[float, ...] = ()

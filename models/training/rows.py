"""The rows of a data set as tensors on the device, and the order in which an epoch takes them."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.data.dataset import Dataset, Part
from models.training.class_weights import balanced

KEPT = 2
"""Data sets whose rows stay on the device; a study seldom has more variants in use."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Tensors of one part: x, y, and in training possibly the weight of each row; n rows each."""

    tensors: tuple[Any, ...]
    n_rows: int


class RowStore:
    """Rows on the device by data set and part, made when asked for; the data sets used last are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Dataset, dict[str, Columns]]] = OrderedDict()

    def training(self, dataset: Dataset, *, weighted: bool) -> Columns:
        """Training rows in their own order, with balanced class weights if `weighted`."""
        kept = self._of(dataset)
        plain = kept.setdefault("train", _columns(dataset.train))
        if not weighted:
            return plain
        if "weighted" not in kept:
            weights = balanced(np.asarray(dataset.train.y), len(dataset.signature.classes))
            kept["weighted"] = Columns((*plain.tensors, tf.constant(weights)), plain.n_rows)
        return kept["weighted"]

    def validation(self, dataset: Dataset) -> Columns:
        """Validation rows in their own order."""
        return self._of(dataset).setdefault("validation", _columns(dataset.validation))

    def _of(self, dataset: Dataset) -> dict[str, Columns]:
        # the data set itself is kept with its rows, so that its id is not given to another one meanwhile
        _, kept = self._kept.setdefault(id(dataset), (dataset, {}))
        self._kept.move_to_end(id(dataset))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept


def epoch_order(n_rows: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of the training rows in `epoch`; decided by the seed and the epoch and nothing else.

    Keras' own shuffling goes on from where the last epoch's stopped, so a resumed trial would see other batches
    than an uninterrupted one.
    """
    return np.random.default_rng([seed, epoch]).permutation(n_rows)


def _columns(part: Part) -> Columns:
    """Rows and targets; codes as a column (n, 1), because some losses and metrics count axes."""
    y = np.asarray(part.y)
    return Columns((tf.constant(np.asarray(part.x)), tf.constant(y.reshape(len(y), -1))), len(y))

"""What a trial of the user's own code is trained and validated on, in the forms that Keras' `fit` takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.code.own_data import parts_of, read_parts
from models.data.dataset import Dataset
from models.data.functions import call
from models.spec.data import DataSpec


@dataclass(frozen=True, slots=True)
class Feed:
    """x, y: as `fit` takes them; y is None where x holds it (a tf.data.Dataset, a PyDataset).

    validation: as `fit` takes it: a pair, or a data set. test: inputs alone, None for no test rows.
    """

    x: Any
    y: Any
    validation: Any
    test: Any = None

    @property
    def validation_x(self) -> Any:
        """What `predict` takes of the validation rows."""
        return self.validation[0] if isinstance(self.validation, tuple) else self.validation

    def few(self, rows: int = 2) -> tuple[Any, Any]:
        """The first rows of the training part, (x, y)."""
        if self.y is not None:
            return _first(self.x, rows), _first(self.y, rows)
        batch = self.x[0] if isinstance(self.x, keras.utils.PyDataset) else next(iter(self.x))
        return _first(batch[0], rows), _first(batch[1], rows)


def prepared_feed(dataset: Dataset, *, as_column: bool) -> Feed:
    """The rows of a prepared data set. as_column: class codes (n, 1), as our own losses and metrics want them."""

    def y(part: Any) -> Any:
        values = np.asarray(part.y)
        return values.reshape(len(values), -1) if as_column else values

    return Feed(
        np.asarray(dataset.train.x),
        y(dataset.train),
        (np.asarray(dataset.validation.x), y(dataset.validation)),
        None if dataset.test is None else np.asarray(dataset.test.x),
    )


def own_feed(folder: Path, spec: DataSpec, *, seed: int) -> Feed:
    """The rows of the user's own function: those in `folder`, or what the function gives now. Raises: DataError."""
    parts = read_parts(folder) or parts_of(call(str(spec.code), spec.folder), spec, seed=seed)
    train, validation, test = parts["train"], parts["validation"], parts.get("test")
    return Feed(
        _whole(train.x),
        _whole(train.y),
        validation.x if validation.is_live else (_whole(validation.x), _whole(validation.y)),
        None if test is None else _whole(test.x),
    )


def _whole(columns: Any) -> Any:
    """Mapped arrays as plain ones: Keras takes them for what they are."""
    return keras.tree.map_structure(lambda c: np.asarray(c) if isinstance(c, np.ndarray) else c, columns)


def _first(rows: Any, count: int) -> Any:
    """The first rows of an array, or of every array in a mapping or a tuple."""
    if isinstance(rows, Mapping):
        return {name: _first(item, count) for name, item in rows.items()}
    if isinstance(rows, tuple | list):
        return tuple(_first(item, count) for item in rows)
    return rows[:count]

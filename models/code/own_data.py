"""Rows that the user's own function gives to the user's own model: parts as they are, in a folder or made anew.

Arrays, alone or several by name or in order, are written once and mapped by every worker. A tf.data.Dataset or a
PyDataset cannot be written: each worker calls the function again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from models.data.errors import DataError
from models.spec.data import DataSpec
from spaces.problems import did_you_mean

OWN = "own.json"
PARTS = ("train", "validation", "test")
_NAMES = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
_SHAPES = "(x, y), a data frame, a dict of parts {train: (x, y), validation: (x, y)}, or data sets of Keras"


@dataclass(frozen=True, slots=True)
class OwnPart:
    """x, y: arrays, or arrays by name or in order; y is None where x is a data set that holds it."""

    x: Any
    y: Any

    @property
    def is_live(self) -> bool:
        """Whether it is a data set that is made anew, and not arrays."""
        return self.y is None


def parts_of(given: Any, spec: DataSpec, *, seed: int) -> dict[str, OwnPart]:
    """The parts of what the function returned; validation and test rows are drawn where arrays bring none.

    Raises: DataError for any other shape.
    """
    origin = str(spec.code)
    if isinstance(given, Mapping) and "x_train" in given:
        given = {name: (given[f"x_{name}"], given.get(f"y_{name}")) for name in _NAMES if f"x_{name}" in given}
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in _NAMES]
        if unknown or "train" not in given:
            name = str(unknown[0]) if unknown else "train"
            raise DataError(f"`{origin}` gave a dict with `{', '.join(map(str, given))}`", did_you_mean(name, PARTS))
        parts = {_NAMES[name]: _part(part, spec) for name, part in given.items() if part is not None}
    elif isinstance(given, tuple | list) and given and all(_is_part(item) for item in given):
        # two pairs are training and test rows, as keras.datasets.*.load_data gives them
        pairs = len(given) == 2 and not any(_is_live(item) for item in given)
        parts = dict(zip(("train", "test") if pairs else PARTS, (_part(item, spec) for item in given), strict=False))
    else:
        parts = {"train": _part(given, spec)}
    return _split(parts, spec, origin=origin, seed=seed)


def scoring_targets(part: OwnPart) -> np.ndarray:
    """(n_rows,) whole numbers for classes, (n_rows, n_targets) for numbers, by which predictions are scored.

    Columns of which each row has a single 1 are classes. (n_rows, 0) for targets that are several arrays.
    """
    if part.is_live:
        batches = [_batch_y(batch) for batch in _batches(part.x)]
        if any(isinstance(y, Mapping | tuple | list) for y in batches):
            return np.zeros((sum(_length(y) for y in batches), 0), np.float32)
        y = np.concatenate([np.asarray(y) for y in batches])
    elif isinstance(part.y, np.ndarray):
        y = part.y
    else:
        return np.zeros((_length(part.y), 0), np.float32)
    y = y.reshape(len(y), -1)
    if y.shape[1] > 1 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        return np.asarray(y.argmax(axis=1), np.int32)
    if y.dtype.kind in "bui" and y.shape[1] == 1 and y.min() >= 0:
        return np.asarray(y[:, 0], np.int32)
    return np.asarray(y, np.float32)


def write_parts(parts: Mapping[str, OwnPart], folder: Path) -> None:
    """Writes the arrays of `parts` into `folder`, or that they are made anew."""
    told: dict[str, Any] = {}
    for word, part in parts.items():
        if part.is_live:
            told[word] = None
            continue
        told[word] = [_write(item, folder / f"own_{word}_{letter}") for letter, item in (("x", part.x), ("y", part.y))]
    (folder / OWN).write_text(json.dumps(told), encoding="utf-8")


def read_parts(folder: Path) -> dict[str, OwnPart] | None:
    """The parts in `folder`, mapped into memory; None where they are to be made anew."""
    told = json.loads((folder / OWN).read_text(encoding="utf-8"))
    if any(part is None for part in told.values()):
        return None
    return {word: OwnPart(_read(x, folder), _read(y, folder)) for word, (x, y) in told.items()}


def _write(item: Any, path: Path) -> Any:
    if isinstance(item, Mapping):
        return {"by_name": {name: _write(part, Path(f"{path}_{i}")) for i, (name, part) in enumerate(item.items())}}
    if isinstance(item, tuple | list):
        return {"in_order": [_write(part, Path(f"{path}_{i}")) for i, part in enumerate(item)]}
    np.save(f"{path}.npy", item, allow_pickle=False)
    return path.name


def _read(told: Any, folder: Path) -> Any:
    if isinstance(told, str):
        return np.load(folder / f"{told}.npy", mmap_mode="r")
    if "by_name" in told:
        return {name: _read(part, folder) for name, part in told["by_name"].items()}
    return tuple(_read(part, folder) for part in told["in_order"])


def _split(parts: dict[str, OwnPart], spec: DataSpec, *, origin: str, seed: int) -> dict[str, OwnPart]:
    wanted = {}
    if "validation" not in parts:
        wanted["validation"] = spec.split.validation
    if "test" not in parts and "validation" not in parts and spec.split.test is not None:
        wanted["test"] = spec.split.test
    if not wanted:
        return parts
    train = parts["train"]
    if train.is_live:
        raise DataError(f"`{origin}` gave no validation rows", "return {train: ..., validation: ...}")
    n_rows = _length(train.y)
    order = np.random.default_rng(seed).permutation(n_rows)
    counts = {word: max(1, round(n_rows * float(share))) for word, share in wanted.items()}
    if sum(counts.values()) >= n_rows:
        raise DataError(f"`{origin}` gave {n_rows} rows, too few to split", "give more, or every part by itself")
    start = 0
    for word, count in counts.items():
        parts[word], start = _rows(train, np.sort(order[start : start + count])), start + count
    parts["train"] = _rows(train, np.sort(order[start:]))
    return {word: parts[word] for word in PARTS if word in parts}


def _rows(part: OwnPart, rows: np.ndarray) -> OwnPart:
    x, y = (keras.tree.map_structure(lambda column: column[rows], item) for item in (part.x, part.y))
    return OwnPart(x, y)


def _part(given: Any, spec: DataSpec) -> OwnPart:
    origin = str(spec.code)
    if isinstance(given, pd.DataFrame):
        given = _of_frame(given, spec)
    elif spec.target is not None:
        raise DataError(f"`{origin}` gave no data frame, and `target` names a column of one", "leave `target` out")
    if _is_live(given):
        return OwnPart(given, None)
    if not isinstance(given, tuple | list) or len(given) != 2 or given[1] is None:
        raise DataError(f"`{origin}` gave {type(given).__name__}", f"return {_SHAPES}")
    x, y = (keras.tree.map_structure(_array, item) for item in given)
    lengths = {len(column) for item in (x, y) for column in keras.tree.flatten(item)}
    if len(lengths) != 1 or lengths == {0}:
        raise DataError(
            f"`{origin}` gave arrays of {' and '.join(map(str, sorted(lengths)))} rows", "give as many rows in each"
        )
    return OwnPart(x, y)


def _of_frame(frame: pd.DataFrame, spec: DataSpec) -> tuple[Any, Any]:
    """x and y of a data frame; x is an input for each column where some are no numbers. Raises: DataError."""
    named = spec.target
    targets = [named] if isinstance(named, str) else list(named or [])
    lacking = [name for name in targets if name not in frame.columns]
    if lacking or not targets:
        problem = f"without the column `{lacking[0]}`" if lacking else "and no target is named"
        mend = f"write `target:` with one of {', '.join(map(str, frame.columns))}"
        raise DataError(f"`{spec.code}` gave a data frame {problem}", mend)
    x, y = frame.drop(columns=targets), frame[targets[0]] if len(targets) == 1 else frame[targets]
    if all(pd.api.types.is_numeric_dtype(kind) for kind in x.dtypes):
        return x.to_numpy(), y.to_numpy()
    return {str(name): _column(x[name]) for name in x.columns}, y.to_numpy()


def _column(column: "pd.Series[Any]") -> np.ndarray:
    return np.asarray(column) if pd.api.types.is_numeric_dtype(column) else np.asarray(column, dtype=str)


def _array(column: Any) -> np.ndarray:
    array = np.asarray(column)
    if array.dtype.kind == "O":
        raise DataError(f"an array of `{array.dtype}` objects is nothing that a model reads", "give numbers or texts")
    return array


def _is_live(given: Any) -> bool:
    return isinstance(given, tf.data.Dataset | keras.utils.PyDataset)


def _is_part(given: Any) -> bool:
    """Whether it is a part by itself: a data set, or a pair."""
    return _is_live(given) or (isinstance(given, tuple) and len(given) == 2)


def _batches(given: Any) -> Any:
    return (given[i] for i in range(len(given))) if isinstance(given, keras.utils.PyDataset) else given


def _batch_y(batch: Any) -> Any:
    if not isinstance(batch, tuple) or len(batch) < 2:
        raise DataError("a data set gave batches without targets", "let it give (x, y)")
    return batch[1]


def _length(columns: Any) -> int:
    return len(keras.tree.flatten(columns)[0])

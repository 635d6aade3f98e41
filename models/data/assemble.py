"""What a source gave (a frame, a pair, named arrays) as one Table or Arrays, part after part."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.data.cells import Array
from models.data.errors import DataError
from models.data.preprocessor import Reading
from models.data.raw import OPEN, TEST, VALIDATION, Arrays, Raw, Table
from models.spec.data import DataSpec
from spaces.problems import did_you_mean

PARTS = {"train": OPEN, "validation": VALIDATION, "val": VALIDATION, "test": TEST}

SHAPES = "(x, y), a dict with x_train, y_train, x_test, y_test, or a DataFrame"


def reading_of(spec: DataSpec) -> Reading:
    """How the files of `spec` are spelled."""
    return Reading(
        separator=spec.separator,
        names=spec.names or (),
        missing=spec.missing,
        text=(*spec.categories, *spec.dates),
        targets=spec.target or (),
    )


def assemble(read: Any, spec: DataSpec, *, origin: str) -> Raw:
    """`read` as a Table or Arrays. Raises: DataError when its shape fits none of them."""
    if isinstance(read, pd.DataFrame):
        return _table(read, _targets(read, spec, origin), spec, origin=origin)
    if isinstance(read, tuple | list) and len(read) == 2:
        first, second = read
        if not (isinstance(first, tuple) and isinstance(second, tuple)):
            return _pair(first, second, spec, origin=origin)
        # two pairs, as keras.datasets.*.load_data returns them
        read = {"x_train": first[0], "y_train": first[1], "x_test": second[0], "y_test": second[1]}
    if isinstance(read, Mapping):
        return _mapping(read, spec, origin)
    raise DataError(f"`{origin}` gave {type(read).__name__}", f"return {SHAPES}")


def joined(raw: Raw, other: Raw, code: int, *, origin: str) -> Raw:
    """`raw`, then the rows of `other` as the part `code`. Raises: DataError on other columns."""
    given = np.concatenate([raw.given, np.full(len(other.given), code, np.int8)])
    if isinstance(raw, Table) and isinstance(other, Table):
        for column in raw.frame.columns:
            if column not in other.frame.columns:
                raise DataError(f"`{origin}` has no column `{column}`", did_you_mean(column, other.frame.columns))
        frames = [raw.frame, other.frame[list(raw.frame.columns)]]
        return Table(pd.concat(frames, ignore_index=True), raw.targets, given, raw.reading)
    if isinstance(raw, Arrays) and isinstance(other, Arrays) and raw.x.shape[1:] == other.x.shape[1:]:
        x, y = np.concatenate([raw.x, other.x]), np.concatenate([raw.y, other.y])
        return Arrays(x, y, raw.targets, given)
    raise DataError(
        f"`{origin}` has another shape than the training rows",
        "give the same columns, or rows of the same shape",
    )


def _mapping(read: Mapping[str, Any], spec: DataSpec, origin: str) -> Raw:
    """Named arrays: x and y (or the array that `target` names), or x_train, y_train and other parts."""
    if "x_train" not in read:
        name = spec.target[0] if spec.target else "y"
        return _pair(_named(read, "x", origin), _named(read, name, origin), spec, origin=origin)
    raw: Raw | None = None
    for word, code in PARTS.items():
        if f"x_{word}" not in read:
            continue
        x, y = _named(read, f"x_{word}", origin), _named(read, f"y_{word}", origin)
        part = _pair(x, y, spec, origin=origin)
        raw = part if raw is None else joined(raw, part, code, origin=f"{origin} {word}")
    assert raw is not None, "x_train was there"
    return raw


def _named(read: Mapping[str, Any], name: str, origin: str) -> Any:
    if name not in read:
        raise DataError(f"`{origin}` has no array `{name}`", did_you_mean(name, map(str, read)))
    return read[name]


def _pair(x: Any, y: Any, spec: DataSpec, *, origin: str) -> Raw:
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    rows = len(x) if np.ndim(x) else 0
    if values.ndim not in (1, 2) or rows != len(values):
        raise DataError(f"`{origin}` has {rows} rows of x but y of shape {values.shape}", "give one y for each row")
    if not len(values):
        raise DataError(f"`{origin}` has no rows", "give data with rows in them")
    array = x if isinstance(x, pd.DataFrame) else np.asarray(x)
    if isinstance(array, np.ndarray) and (array.ndim > 2 or array.dtype.kind not in "OUS"):
        return _arrays(array, values, spec, origin=origin)
    frame = pd.DataFrame(array).reset_index(drop=True)
    frame.columns = [c if isinstance(c, str) else f"x{c}" for c in frame.columns]
    columns = [values] if values.ndim == 1 else list(values.T)
    targets = spec.target or (("target",) if len(columns) == 1 else _numbered(len(columns)))
    if len(targets) != len(columns) or set(targets) & set(frame.columns):
        raise DataError(
            f"`{origin}` gave {len(columns)} target columns, to be named {', '.join(targets)}",
            "write `target` with a name for each, none of them a column of x",
        )
    frame = frame.assign(**dict(zip(targets, columns, strict=True)))
    return _table(frame, targets, spec, origin=origin)


def _arrays(x: Array, y: Array, spec: DataSpec, *, origin: str) -> Arrays:
    """x (n,), (n, d), (n, h, w), (n, steps, d) or (n, h, w, channels) with one or several targets."""
    if x.dtype.kind not in "buif":
        raise DataError(f"x of `{origin}` is of type {x.dtype}", "give numbers")
    table_keys = ("ignore", "numbers", "categories", "dates", "names", "missing")
    split_keys = ("group", "time")
    for key, used in [
        *((key, getattr(spec, key)) for key in table_keys),
        *((f"split.{key}", getattr(spec.split, key)) for key in split_keys),
    ]:
        if used:
            raise DataError(f"{key} names columns but `{origin}` gives arrays", "leave it out")
    x = x[:, np.newaxis] if x.ndim == 1 else x
    count = 1 if y.ndim == 1 else y.shape[1]
    named = spec.target if spec.target and len(spec.target) == count else None
    targets = named or (("target",) if count == 1 else _numbered(count))
    return Arrays(x, y, targets, np.zeros(len(x), np.int8))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"target{i}" for i in range(count))


def _targets(frame: pd.DataFrame, spec: DataSpec, origin: str) -> tuple[str, ...]:
    if spec.target:
        return spec.target
    if origin.startswith("sklearn:"):
        return ("target",)
    raise DataError("no target is named", f"write `target:` with one of {', '.join(map(str, frame.columns))}")


def _table(frame: pd.DataFrame, targets: tuple[str, ...], spec: DataSpec, *, origin: str) -> Table:
    frame = frame.reset_index(drop=True).set_axis([str(column) for column in frame.columns], axis=1)
    if not len(frame):
        raise DataError(f"`{origin}` has no rows", "give data with rows in them")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"`{origin}` has two columns `{twice[0]}`", "give each column a name of its own")
    _check_columns(frame, targets, spec)
    return Table(frame, targets, np.zeros(len(frame), np.int8), reading_of(spec))


def _check_columns(frame: pd.DataFrame, targets: tuple[str, ...], spec: DataSpec) -> None:
    """Raises: DataError for the first key of `data` that names a column which is not there."""
    split = spec.split
    wanted = {
        "target": targets,
        "ignore": spec.ignore,
        "numbers": spec.numbers,
        "categories": spec.categories,
        "dates": spec.dates,
        "split.group": (split.group,) if split.group else (),
        "split.time": (split.time,) if split.time else (),
    }
    headless = any(column.replace(".", "", 1).isdigit() for column in frame.columns)
    hint = "; the first line looks like data: a file without a header needs `names`" if headless else ""
    for key, columns in wanted.items():
        for column in columns:
            if column not in frame.columns:
                raise DataError(f"{key}: there is no column `{column}`", did_you_mean(column, frame.columns) + hint)

"""What is to be predicted: the task, the classes, and every row's code or value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.data import cells
from models.data.cells import Array
from models.data.errors import DataError, listed
from models.data.raw import OPEN, PART_WORDS, Arrays, Raw, Table, place
from models.spec.data import DataSpec
from spaces.problems import did_you_mean, nearest

Label = str | int | float | bool

FEW = 20
"""Whole numbers with at most this many distinct values are taken for classes when no task is stated."""


MANY = 100
"""Whole numbers with more distinct values than this are amounts beyond doubt."""


@dataclass(frozen=True, slots=True)
class Target:
    """y: int32 codes (n,) into `classes`, or float32 values (n, n_targets) when `classes` is empty."""

    y: Array
    classes: tuple[Label, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_classes(self) -> bool:
        return bool(self.classes)


def read_target(raw: Raw, spec: DataSpec) -> Target:
    """The target of every row. Raises: DataError when it is missing somewhere, constant, or unreadable."""
    columns = _columns(raw)
    notes: tuple[str, ...] = ()
    task = spec.task
    if isinstance(raw, Arrays) and len(columns) > 1 and task != "regression" and _is_one_hot(raw.y):
        columns = [pd.Series(raw.y.argmax(axis=1), name="target")]
        notes = ("y is one-hot: its columns are taken for classes",)
        task = "classification"
    for series in columns:
        _check_present(series, spec.missing, raw.given)
    if task is None:
        task, told = _told_task(columns, labels=bool(spec.labels), images=_holds_images(raw, spec))
        notes += told
    if task == "regression":
        return _values(columns, spec, raw.given, notes=notes)
    if len(columns) > 1:
        raise DataError(
            f"several targets ({listed([str(c.name) for c in columns])}) cannot be classes",
            "name one target, or write `task: regression`",
        )
    return _codes(columns[0], spec, raw.given, notes=notes)


def _holds_images(raw: Raw, spec: DataSpec) -> bool:
    return isinstance(raw, Arrays) and raw.x.ndim > 2 and not spec.windows


def _columns(raw: Raw) -> list[pd.Series]:
    if isinstance(raw, Table):
        return [raw.frame[name] for name in raw.targets]
    y = raw.y[:, np.newaxis] if raw.y.ndim == 1 else raw.y
    return [pd.Series(y[:, i], name=name) for i, name in enumerate(raw.targets)]


def _is_one_hot(y: Array) -> bool:
    return bool(y.dtype.kind in "buif" and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _check_present(series: pd.Series, missing: tuple[str, ...], given: Array) -> None:
    absent = np.asarray(series.isna())
    if cells.is_text(series):
        absent = cells.text(series, missing=missing) == ""
    if absent.any():
        positions = np.flatnonzero(absent)
        count = f"{len(positions)} of {len(series)} rows"
        raise DataError(
            f"target `{series.name}` is missing in {count}: {place(given, positions)}",
            "fill these rows in or take them out",
        )


def _told_task(columns: list[pd.Series], *, labels: bool, images: bool) -> tuple[str, tuple[str, ...]]:
    """The task by the kind of the target and its number of values, and a note when that is a guess."""
    series = columns[0]
    if len(columns) > 1:
        return "regression", ()
    if labels or cells.is_text(series) or pd.api.types.is_bool_dtype(series.dtype):
        return "classification", ()
    values = cells.numbers(series)
    distinct = np.unique(values)
    whole = bool((distinct == np.floor(distinct)).all())
    few = len(distinct) <= FEW or images
    told = "classification" if whole and few else "regression"
    plain_codes = np.array_equal(distinct, np.arange(len(distinct)))
    if not whole or plain_codes or len(distinct) > MANY:
        return told, ()
    found = f"target `{series.name}` has {len(distinct)} distinct whole numbers"
    return told, (f"{found}: taken for {told}; `task` states it",)


def _values(columns: list[pd.Series], spec: DataSpec, given: Array, *, notes: tuple[str, ...]) -> Target:
    y = np.stack([cells.numbers(series, missing=spec.missing) for series in columns], axis=1)
    for i, series in enumerate(columns):
        infinite = np.flatnonzero(~np.isfinite(y[:, i]))
        if len(infinite):
            raise DataError(f"target `{series.name}` is infinite in {place(given, infinite)}", "take these rows out")
        if (y[:, i] == y[0, i]).all():
            raise DataError(f"target `{series.name}` is {y[0, i]:g} in every row", "name another target")
    if spec.labels:
        raise DataError("`labels` names classes but the task is regression", "leave `labels` out")
    return Target(y.astype(np.float32), (), tuple(str(s.name) for s in columns), notes)


def _codes(series: pd.Series, spec: DataSpec, given: Array, *, notes: tuple[str, ...]) -> Target:
    words = cells.text(series, missing=spec.missing)
    meant = _meanings(words, series, spec.labels)
    labels = np.empty(len(words), dtype=object)
    labels[:] = [meant[word] for word in words]
    known = set(labels[given == OPEN].tolist())
    _check_given(labels, words, known=known, given=given)
    classes = tuple(sorted(known, key=lambda label: (type(label).__name__, label)))
    if len(classes) == 1:
        raise DataError(
            f"target `{series.name}` has one class: `{classes[0]}` in all {len(words)} rows",
            "give rows of another class, or name another target",
        )
    if len(classes) > len(words) / 2:
        raise DataError(
            f"target `{series.name}` has {len(classes)} classes in {len(words)} rows",
            "write `task: regression` if it is an amount, or name another target",
        )
    code = {label: i for i, label in enumerate(classes)}
    y = np.fromiter((code[label] for label in labels), dtype=np.int32, count=len(labels))
    return Target(y, classes, (str(series.name),), notes)


def _meanings(words: Array, series: pd.Series, label_of: Mapping[str, Label]) -> dict[str, Label]:
    """The class that each spelled word means. Raises: DataError for a label that no row spells."""
    distinct = list(dict.fromkeys(words.tolist()))
    for word in label_of:
        if word not in distinct:
            raise DataError(f"labels: no row of `{series.name}` is spelled `{word}`", did_you_mean(word, distinct[:50]))
    return {word: label_of.get(word, _native(word, series.dtype)) for word in distinct}


def _native(word: str, dtype: Any) -> Label:
    """A class in the type of its column: true, 3, 0.5 or text."""
    if pd.api.types.is_bool_dtype(dtype):
        return word == "true"
    if pd.api.types.is_numeric_dtype(dtype):
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    return word


def _check_given(labels: Array, words: Array, *, known: set[Label], given: Array) -> None:
    """Raises: DataError when a given part has labels that the training rows have not."""
    strange = np.array([label not in known for label in labels.tolist()])
    if not strange.any():
        return
    part = int(given[np.flatnonzero(strange)[0]])
    spelled = list(dict.fromkeys(words[strange].tolist()))
    pairs = {word: nearest(word, map(str, known)) for word in spelled}
    mapping = ", ".join(f'"{word}": "{near}"' for word, near in pairs.items() if near)
    mend = f"write `labels: {{{mapping}}}`" if mapping else "give training rows of that class"
    raise DataError(
        f"{strange.sum()} {PART_WORDS[part]}rows have a class that no training row has: "
        f"{listed([f'`{word}`' for word in spelled])}",
        mend,
    )

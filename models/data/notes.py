"""Doubts about the data that are no errors: leaks of the target, duplicates across parts, identifiers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.data import cells
from models.data.cells import Array
from models.data.columns import ColumnPlan
from models.data.errors import listed
from models.data.preprocessor import Preprocessor
from models.data.raw import Arrays, Raw, Table
from models.data.splits import Rows
from models.data.targets import Target

SAMPLE = 20_000
"""Training rows that are looked at for leaks."""

SURE = 0.999
"""A column that tells this share of the rows' classes, or of the target's variance, gives the target away."""


def doubts(raw: Raw, rows: Rows, target: Target, *, preprocessor: Preprocessor) -> tuple[str, ...]:
    """Sentences on leaks, duplicates and identifiers; empty when nothing was found."""
    notes = _duplicates(_row_keys(raw, preprocessor), rows)
    if isinstance(raw, Arrays):
        return tuple(notes)
    some = rows.train[np.linspace(0, len(rows.train) - 1, min(SAMPLE, len(rows.train))).astype(np.int64)]
    notes += _identifiers(raw, some, preprocessor)
    if target.is_classes:
        notes += _class_leaks(raw, some, target, plans=preprocessor.columns)
    elif target.y.shape[1] == 1:
        notes += _value_leaks(raw, some, target.y[some, 0].astype(np.float64), preprocessor=preprocessor)
    return tuple(notes)


def _row_keys(raw: Raw, preprocessor: Preprocessor) -> Array:
    """A hash a row (n,) of what a model may see of it."""
    if isinstance(raw, Table):
        frame = raw.frame[[plan.name for plan in preprocessor.columns]]
        plain = {name: frame[name].astype(str) if frame[name].dtype == object else frame[name] for name in frame}
        return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(plain), index=False))
    flat = np.ascontiguousarray(raw.x.reshape(len(raw.x), -1))
    return np.fromiter((hash(row.tobytes()) for row in flat), dtype=np.int64, count=len(flat))


def _duplicates(keys: Array, rows: Rows) -> list[str]:
    notes = []
    for word, part in (("validation", rows.validation), ("test", rows.test)):
        if part is not None:
            count = int(np.isin(keys[part], keys[rows.train]).sum())
            if count:
                notes.append(f"{count} of {len(part)} {word} rows have the same inputs as a training row")
    return notes


def _identifiers(table: Table, some: Array, preprocessor: Preprocessor) -> list[str]:
    """Columns of text or whole numbers that differ in every row."""
    notes = []
    plans: tuple[ColumnPlan, ...] = (*preprocessor.numbers, *preprocessor.categories)
    for plan in plans:
        series = table.frame[plan.name].iloc[some]
        whole = pd.api.types.is_integer_dtype(series.dtype) or cells.is_text(series)
        if whole and len(some) >= 50 and series.nunique() == len(some):
            notes.append(f"column `{plan.name}` differs in every row, as identifiers do: `ignore` it if it is one")
    return notes


def _class_leaks(table: Table, some: Array, target: Target, *, plans: Sequence[ColumnPlan]) -> list[str]:
    """Columns whose value alone tells the class."""
    y = target.y[some]
    if np.max(np.bincount(y)) / len(y) > 0.99:  # then every column tells nearly all rows
        return []
    leaking = []
    for plan in plans:
        codes, found = pd.factorize(_coarse(table.frame[plan.name].iloc[some]))
        if len(found) > len(y) / 10:
            continue
        counts = np.zeros((len(found) + 1, len(target.classes)), np.int64)
        np.add.at(counts, (codes, y), 1)
        if counts.max(axis=1).sum() / len(y) >= SURE:
            leaking.append(plan.name)
    return _leak(leaking, target)


def _coarse(series: pd.Series) -> pd.Series:
    """Numbers in at most 50 ranges, all else as it is."""
    if pd.api.types.is_numeric_dtype(series.dtype) and series.nunique() > 50:
        return pd.qcut(series, 50, duplicates="drop")
    return series.astype(str) if series.dtype == object else series


def _value_leaks(table: Table, some: Array, y: Array, *, preprocessor: Preprocessor) -> list[str]:
    """Number columns that alone, or summed up with weights, give the target."""
    if not preprocessor.numbers or len(some) < 3 * len(preprocessor.numbers):
        return []
    names = [plan.name for plan in preprocessor.numbers]
    raw = preprocessor.raw_columns(table.frame.iloc[some])
    x = np.concatenate([raw[plan.input] for plan in preprocessor.numbers], axis=1).astype(np.float64)
    x = np.where(np.isfinite(x), x, np.nanmean(x, axis=0))
    deviation = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    y = (y - y.mean()) / (y.std() or 1.0)
    alone = [name for name, r in zip(names, x.T @ y / len(y), strict=True) if r * r >= SURE]
    if alone:
        return _leak(alone, None)
    weights, *_ = np.linalg.lstsq(x, y, rcond=None)
    if 1 - np.mean((y - x @ weights) ** 2) < 1 - 1e-6:
        return []
    together = [name for name, weight in zip(names, weights, strict=True) if abs(weight) > 0.01]
    return [f"columns {_quoted(together)} add up to the target with fixed weights: add them to `ignore`?"]


def _leak(names: Sequence[str], target: Target | None) -> list[str]:
    what = "the target" if target is None else f"the class of at least {SURE:.1%} of the rows"
    return [f"column `{name}` alone tells {what}: add it to `ignore` if it is not known beforehand" for name in names]


def _quoted(names: Sequence[str]) -> str:
    return listed([f"`{name}`" for name in names])

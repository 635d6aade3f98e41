"""Fit a Preprocessor on training rows; nothing outside them is looked at but the kind of a column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from models.data import cells
from models.data.cells import NO_DATE, Array
from models.data.columns import (
    DAY_S,
    BooleanPlan,
    CategoryPlan,
    ColumnPlan,
    DatePlan,
    NumberPlan,
    input_names,
)
from models.data.errors import DataError, listed
from models.data.kinds import date_form, kind_of
from models.data.preprocessor import ArrayPlan, Preprocessor
from models.data.raw import Arrays, Raw, Table
from models.data.scale_fitting import fit_scaling
from models.spec.data import DataSpec


def fit_preprocessor(raw: Raw, train: Array, spec: DataSpec) -> tuple[Preprocessor, tuple[str, ...]]:
    """The preprocessing fitted on the rows `train`, and notes on columns that were left out or are doubtful.

    Raises: DataError on unreadable columns, or when no column is left.
    """
    if spec.windows:
        _refuse_other_than_windows(raw, spec.source)
    if isinstance(raw, Arrays):
        return _fit_array(raw.x, train, spec), ()
    return _fit_table(raw, train, spec)


def feature_columns(table: Table, spec: DataSpec) -> tuple[str, ...]:
    """Columns that may be inputs: not the targets, not ignored, not the one that groups the rows."""
    out = {*table.targets, *spec.ignore, *([spec.split.group] if spec.split.group else [])}
    return tuple(column for column in table.frame.columns if column not in out)


def _fit_table(table: Table, train: Array, spec: DataSpec) -> tuple[Preprocessor, tuple[str, ...]]:
    columns = feature_columns(table, spec)
    plans: list[ColumnPlan] = []
    numbers: list[Array] = []
    notes: list[str] = []
    for column, name in zip(columns, input_names(columns), strict=True):
        series = table.frame[column]
        kind = kind_of(series, spec)
        training = series.iloc[train]
        if kind == "empty" or training.nunique(dropna=False) < 2:
            notes.append(f"column `{column}` is the same in every training row: left out")
        elif kind == "number":
            values = cells.numbers(series, missing=spec.missing)[train].astype(np.float32)
            notes += _precision_note(column, cells.numbers(training, missing=spec.missing), values)
            plans.append(_number_plan(column, name, values))
            numbers.append(values)
        elif kind == "boolean":
            cells.booleans(series, missing=spec.missing)
            plans.append(BooleanPlan(column, name))
        elif kind == "date":
            plans.append(_date_plan(series, name, train, missing=spec.missing))
        else:
            words = cells.text(training, missing=spec.missing)
            plans.append(CategoryPlan(column, name, _vocabulary(words, spec.max_categories)))
    if not plans:
        raise DataError("no input column is left", "name other columns as target, ignore or group")
    stacked = np.stack(numbers, axis=1) if numbers else np.empty((0, 0), np.float32)
    scaling = fit_scaling(stacked, spec.scaling)
    spelled = tuple(plan.name for plan in plans if plan.kind in ("category", "date"))
    reading = replace(table.reading, text=spelled)  # new rows may hold only words that look like numbers
    return Preprocessor(tuple(plans), None, scaling, reading), tuple(notes)


def _number_plan(column: str, name: str, values: Array) -> NumberPlan:
    present = values[np.isfinite(values)]
    fill = float(np.median(present)) if len(present) else 0.0
    return NumberPlan(column, name, fill, len(present) < len(values))


def _precision_note(column: str, exact: Array, rounded: Array) -> list[str]:
    """A note on whole numbers whose differences float32 cannot hold (identifiers, timestamps)."""
    spread = np.nanstd(exact)
    if spread and np.nanmax(np.abs(exact - rounded)) > 1e-3 * spread:
        mend = "subtract an offset, or list it under `dates`"
        return [f"column `{column}` has more digits than float32 holds: {mend}"]
    return []


def _date_plan(series: pd.Series, name: str, train: Array, *, missing: Sequence[str]) -> DatePlan:
    form = date_form(series, tuple(missing))
    moments = cells.seconds(series, form=form, missing=missing)[train]
    present = moments[moments != NO_DATE] if (moments != NO_DATE).any() else np.zeros(1, np.int64)
    width = float(np.std(present))
    return DatePlan(
        name=str(series.name),
        input=name,
        form=form,
        fill_s=int(np.median(present)),
        center_s=round(float(np.mean(present))),
        width_s=width or 1.0,
        time_of_day=bool((present % DAY_S != 0).any()),
        indicator=bool((moments == NO_DATE).any()),
    )


def _vocabulary(words: Array, at_most: int) -> tuple[str, ...]:
    """The most frequent words, ties by the alphabet."""
    ranked = sorted(Counter(words.tolist()).items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, _ in ranked[:at_most])


def _refuse_other_than_windows(raw: Raw, source: str) -> None:
    shape = raw.x.shape if isinstance(raw, Arrays) else None
    if shape is None or len(shape) != 3:
        other = "mlp" if shape is None or len(shape) < 3 else "cnn"
        raise DataError(
            f"windows are an array of shape (n, steps, features), but `{source}` gives "
            + (f"an array of shape {shape}" if shape else "a table"),
            f"give such an array, with 1 feature for plain series, or write `family: {other}` without `windows`",
        )


def _fit_array(x: Array, train: Array, spec: DataSpec) -> Preprocessor:
    """A grey image (n, h, w) gets a channel axis; statistics are by feature for vectors and windows, by channel for
    images."""
    add_channel = x.ndim == 3 and not spec.windows
    rows = x[train][..., np.newaxis] if add_channel else x[train]
    whole_bytes = x.dtype == np.uint8 and not spec.windows
    if not whole_bytes:
        rows = rows.astype(np.float32)
        rows[~np.isfinite(rows)] = np.nan
    fill = _fill(rows, whole_bytes)
    return Preprocessor(
        columns=(),
        array=ArrayPlan(tuple(x.shape[1:]), add_channel, fill),
        scaling=fit_scaling(rows, spec.scaling, whole_bytes=whole_bytes),
    )


def _fill(rows: Array, whole_bytes: bool) -> tuple[float, ...]:
    n = int(rows.shape[-1])
    if whole_bytes or np.isfinite(rows).all():
        return (0.0,) * n
    flat = rows.reshape(-1, n)
    empty = [i for i in range(n) if not np.isfinite(flat[:, i]).any()]
    if empty:
        raise DataError(f"x has no number in the training rows at feature {listed(empty)}", "leave these features out")
    medians: list[float] = [float(np.nanmedian(flat[:, i])) for i in range(n)]
    return tuple(medians)

"""Cells of one raw column as typed arrays: numbers, booleans, seconds, text. Knows no preprocessing.

Whatever cannot be read is a DataError that names the column, the first rows and their values.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.data.errors import DataError, listed, row_list

Array = npt.NDArray[Any]

NO_DATE = int(np.iinfo(np.int64).min)
"""A missing date among seconds since 1970, the same number as numpy's NaT."""

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "0", "0.0"})


def is_text(series: pd.Series) -> bool:
    """Whether the cells are text, objects or pandas categories, not numbers, booleans or dates."""
    dtype = series.dtype
    return bool(
        isinstance(dtype, pd.CategoricalDtype)
        or pd.api.types.is_object_dtype(dtype)
        or pd.api.types.is_string_dtype(dtype)
    )


def text(series: pd.Series, *, missing: Sequence[str] = ()) -> Array:
    """Cells as stripped text (n,), dtype object; "" where missing. Whole floats lose their `.0`."""
    absent = np.asarray(series.isna())
    if pd.api.types.is_bool_dtype(series.dtype):
        cells = series.map({True: "true", False: "false"}).astype(object)
    elif pd.api.types.is_float_dtype(series.dtype):
        cells = series.map(_number_text).astype(object)
    elif isinstance(series.dtype, pd.CategoricalDtype):
        return text(series.astype(series.cat.categories.dtype), missing=missing)
    else:
        cells = series.map(_cell_text).astype(object) if not _is_plain_text(series) else series.str.strip()
    values = np.asarray(cells, dtype=object).copy()
    values[absent] = ""
    for word in missing:
        values[values == word] = ""
    return values


def _is_plain_text(series: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(series.dtype) and not pd.api.types.is_object_dtype(series.dtype))


def _number_text(value: Any) -> str:
    if pd.isna(value):
        return ""
    return str(int(value)) if float(value).is_integer() else str(float(value))


def _cell_text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return _number_text(value)
    return str(value).strip()


def numbers(series: pd.Series, *, missing: Sequence[str] = ()) -> Array:
    """Cells as float64 (n,); NaN where missing or infinite. Raises: DataError on text among the numbers."""
    if is_text(series):
        values, bad = parse_numbers(text(series, missing=missing))
        if len(bad):
            raise not_numbers(str(series.name), text(series), bad)
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        raise DataError(
            f"column `{series.name}` holds dates where numbers are expected",
            "give numbers, or list it under `dates`",
        )
    else:
        values = series.astype("float64").to_numpy(dtype="float64", na_value=np.nan).copy()
    values[~np.isfinite(values)] = np.nan
    return np.asarray(values)


def parse_numbers(cells: Array) -> tuple[Array, Array]:
    """Numbers (n,) float64 read from text, NaN where empty, and the positions of text that is no number."""
    values = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype="float64").copy()
    bad = np.flatnonzero(np.isnan(values) & (cells != "") & (np.char.lower(cells.astype(str)) != "nan"))
    return values, bad


def not_numbers(name: str, cells: Array, bad: Array) -> DataError:
    """The error of a number column with text in it."""
    shown = listed([f"`{value}`" for value in dict.fromkeys(cells[bad].tolist())])
    found = f"{len(bad)} of {len(cells)} cells are text: {shown} in {row_list(bad)}"
    words = listed([f'"{value}"' for value in dict.fromkeys(cells[bad].tolist())])
    return DataError(
        f"column `{name}` holds numbers but {found}",
        f"write `missing: [{words}]` if that means missing, or list `{name}` under `categories`",
    )


def booleans(series: pd.Series, *, missing: Sequence[str] = ()) -> Array:
    """Cells as float64 (n,) of 1, 0 and NaN where missing. Raises: DataError on any other word."""
    words = np.char.lower(text(series, missing=missing).astype(str))
    values = np.full(len(words), np.nan)
    values[np.isin(words, list(TRUE_WORDS))] = 1.0
    values[np.isin(words, list(FALSE_WORDS))] = 0.0
    bad = np.flatnonzero(np.isnan(values) & (words != ""))
    if len(bad):
        raise DataError(
            f"column `{series.name}` holds true and false but `{words[bad[0]]}` stands in {row_list(bad)}",
            f"write true or false there, or list `{series.name}` under `categories`",
        )
    return values


def seconds(series: pd.Series, *, form: str | None = None, missing: Sequence[str] = ()) -> Array:
    """Dates as int64 seconds since 1970 (UTC), NO_DATE where missing.

    form: how text spells them, `ISO8601` or a strftime format. Raises: DataError on unreadable dates.
    """
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        moments = series
    elif is_text(series):
        cells = text(series, missing=missing)
        moments, bad = parse_dates(cells, form or "ISO8601")
        if len(bad):
            raise DataError(
                f"column `{series.name}` holds dates but `{cells[bad[0]]}` in {row_list(bad)} is none "
                f"(expected {form or 'ISO 8601, as 2024-12-31 or 2024-12-31 23:59'})",
                f"mend the file, or list `{series.name}` under `categories`",
            )
    else:
        raise DataError(
            f"column `{series.name}` holds {series.dtype} where dates are expected",
            "give dates as text such as 2024-12-31, or list it under `numbers`",
        )
    if getattr(moments.dtype, "tz", None) is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(moments.to_numpy().astype("datetime64[s]").astype(np.int64))


def parse_dates(cells: Array, form: str) -> tuple[pd.Series, Array]:
    """Moments (n,) read from text in one format (NaT where empty), and the positions of what is no date."""
    series = pd.Series(cells, dtype=object).where(cells != "", None)
    moments = pd.to_datetime(series, errors="coerce", format=form, utc=True)
    return moments, np.flatnonzero(np.asarray(moments.isna()) & (cells != ""))

"""Which kind each column is: what the study file says, else what its cells are."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from models.data import cells
from models.data.cells import Array
from models.data.errors import DataError
from models.spec.data import DataSpec

ISO_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"

MOSTLY = 0.8
"""From this share of numbers among its cells on, text in a column is a mistake and no category."""


def kind_of(series: pd.Series, spec: DataSpec) -> str:
    """number, boolean, date, category, or empty. Raises: DataError for a column that is none of them."""
    name = str(series.name)
    stated = [
        kind
        for kind, names in (("number", spec.numbers), ("category", spec.categories), ("date", spec.dates))
        if name in names
    ]
    if len(stated) > 1:
        raise DataError(f"column `{name}` is listed under several kinds", "leave it in one of them")
    if not series.notna().any():
        return "empty"
    if stated:
        return stated[0]
    dtype = series.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return "number"
    if cells.is_text(series):
        return _kind_of_text(series, name, spec)
    raise DataError(f"column `{name}` is of type {dtype}, which is no input", f"add `{name}` to `ignore`")


def _kind_of_text(series: pd.Series, name: str, spec: DataSpec) -> str:
    first: Any = series.dropna().iloc[0]
    if not isinstance(first, str | bytes | bool | int | float | np.generic) and not _is_scalar(first):
        raise DataError(
            f"column `{name}` holds {type(first).__name__} values, which are no input",
            f"add `{name}` to `ignore`",
        )
    words = cells.text(series, missing=spec.missing)
    present = pd.Series(words[words != ""], dtype=str)
    if present.empty:
        return "empty"
    distinct = present.drop_duplicates()
    if distinct.str.lower().isin(["true", "false"]).all():
        return "boolean"
    if distinct.str.fullmatch(ISO_DATE).all():
        return "date"
    _, bad = cells.parse_numbers(words)
    share = 1 - len(bad) / len(present)
    if len(bad) and share >= MOSTLY:
        raise cells.not_numbers(name, words, bad)
    return "category" if len(bad) or not _mixed_numbers(series) else "number"


def _is_scalar(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value))


def _mixed_numbers(series: pd.Series) -> bool:
    """Whether an object column holds numbers rather than text that looks like numbers."""
    return pd.api.types.infer_dtype(series, skipna=True) in (
        "integer",
        "floating",
        "mixed-integer-float",
        "decimal",
    )


def date_form(series: pd.Series, missing: tuple[str, ...]) -> str:
    """How a column spells its dates: ISO8601, or the one strftime format that reads every cell.

    Raises: DataError when none does.
    """
    if not cells.is_text(series):
        return "ISO8601"
    words: Array = cells.text(series, missing=missing)
    unread = {"ISO8601": len(cells.parse_dates(words, "ISO8601")[1])}
    if unread["ISO8601"]:
        first = next(word for word in words if word)
        unread |= {form: len(cells.parse_dates(words, form)[1]) for form in _guessed_forms(first)}
    best = min(unread, key=lambda form: unread[form])  # the month comes first where both orders read all
    cells.seconds(series, form=best, missing=missing)  # raises, with the rows that are unreadable even so
    return best


def _guessed_forms(word: str) -> list[str]:
    """The strftime formats that one date may be spelled in, with the month and then the day first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas advises `dayfirst` to whoever tries both
        forms = [pd.tseries.api.guess_datetime_format(word, dayfirst=first) for first in (False, True)]
    return [form for form in forms if form]

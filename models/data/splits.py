"""Which rows train, which validate, which test: by class, by group, by time, by chance, or as given."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.data import cells
from models.data.cells import NO_DATE, Array
from models.data.errors import DataError, listed, row_list
from models.data.kinds import date_form, kind_of
from models.data.raw import OPEN, TEST, VALIDATION, Raw, Table
from models.data.targets import Target
from models.spec.data import DataSpec


@dataclass(frozen=True, slots=True)
class Rows:
    """Row numbers of each part, ascending; int64. `test` is None when the study has none."""

    train: Array
    validation: Array
    test: Array | None


def split(raw: Raw, target: Target, spec: DataSpec, *, seed: int) -> Rows:
    """The parts of `raw` by `spec.split`; parts that the source gives are kept as they are.

    The same seed gives the same parts whatever the scaling.
    Raises: DataError when a part would be empty, a class too rare, a group torn apart, or a time unreadable.
    """
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(raw.given == OPEN)
    shares = (
        _share(spec.split.validation, (raw.given == VALIDATION).any()),
        _share(spec.split.test, (raw.given == TEST).any()),
    )
    if spec.split.group:
        drawn = _by_group(_group_codes(raw, spec.split.group), rows, shares, rng=rng)
    elif spec.split.time:
        drawn = _by_time(_times(raw, spec), rows, shares)
    else:
        drawn = _by_class(_strata(target, rows, spec), shares, rng)
    part = raw.given.copy()
    part[rows] = drawn
    _check_parts(part, shares)
    train = np.flatnonzero(part == OPEN)
    _check_classes(train, target)
    if spec.rows is not None and spec.rows < len(train):
        train = _thinned(train, target, spec.rows, rng=rng)
        _check_classes(train, target)
    test = np.flatnonzero(part == TEST) if (part == TEST).any() and spec.split.test is not None else None
    return Rows(train, np.flatnonzero(part == VALIDATION), test)


def _share(asked: float | str | None, is_given: bool) -> float:
    return 0.0 if is_given or not isinstance(asked, float) else asked


def _strata(target: Target, rows: Array, spec: DataSpec) -> Array:
    """Codes (n_rows,) whose shares are kept in every part; all 0 when rows are drawn by chance alone.

    Raises: DataError for a class with one row, which cannot be in all parts.
    """
    stratify = target.is_classes if spec.split.stratify is None else spec.split.stratify
    if not stratify:
        return np.zeros(len(rows), np.int64)
    if target.is_classes:
        codes = target.y[rows].astype(np.int64)
        single = np.flatnonzero(np.bincount(codes) == 1)
        if len(single):
            raise DataError(
                f"class `{target.classes[single[0]]}` has one row ({row_list(rows[codes == single[0]])})",
                "give it more rows, join it to another class with `labels`, or write `stratify: false`",
            )
        return codes
    raise DataError("split.stratify: numbers as targets cannot be stratified", "leave `stratify` out")


def _by_class(strata: Array, shares: tuple[float, float], rng: np.random.Generator) -> Array:
    """Parts (n_rows,) with each stratum's share in each, and at least one training row of each.

    What rounding leaves over is carried from stratum to stratum, so that the whole parts have their size.
    """
    parts = np.zeros(len(strata), np.int8)
    owed = [0.0, 0.0]
    for code in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == code))
        taken = 0
        for i, (part, share) in enumerate(((VALIDATION, shares[0]), (TEST, shares[1]))):
            wanted = len(members) * share + owed[i]
            count = min(max(int(np.floor(wanted + 0.5)), 0), len(members) - 1 - taken)
            owed[i] = wanted - count
            parts[members[taken : taken + count]] = part
            taken += count
    return parts


def _group_codes(raw: Raw, column: str) -> Array:
    """A whole number a group (n,). Raises: DataError on rows without a group, or a group in several parts."""
    assert isinstance(raw, Table), "arrays with a group were refused on loading"
    words = cells.text(raw.frame[column], missing=raw.reading.missing)
    absent = np.flatnonzero(words == "")
    if len(absent):
        raise DataError(f"group column `{column}` is missing in {row_list(absent)}", "fill these rows in")
    codes = np.unique(words, return_inverse=True)[1]
    parts = pd.DataFrame({"word": words, "part": raw.given}).groupby("word")["part"].nunique()
    torn = list(parts.index[parts > 1])
    if torn:
        raise DataError(
            f"{len(torn)} groups of `{column}` stand in several given parts: {listed(torn)}",
            "give each group to one file",
        )
    return np.asarray(codes)


def _by_group(codes: Array, rows: Array, shares: tuple[float, float], *, rng: np.random.Generator) -> Array:
    """Parts (n_rows,): groups in random order go to the test, then the validation part while they fit."""
    inside = codes[rows]
    sizes = np.bincount(inside)
    part_of = np.zeros(len(sizes), np.int8)
    room = {TEST: shares[1] * len(rows), VALIDATION: shares[0] * len(rows)}
    for group in rng.permutation(np.flatnonzero(sizes)):
        for part, left in room.items():
            if sizes[group] <= left + 0.5:
                part_of[group] = part
                room[part] = left - sizes[group]
                break
    return part_of[inside]


def _times(raw: Raw, spec: DataSpec) -> Array:
    """A number a row (n,) that grows with time. Raises: DataError when a row has none."""
    assert isinstance(raw, Table), "arrays with a time were refused on loading"
    assert spec.split.time is not None, "asked for only with a time column"
    series = raw.frame[spec.split.time]
    kind = kind_of(series, spec)
    if kind == "date":
        values = cells.seconds(series, form=date_form(series, spec.missing), missing=spec.missing)
        absent = np.flatnonzero(values == NO_DATE)
    elif kind == "number":
        values = cells.numbers(series, missing=spec.missing)
        absent = np.flatnonzero(np.isnan(values))
    else:
        raise DataError(
            f"time column `{series.name}` holds neither dates nor numbers (its first value is `{series.iloc[0]}`)",
            f"name another column, or list `{series.name}` under `dates`",
        )
    if len(absent):
        raise DataError(f"time column `{series.name}` is missing in {row_list(absent)}", "fill these rows in")
    return values


def _by_time(times: Array, rows: Array, shares: tuple[float, float]) -> Array:
    """Parts (n_rows,): the last rows test, those before validate; rows of the same time stay together."""
    inside = times[rows]
    ordered = np.sort(inside)
    parts = np.zeros(len(rows), np.int8)
    for part, share in ((VALIDATION, sum(shares)), (TEST, shares[1])):
        if share:
            start = ordered[min(len(rows) - 1, round(len(rows) * (1 - share)))]
            parts[inside >= start] = part
    if shares[0] == 0:
        parts[parts == VALIDATION] = OPEN
    return parts


def _thinned(train: Array, target: Target, n: int, *, rng: np.random.Generator) -> Array:
    """`n` of the rows `train`, with the shares of the classes kept."""
    codes = target.y[train].astype(np.int64) if target.is_classes else np.zeros(len(train), np.int64)
    order = rng.permutation(len(train))
    order = order[np.argsort(codes[order], kind="stable")]
    places = np.floor((np.arange(n) + rng.random()) * len(train) / n).astype(np.int64)  # evenly over the classes
    return np.sort(train[order[places]])


def _check_parts(part: Array, shares: tuple[float, float]) -> None:
    wanted = {OPEN: "training", VALIDATION: "validation", **({TEST: "test"} if shares[1] else {})}
    for code, word in wanted.items():
        if not (part == code).any():
            raise DataError(
                f"the {word} part has no rows ({len(part)} rows in all)",
                "give more rows or groups, or change the shares under `split`",
            )


def _check_classes(train: Array, target: Target) -> None:
    """Raises: DataError when a class is in no training row."""
    if not target.is_classes:
        return
    seen = np.bincount(target.y[train], minlength=len(target.classes))
    unseen = [f"`{target.classes[i]}`" for i in np.flatnonzero(seen == 0)]
    if unseen:
        raise DataError(
            f"class {listed(unseen)} is in no training row",
            "give it more rows, join it to another class with `labels`, or change `split` or `rows`",
        )

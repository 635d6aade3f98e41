"""What is done with one raw column of a table: a small frozen plan a kind, with its fitted statistics.

A plan reads its column from a frame (`read`) and names the features it makes (`feature_names`). The
arithmetic from what was read to features is in `features.py`, and once more, as Keras layers, in
`models/blocks/raw_inputs.py`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from models.data import cells
from models.data.cells import Array

DAY_S = 86_400
YEAR_STEPS = 3_652_425
"""The mean Gregorian year in ten-thousandths of a day: the phase of the year is whole-number arithmetic."""


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """A number: missing cells become `fill` (the training median), flagged by a feature when `indicator`."""

    kind: ClassVar[str] = "number"
    name: str
    input: str
    fill: float
    indicator: bool

    @property
    def feature_names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} missing") if self.indicator else (self.name,)

    def read(self, series: pd.Series, missing: Sequence[str]) -> Array:
        """float32 (n,), NaN where missing."""
        return cells.numbers(series, missing=missing).astype(np.float32)


@dataclass(frozen=True, slots=True)
class BooleanPlan:
    """True is 1, false 0, missing 0.5."""

    kind: ClassVar[str] = "boolean"
    name: str
    input: str

    @property
    def feature_names(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, series: pd.Series, missing: Sequence[str]) -> Array:
        """float32 (n,) of 0, 1 and NaN."""
        return cells.booleans(series, missing=missing).astype(np.float32)


@dataclass(frozen=True, slots=True)
class DatePlan:
    """A date: its distance from `center_s` in `width_s`, and sin and cos of the phase of year, week and day.

    form: how text spells it (`ISO8601` or a strftime format). time_of_day: whether training rows had hours.
    """

    kind: ClassVar[str] = "date"
    name: str
    input: str
    form: str
    fill_s: int
    center_s: int
    width_s: float
    time_of_day: bool
    indicator: bool

    @property
    def feature_names(self) -> tuple[str, ...]:
        phases = ("year", "week", "day") if self.time_of_day else ("year", "week")
        waves = (f"{self.name} {wave} of {phase}" for phase in phases for wave in ("sin", "cos"))
        names = (self.name, *waves)
        return (*names, f"{self.name} missing") if self.indicator else names

    def read(self, series: pd.Series, missing: Sequence[str]) -> Array:
        """int64 (n,) seconds since 1970 UTC, NO_DATE where missing."""
        return cells.seconds(series, form=self.form, missing=missing)


@dataclass(frozen=True, slots=True)
class CategoryPlan:
    """One feature a word of `vocabulary`, after one for every unknown word. "" in it stands for missing."""

    kind: ClassVar[str] = "category"
    name: str
    input: str
    vocabulary: tuple[str, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        return (f"{self.name} unknown", *(f"{self.name} = {word or 'missing'}" for word in self.vocabulary))

    def read(self, series: pd.Series, missing: Sequence[str]) -> Array:
        """str objects (n,), "" where missing."""
        return cells.text(series, missing=missing)


ColumnPlan = NumberPlan | BooleanPlan | DatePlan | CategoryPlan

PLANS: dict[str, type[ColumnPlan]] = {plan.kind: plan for plan in (NumberPlan, BooleanPlan, DatePlan, CategoryPlan)}


def plan_to_json(plan: ColumnPlan) -> dict[str, Any]:
    return {"kind": plan.kind, **asdict(plan)}


def plan_from_json(values: dict[str, Any]) -> ColumnPlan:
    fields = {key: value for key, value in values.items() if key != "kind"}
    if "vocabulary" in fields:
        fields["vocabulary"] = tuple(fields["vocabulary"])
    return PLANS[values["kind"]](**fields)


def input_names(columns: Sequence[str]) -> tuple[str, ...]:
    """A name a column that Keras and a SavedModel accept, all distinct; plain names stay as they are."""
    names: list[str] = []
    taken: set[str] = set()
    for column in columns:
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in column) or "column"
        name = plain if plain[0].isalnum() else f"c{plain}"
        stem, k = name, 2
        while _key(name) in taken:
            name, k = f"{stem}_{k}", k + 1
        names.append(name)
        taken.add(_key(name))
    return tuple(names)


def _key(name: str) -> str:
    """Exported signatures write `.` and `-` as `_`, so names that differ only there are the same."""
    return "".join(c if c.isalnum() else "_" for c in name)

"""From raw rows to the float32 features of a model, with statistics that were fitted on training rows only.

It travels with a model as JSON, and as Keras layers (`models/blocks/raw_inputs.py`) that give the same
numbers. Fitting is in `fitting.py`; here nothing is learned.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.data.cells import Array
from models.data.columns import (
    BooleanPlan,
    CategoryPlan,
    ColumnPlan,
    DatePlan,
    NumberPlan,
    plan_from_json,
    plan_to_json,
)
from models.data.errors import DataError
from models.data.features import (
    array_features,
    boolean_features,
    category_features,
    date_features,
    number_features,
)
from models.data.scaling import Scaling
from spaces.problems import did_you_mean

ARRAY_INPUT = "rows"
"""Name of the one input of array data."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How files of this data set are spelled, so that new rows are read as the training rows were.

    text: columns read as text (categories and dates), so that `007` stays `007`.
    targets: columns that new rows need not have.
    """

    separator: str | None = None
    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArrayPlan:
    """Rows of `shape`, to which `add_channel` appends a channel axis of 1.

    fill: what replaces NaN, one for each entry of the last axis (features of vectors and windows, channels of images).
    """

    shape: tuple[int, ...]
    add_channel: bool
    fill: tuple[float, ...]

    @property
    def output_shape(self) -> tuple[int, ...]:
        return (*self.shape, 1) if self.add_channel else self.shape


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """What every column of a table, or the one array, becomes.

    columns: the plans of a table, empty for arrays. array: the plan of an array, None for tables.
    scaling: of all numbers of a table, in the order of `numbers`, or of the last axis of the array.
    """

    columns: tuple[ColumnPlan, ...]
    array: ArrayPlan | None
    scaling: Scaling
    reading: Reading = Reading()

    @property
    def numbers(self) -> tuple[NumberPlan, ...]:
        return tuple(plan for plan in self.columns if isinstance(plan, NumberPlan))

    @property
    def booleans(self) -> tuple[BooleanPlan, ...]:
        return tuple(plan for plan in self.columns if isinstance(plan, BooleanPlan))

    @property
    def dates(self) -> tuple[DatePlan, ...]:
        return tuple(plan for plan in self.columns if isinstance(plan, DatePlan))

    @property
    def categories(self) -> tuple[CategoryPlan, ...]:
        return tuple(plan for plan in self.columns if isinstance(plan, CategoryPlan))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of a table's features in order: numbers, missing flags, booleans, dates, categories."""
        flags = tuple(plan.feature_names[1] for plan in self.numbers if plan.indicator)
        others: tuple[ColumnPlan, ...] = (*self.booleans, *self.dates, *self.categories)
        return (
            *(plan.name for plan in self.numbers),
            *flags,
            *(name for plan in others for name in plan.feature_names),
        )

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one prepared row."""
        return self.array.output_shape if self.array else (len(self.feature_names),)

    def raw_columns(self, rows: pd.DataFrame | Array) -> dict[str, Array]:
        """What the exported graph takes: input name -> array (n, 1), or {"rows": (n, *shape)} for arrays.

        Numbers and booleans are float32 with NaN for missing; categories str objects with "" for
        missing; dates int64 seconds since 1970 with NO_DATE (numpy's NaT) for missing: days in float32
        would lose the hour, and `predict` of Keras turns float64 into float32.
        Raises: DataError for a missing column, a cell that cannot be read, or rows of another shape.
        """
        if self.array is not None:
            return {ARRAY_INPUT: self._checked_array(rows)}
        if not isinstance(rows, pd.DataFrame):
            raise DataError(
                f"rows are an array of shape {np.shape(rows)} but the model was trained on named columns",
                f"give a table with the columns {', '.join(plan.name for plan in self.columns)}",
            )
        absent = [plan.name for plan in self.columns if plan.name not in rows.columns]
        if absent:
            raise DataError(
                f"column `{absent[0]}` is missing"
                + (f" (and {len(absent) - 1} more: {', '.join(absent[1:])})" if absent[1:] else ""),
                did_you_mean(absent[0], map(str, rows.columns)),
            )
        return {plan.input: plan.read(rows[plan.name], self.reading.missing)[:, np.newaxis] for plan in self.columns}

    def transform(self, rows: pd.DataFrame | Array) -> Array:
        """Features (n, *output_shape), float32, without NaN. Raises: DataError as `raw_columns`."""
        return self.features(self.raw_columns(rows))

    def features(self, raw: Mapping[str, Array]) -> Array:
        """Features (n, *output_shape), float32, of what `raw_columns` gave."""
        if self.array is not None:
            return array_features(raw[ARRAY_INPUT], self.array.fill, self.scaling, add_channel=self.array.add_channel)
        blocks = [
            *(boolean_features(raw[plan.input]) for plan in self.booleans),
            *(date_features(raw[plan.input], plan) for plan in self.dates),
            *(category_features(raw[plan.input], plan) for plan in self.categories),
        ]
        if self.numbers:
            columns = [raw[plan.input] for plan in self.numbers]
            blocks.insert(0, number_features(columns, self.numbers, self.scaling))
        return np.concatenate(blocks, axis=1, dtype=np.float32)

    def _checked_array(self, rows: pd.DataFrame | Array) -> Array:
        assert self.array is not None
        x = rows.to_numpy() if isinstance(rows, pd.DataFrame) else np.asarray(rows)
        if x.dtype.kind not in "buif":
            raise DataError(f"rows are of type {x.dtype}, not numbers", "give an array of numbers")
        shape = self.array.shape
        if x.shape[1:] == (*shape, 1) and self.array.add_channel:
            x = x[..., 0]
        if x.ndim == 2 and x.shape[1] == math.prod(shape):
            x = x.reshape(len(x), *shape)  # a table of cells, one row an array, as a CSV file holds it
        if x.shape[1:] != shape:
            raise DataError(
                f"rows have the shape {x.shape[1:]} but the model was trained on {shape}",
                f"give an array of shape {('n', *shape)}".replace("'", ""),
            )
        return x if x.dtype == np.uint8 else x.astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": [plan_to_json(plan) for plan in self.columns],
            "array": asdict(self.array) if self.array else None,
            "scaling": self.scaling.to_json(),
            "reading": asdict(self.reading),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Preprocessor":
        array, reading = values["array"], values["reading"]
        return cls(
            columns=tuple(plan_from_json(plan) for plan in values["columns"]),
            array=ArrayPlan(shape=tuple(array["shape"]), add_channel=array["add_channel"], fill=tuple(array["fill"]))
            if array
            else None,
            scaling=Scaling.from_json(values["scaling"]),
            reading=Reading(
                separator=reading["separator"],
                names=tuple(reading["names"]),
                missing=tuple(reading["missing"]),
                text=tuple(reading["text"]),
                targets=tuple(reading["targets"]),
            ),
        )

    def dumps(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False)

    @classmethod
    def loads(cls, text: str) -> "Preprocessor":
        return cls.from_json(json.loads(text))

"""The preprocessing as a Keras graph, so that a saved model takes raw rows.

Only stock layers and operations: the saved file loads with plain Keras in safe mode, without this project.
Each part repeats a function of `models/data/features.py`: change both or neither.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from models.data.cells import NO_DATE, Array
from models.data.columns import DAY_S, YEAR_STEPS, BooleanPlan, CategoryPlan, DatePlan, NumberPlan
from models.data.preprocessor import ARRAY_INPUT, Preprocessor
from models.data.scaling import Scaling

Tensor = Any

DTYPES = {
    NumberPlan.kind: "float32",
    BooleanPlan.kind: "float32",
    DatePlan.kind: "int64",
    CategoryPlan.kind: "string",
}


def raw_input_graph(preprocessor: Preprocessor) -> tuple[dict[str, Tensor] | Tensor, Tensor]:
    """Inputs of a model on raw rows, and the prepared float32 features (n, *output_shape).

    Tables: {input name: (n, 1)} with numbers and booleans as float32 (NaN: missing), categories as strings
    ("": missing) and dates as int64 seconds since 1970 (NaT: missing), as `Preprocessor.raw_columns` gives.
    Arrays: one float32 input named `rows`.
    """
    if preprocessor.array is not None:
        rows = keras.Input(preprocessor.array.shape, name=ARRAY_INPUT, dtype="float32")
        return rows, _prepare(preprocessor, [ARRAY_INPUT])([rows])
    inputs = {plan.input: keras.Input((1,), name=plan.input, dtype=DTYPES[plan.kind]) for plan in preprocessor.columns}
    return inputs, _prepare(preprocessor, list(inputs))(list(inputs.values()))


def raw_tensors(preprocessor: Preprocessor, rows: pd.DataFrame | Array) -> dict[str, Tensor] | Tensor:
    """Raw rows as the tensors that a model with `raw_input_graph` takes, also in `predict`, which refuses
    numpy strings. Raises: DataError as `Preprocessor.raw_columns`."""
    raw = preprocessor.raw_columns(rows)
    if preprocessor.array is not None:
        return ops.convert_to_tensor(raw[ARRAY_INPUT], dtype="float32")
    return {
        plan.input: ops.convert_to_tensor(raw[plan.input], dtype=DTYPES[plan.kind]) for plan in preprocessor.columns
    }


def _prepare(preprocessor: Preprocessor, taken: list[str]) -> keras.Model:
    """The preprocessing as one nested model: its layers cannot clash with names of columns."""
    if preprocessor.array is not None:
        inner = {ARRAY_INPUT: keras.Input(preprocessor.array.shape, name="raw_0", dtype="float32")}
        prepared = _array(inner[ARRAY_INPUT], preprocessor)
    else:
        inner = {
            plan.input: keras.Input((1,), name=f"raw_{i}", dtype=DTYPES[plan.kind])
            for i, plan in enumerate(preprocessor.columns)
        }
        prepared = _table(inner, preprocessor)
    name = "prepare"
    while name in taken:
        name += "_"
    return keras.Model(list(inner.values()), prepared, name=name)


def _table(raw: Mapping[str, Tensor], preprocessor: Preprocessor) -> Tensor:
    blocks: list[Tensor] = []
    if preprocessor.numbers:
        blocks += _numbers([raw[plan.input] for plan in preprocessor.numbers], preprocessor)
    for boolean in preprocessor.booleans:
        values = raw[boolean.input]
        blocks.append(ops.where(ops.isfinite(values), values, np.array(0.5, np.float32)))
    for date in preprocessor.dates:
        blocks += _date(raw[date.input], date)
    blocks += [_category(raw[plan.input], plan) for plan in preprocessor.categories]
    return ops.concatenate(blocks, axis=1)


def _numbers(columns: list[Tensor], preprocessor: Preprocessor) -> list[Tensor]:
    plans = preprocessor.numbers
    x = ops.concatenate(columns, axis=1)
    present = ops.isfinite(x)
    filled = ops.where(present, x, np.array([[plan.fill for plan in plans]], np.float32))
    blocks = [_scale(filled, preprocessor.scaling)]
    flagged = [i for i, plan in enumerate(plans) if plan.indicator]
    if flagged:
        absent = ops.cast(ops.logical_not(present), "float32")
        blocks.append(ops.take(absent, np.array(flagged, np.int32), axis=1))
    return blocks


def _date(moments: Tensor, plan: DatePlan) -> list[Tensor]:
    absent = ops.equal(moments, np.array(NO_DATE, np.int64))
    filled = ops.where(absent, np.array(plan.fill_s, np.int64), moments)
    day = ops.floor_divide(filled, np.array(DAY_S, np.int64))
    steps = ops.mod(ops.multiply(day, np.array(10_000, np.int64)), np.array(YEAR_STEPS, np.int64))
    weekday = ops.mod(ops.add(day, np.array(3, np.int64)), np.array(7, np.int64))
    phases = [_ratio(steps, YEAR_STEPS), _ratio(weekday, 7)]
    if plan.time_of_day:
        phases.append(_ratio(ops.mod(filled, np.array(DAY_S, np.int64)), DAY_S))
    blocks = [_ratio(ops.subtract(filled, np.array(plan.center_s, np.int64)), plan.width_s)]
    for phase in phases:
        angle = ops.multiply(phase, np.array(2 * math.pi, np.float32))
        blocks += [ops.sin(angle), ops.cos(angle)]
    if plan.indicator:
        blocks.append(ops.cast(absent, "float32"))
    return blocks


def _ratio(whole: Tensor, divisor: float) -> Tensor:
    return ops.divide(ops.cast(whole, "float32"), np.array(divisor, np.float32))


def _category(words: Tensor, plan: CategoryPlan) -> Tensor:
    """One-hot of the vocabulary after one unknown bucket; the layer's own word for it must be no category."""
    unknown = "[UNK]"
    while unknown in plan.vocabulary:
        unknown = f"[{unknown}]"
    lookup = keras.layers.StringLookup(
        vocabulary=list(plan.vocabulary), num_oov_indices=1, oov_token=unknown, output_mode="one_hot"
    )
    return ops.cast(lookup(words), "float32")


def _array(rows: Tensor, preprocessor: Preprocessor) -> Tensor:
    assert preprocessor.array is not None
    x = ops.expand_dims(rows, axis=-1) if preprocessor.array.add_channel else rows
    filled = ops.where(ops.isfinite(x), x, np.array(preprocessor.array.fill, np.float32))
    return _scale(filled, preprocessor.scaling)


def _scale(x: Tensor, scaling: Scaling) -> Tensor:
    if scaling.knots:
        return _curve(x, np.array(scaling.knots, np.float32), np.array(scaling.heights, np.float32))
    centered = ops.subtract(x, np.array(scaling.center, np.float32))
    return ops.divide(centered, np.array(scaling.width, np.float32))


def _curve(x: Tensor, knots: Array, heights: Array) -> Tensor:
    """Piecewise-linear curves of the last axis of `x` (..., d); knots and heights (d, m), padded.

    The segment is found by counting the inner knots that lie at or below x.
    """
    d, m = knots.shape
    last = np.isfinite(knots).sum(axis=1) - 1
    low, high = knots[:, 0], knots[np.arange(d), last]
    inner = np.where(np.arange(m) < last[:, np.newaxis], knots, np.float32(np.finfo(np.float32).max))[:, 1:]
    start = np.where(np.isfinite(knots), knots, 0).astype(np.float32)
    rise = np.where(np.arange(m - 1) < last[:, np.newaxis], np.diff(heights), 0).astype(np.float32)
    run = np.where(np.arange(m - 1) < last[:, np.newaxis], np.diff(start), 1).astype(np.float32)
    clipped = ops.minimum(ops.maximum(x, low), high)
    below = ops.greater_equal(ops.expand_dims(clipped, -1), inner)
    segment = ops.sum(ops.cast(below, "int32"), axis=-1)
    at = ops.add(segment, (np.arange(d) * (m - 1)).astype(np.int32))
    part = ops.divide(ops.subtract(clipped, ops.take(start[:, :-1].ravel(), at)), ops.take(run.ravel(), at))
    return ops.add(ops.take(heights[:, :-1].ravel(), at), ops.multiply(part, ops.take(rise.ravel(), at)))

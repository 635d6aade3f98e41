"""The arithmetic from raw arrays to features, a function a kind of column; float32 throughout.

`models/blocks/raw_inputs.py` repeats each of these as Keras operations: change both or neither.
"""

import math
from collections.abc import Sequence

import numpy as np

from models.data.cells import NO_DATE, Array
from models.data.columns import DAY_S, YEAR_STEPS, CategoryPlan, DatePlan, NumberPlan
from models.data.scaling import Scaling


def number_features(columns: Sequence[Array], plans: Sequence[NumberPlan], scaling: Scaling) -> Array:
    """Scaled numbers (n, n_columns), then a missing flag for each plan with an indicator."""
    x = np.concatenate(columns, axis=1)
    absent = ~np.isfinite(x)
    flagged = [i for i, plan in enumerate(plans) if plan.indicator]
    filled = np.where(absent, np.array([plan.fill for plan in plans], np.float32), x)
    return np.concatenate([scaling.apply(filled), absent[:, flagged].astype(np.float32)], axis=1)


def boolean_features(values: Array) -> Array:
    """1, 0, and 0.5 where missing (n, 1)."""
    return np.where(np.isfinite(values), values, np.float32(0.5))


def date_features(moments: Array, plan: DatePlan) -> Array:
    """Features of one date column (n, 1): standardised time, phases of year, week and day, missing flag."""
    absent = moments == NO_DATE
    filled = np.where(absent, plan.fill_s, moments)
    day = filled // DAY_S
    # 1970-01-01 was a Thursday and weeks begin on Monday: hence the 3
    phases = [
        (day * 10_000 % YEAR_STEPS).astype(np.float32) / np.float32(YEAR_STEPS),
        ((day + 3) % 7).astype(np.float32) / np.float32(7),
    ]
    if plan.time_of_day:
        phases.append((filled % DAY_S).astype(np.float32) / np.float32(DAY_S))
    blocks = [(filled - plan.center_s).astype(np.float32) / np.float32(plan.width_s)]
    for phase in phases:
        angle = phase * np.float32(2 * math.pi)
        blocks += [np.sin(angle), np.cos(angle)]
    if plan.indicator:
        blocks.append(absent.astype(np.float32))
    return np.concatenate(blocks, axis=1)


def category_features(words: Array, plan: CategoryPlan) -> Array:
    """One-hot features (n, 1 + len(vocabulary)) of a category column (n, 1); 0 is the unknown bucket."""
    index = {word: i for i, word in enumerate(plan.vocabulary, start=1)}
    codes = np.fromiter((index.get(word, 0) for word in words[:, 0]), dtype=np.int64, count=len(words))
    out = np.zeros((len(words), 1 + len(plan.vocabulary)), np.float32)
    out[np.arange(len(words)), codes] = 1.0
    return out


def array_features(x: Array, fill: Sequence[float], scaling: Scaling, *, add_channel: bool) -> Array:
    """Scaled array (n, *shape), with `fill` for NaN and infinity along the last axis."""
    if add_channel:
        x = x[..., np.newaxis]
    if x.dtype.kind == "f":
        x = np.where(np.isfinite(x), x, np.array(fill, np.float32))
    return scaling.apply(x)

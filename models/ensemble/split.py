"""Which validation rows the weights are found on, and which judge them. Knows no predictions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.ensemble.candidates import EnsembleError
from models.signature import Task

Places = NDArray[np.intp]

BINS = 10
"""Regression rows are stratified by tenths of the first target."""


def split_rows(y: NDArray[Any], task: Task, *, holdout: float, rng: np.random.Generator) -> tuple[Places, Places]:
    """Places of the rows to weigh on and of the rows to judge on (a share of `holdout`), each ascending.

    Stratified: every class, or tenth of the target, gives the same share up to one row.
    Raises: EnsembleError when either part would be empty.
    """
    if not 0.0 < holdout < 1.0:
        raise EnsembleError(f"holdout is {holdout}; give a share between 0 and 1")
    strata = _tenths(y) if task == "regression" else y
    order = np.lexsort((rng.random(len(y)), strata))
    # row k is for judging when the running total k * holdout passes a whole number: even in every stratum
    passed = np.floor(np.arange(len(y) + 1) * holdout + rng.random())
    judging = np.diff(passed) > 0
    weigh, judge = np.sort(order[~judging]), np.sort(order[judging])
    if not len(weigh) or not len(judge):
        raise EnsembleError(
            f"{len(y)} validation rows cannot be parted into rows to weigh on and rows to judge on "
            f"(holdout {holdout}); give more validation rows, or leave the ensemble out"
        )
    return weigh, judge


def _tenths(y: NDArray[Any]) -> NDArray[np.intp]:
    first = y[:, 0]
    return np.searchsorted(np.quantile(first, np.arange(1, BINS) / BINS), first)

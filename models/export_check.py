"""Whether an exported folder predicts from raw rows what its members predicted when they were trained."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.dataset import Dataset
from models.data.raw import Table
from models.data.sources import load
from models.exported import ExportedModel
from models.spec.data import DataSpec
from spaces.problems import MendableError

TOLERANCE = 1e-5
"""Largest difference allowed: of a probability, or in standard deviations of the target."""

ROWS_CHECKED = 2000
"""The first so many validation rows are predicted again; more would tell no more."""


class ExportError(MendableError):
    """The ensemble was not exported: `problem` says why, `mend` what to do."""


def check_predictions(folder: Path, spec: DataSpec, data: Dataset, stored: NDArray[np.float64]) -> tuple[float, int]:
    """The largest difference between `stored` and what the model in `folder`, loaded anew, makes of the raw
    validation rows; and how many rows were compared.

    spec: where the raw rows are. data: a member's prepared data. stored: the blend of the members'
    predictions (n_validation, n_outputs).
    Raises: ExportError when it is above TOLERANCE, or when the raw rows are not those of the study any more;
    DataError when they cannot be read.
    """
    rows = data.validation.rows[:ROWS_CHECKED]
    exported = ExportedModel(folder)
    raw = exported.preprocessor.raw_columns(_raw_rows(spec, rows))
    _check_same_data(spec, data, exported.preprocessor.features(raw))
    made = exported.outputs(raw)
    scale = np.asarray(data.signature.target_std or (1.0,))
    apart = np.abs(made - stored[: len(rows)]) / scale
    worst = int(np.argmax(np.max(apart, axis=1)))
    difference = float(np.max(apart))
    if not difference <= TOLERANCE:  # NaN too
        raise ExportError(
            f"the exported model predicts {made[worst].tolist()} for validation row {worst + 1}, its members "
            f"predicted {stored[worst].tolist()}: {difference:.2g} apart, where {TOLERANCE:g} is allowed",
            "train and export on the same kind of device with the same versions, or report this as a fault",
        )
    return difference, len(rows)


def _raw_rows(spec: DataSpec, rows: NDArray[np.int64]) -> Any:
    raw = load(spec)
    available = len(raw.given)
    if np.max(rows) >= available:
        raise _changed(spec, f"it has {available} rows, and row {int(np.max(rows)) + 1} was a validation row")
    return raw.frame.iloc[rows] if isinstance(raw, Table) else raw.x[rows]


def _check_same_data(spec: DataSpec, data: Dataset, prepared: NDArray[np.float32]) -> None:
    expected = np.asarray(data.validation.x[: len(prepared)])
    if not np.allclose(prepared, expected, rtol=1e-5, atol=1e-5):
        row = int(np.argmax(np.abs(prepared - expected).reshape(len(prepared), -1).max(axis=1)))
        raise _changed(spec, f"validation row {row + 1} is another than the study was trained with")


def _changed(spec: DataSpec, how: str) -> ExportError:
    return ExportError(
        f"`{spec.source}` has changed since the study: {how}",
        "put the data of the study back (the exported model is checked on its raw rows)",
    )

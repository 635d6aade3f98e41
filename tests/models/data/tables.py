"""Small raw data and real data sets for the tests of this folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.data.fitting import fit_preprocessor
from models.data.preprocessor import Preprocessor
from models.data.sources import load
from models.spec.data import DataSpec

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"

ADULT_NAMES = (
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation"),
    *("relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country"),
    "income",
)


def real(name: str) -> str:
    """The folder of a real data set; skips the test where it is absent."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the data set {name} is not at ../shared/data/{name}")
    return str(folder)


def spec(**fields: Any) -> DataSpec:
    """A data spec as a study file would give it."""
    return DataSpec.model_validate(fields)


def written(folder: Path, frame: pd.DataFrame, name: str = "rows.csv", **how: Any) -> str:
    """`frame` as a CSV file in `folder`; returns the file's name."""
    frame.to_csv(folder / name, index=False, **how)
    return name


def people(n: int = 60, *, seed: int = 0) -> pd.DataFrame:
    """A table with every kind of column, missing cells in each, and a class `bought`."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 12, n).round(1),
            "visits": rng.integers(0, 9, n),
            "town": rng.choice(["Bonn", "Ulm", "Trier"], n, p=[0.5, 0.3, 0.2]),
            "member": rng.choice([True, False], n),
            "since": pd.Timestamp("1999-12-31") + pd.to_timedelta(rng.integers(0, 9000, n), unit="D"),
            "bought": rng.choice(["yes", "no"], n),
        }
    )
    frame = frame.astype({"member": object})
    for i, column in enumerate(["age", "town", "member", "since"]):
        frame.loc[[5 * i + 1, 5 * i + 2], column] = None
    return frame


def fitted(folder: Path, frame: pd.DataFrame, **fields: Any) -> Preprocessor:
    """The preprocessor of a CSV file that holds `frame`, fitted on all of its rows."""
    data = spec(source=written(folder, frame), folder=str(folder), **fields)
    return fit_preprocessor(load(data), np.arange(len(frame)), data)[0]

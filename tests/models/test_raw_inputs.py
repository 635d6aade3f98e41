"""The preprocessing as a Keras graph: the same numbers, also where this project is not installed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras import ops

from models.blocks.raw_inputs import raw_input_graph, raw_tensors
from models.data.assemble import assemble
from models.data.fitting import fit_preprocessor
from models.data.preprocessor import Preprocessor
from models.spec.data import DataSpec

SCALINGS = ["standard", "minmax", "robust", "quantile", "none"]


def table(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "price/m²": np.exp(rng.normal(0, 2, n)),
            "rooms": rng.integers(1, 9, n).astype(float),
            "prepare": np.where(rng.random(n) < 0.9, 0.0, rng.random(n)),
            "garden": rng.choice([True, False], n).astype(object),
            "sold": pd.Timestamp("1960-01-01") + pd.to_timedelta(rng.integers(0, 2_000_000_000, n), unit="s"),
            "where": rng.choice(["[UNK]", "Bonn", "Köln"], n),
            "y": rng.choice(["a", "b"], n),
        }
    )
    for i, name in enumerate(frame.columns[:-1]):
        frame.loc[3 * i, name] = None
    return frame


def new_rows() -> pd.DataFrame:
    """Rows with what training rows had not: other categories, far values, a row of missing cells."""
    frame = table()
    frame.loc[7, "where"] = "Atlantis"
    frame.loc[8, "rooms"] = -1e6
    frame.loc[9, "sold"] = pd.Timestamp("1931-02-03 04:05:06")
    return pd.concat([frame, frame.iloc[[0]].map(lambda _: None)], ignore_index=True)


def fitted(source: Any, **fields: Any) -> Preprocessor:
    spec = DataSpec.model_validate({"source": "unread.csv", "target": "y", **fields})
    raw = assemble(source, spec, origin="unread.csv")
    return fit_preprocessor(raw, np.arange(len(raw.given)), spec)[0]


def graph(preprocessor: Preprocessor) -> keras.Model:
    inputs, prepared = raw_input_graph(preprocessor)
    return keras.Model(inputs, prepared)


def difference(preprocessor: Preprocessor, rows: Any) -> float:
    made = ops.convert_to_numpy(graph(preprocessor)(raw_tensors(preprocessor, rows)))
    assert made.dtype == np.float32
    return float(np.abs(made - preprocessor.transform(rows)).max())


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_table_is_prepared_as_by_the_preprocessor(scaling: str) -> None:
    assert difference(fitted(table(), scaling=scaling), new_rows()) < 1e-5


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("shape", [(7,), (6, 5), (6, 5, 3)])
def test_an_array_is_prepared_as_by_the_preprocessor(scaling: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(3, 2, (50, *shape))
    x[3, 0] = np.nan
    assert difference(fitted((x, np.arange(50) % 2), scaling=scaling), x) < 1e-5


def test_bytes_are_taken_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 6, 5), dtype=np.uint8)
    preprocessor = fitted((images, np.arange(20) % 2), scaling="minmax")
    made = graph(preprocessor).predict(images, verbose=0)
    assert np.abs(made - preprocessor.transform(images)).max() < 1e-6


def test_predict_takes_raw_tensors() -> None:
    preprocessor = fitted(table())
    made = graph(preprocessor).predict(raw_tensors(preprocessor, new_rows()), batch_size=64, verbose=0)
    assert np.abs(made - preprocessor.transform(new_rows())).max() < 1e-5


def test_inputs_are_named_after_the_columns() -> None:
    inputs, _ = raw_input_graph(fitted(table()))
    assert list(inputs) == ["price_m_", "rooms", "prepare", "garden", "sold", "where"]


ALONE = """
import sys
import keras, numpy as np, tensorflow as tf
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
assert not any(name.split(".")[0] in ("models", "spaces") for name in sys.modules)
raw = np.load(sys.argv[2])
x = {name: tf.convert_to_tensor(raw[name]) for name in raw.files}
np.save(sys.argv[3], model.predict(x, verbose=0))
"""


@pytest.mark.slow
@pytest.mark.parametrize("scaling", ["standard", "quantile"])
def test_a_saved_model_loads_without_this_project_in_safe_mode(tmp_path: Path, scaling: str) -> None:
    preprocessor = fitted(table(), scaling=scaling)
    inputs, prepared = raw_input_graph(preprocessor)
    keras.Model(inputs, keras.layers.Identity()(prepared)).save(tmp_path / "model.keras")
    raw = preprocessor.raw_columns(new_rows())
    np.savez(tmp_path / "raw.npz", **{k: v.astype(str) if v.dtype == object else v for k, v in raw.items()})
    names = [str(tmp_path / name) for name in ("model.keras", "raw.npz", "out.npy")]
    subprocess.run([sys.executable, "-I", "-c", ALONE, *names], cwd=tmp_path, check=True)
    assert np.abs(np.load(names[2]) - preprocessor.transform(new_rows())).max() < 1e-5

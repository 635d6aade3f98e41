"""An exported folder in use: a frame or an array of raw rows in, a frame of predictions out.

It travels with the export (`models/standalone.py`), so it may import only numpy, pandas, Keras on use, and
what reads raw rows.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.data.cells import Array
from models.data.preprocessor import Preprocessor
from models.quiet import quiet_stderr

MODEL, MANIFEST, PREPROCESSOR = "model.keras", "manifest.json", "preprocessor.json"

BATCH_ROWS = 1024


class ExportedModel:
    """Predictions of the model in `folder`, which holds model.keras, manifest.json and preprocessor.json.

    Keras is loaded with the first rows that can be read. Not for several threads at once.
    Raises: OSError or ValueError when the folder cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        self.preprocessor = Preprocessor.loads((folder / PREPROCESSOR).read_text(encoding="utf-8"))
        self._call: Any = None

    def predict(self, rows: pd.DataFrame | Array) -> pd.DataFrame:
        """Classification: `prediction` (the most probable class) and `probability <class>` for every class.
        Regression: one column a target, by its name. In the order of the rows.

        rows: the columns of the training data (others are left alone; targets need not be there), or an
        array.
        Raises: DataError for a missing column, or a cell that cannot be read.
        """
        raw = self.preprocessor.raw_columns(rows)
        return prediction_table(self.outputs(raw), self.manifest)

    def outputs(self, raw: Mapping[str, Array]) -> Array:
        """Outputs (n_rows, n_outputs), float32, of what `Preprocessor.raw_columns` gave."""
        with quiet_stderr():
            import keras
            import tensorflow as tf

        if self._call is None:
            model = keras.saving.load_model(self._folder / MODEL, compile=False, safe_mode=True)
            self._call = tf.function(lambda inputs: model(inputs, training=False), reduce_retracing=True)
        array = self.manifest["array_input"]
        made = [np.empty((0, self.manifest["n_outputs"]), np.float32)]
        for batch in _batches(raw):
            tensors = {name: tf.convert_to_tensor(rows) for name, rows in batch.items()}
            made.append(self._call(tensors[array] if array else tensors).numpy())
        return np.concatenate(made)


def _batches(raw: Mapping[str, Array]) -> Iterator[dict[str, Array]]:
    n_rows = len(next(iter(raw.values())))
    for start in range(0, n_rows, BATCH_ROWS):
        batch = {name: rows[start : start + BATCH_ROWS] for name, rows in raw.items()}
        yield {name: rows.astype(np.float32) if rows.dtype == np.uint8 else rows for name, rows in batch.items()}


def prediction_table(outputs: Array, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Outputs (n_rows, n_outputs) under the names of classes or targets."""
    if manifest["task"] == "regression":
        return pd.DataFrame(outputs, columns=list(manifest["targets"]))
    classes = manifest["classes"]
    if manifest["task"] == "binary":
        outputs = np.concatenate([1.0 - outputs, outputs], axis=1)
        codes = (outputs[:, 1] > 0.5).astype(int)  # as accuracy counts
    else:
        codes = outputs.argmax(axis=1)
    columns = {f"probability {label}": outputs[:, k] for k, label in enumerate(classes)}
    return pd.DataFrame({"prediction": pd.Series([classes[code] for code in codes])} | columns)

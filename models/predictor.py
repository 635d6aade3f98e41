"""Predictions for a file of raw rows by an exported folder. Knows no study."""

from pathlib import Path

import pandas as pd

from models.data.errors import DataError
from models.data.files import read_rows
from models.exported import MANIFEST, MODEL, PREPROCESSOR, ExportedModel
from models.files import checksum


class Predictor:
    """An opened export; use `Predictor.open`."""

    def __init__(self, model: ExportedModel) -> None:
        self._model = model

    @classmethod
    def open(cls, folder: Path) -> "Predictor":
        """The export in `folder`; the network itself is loaded with the first rows that can be read.

        Raises: DataError when the folder is no export, or a file of it is damaged.
        """
        absent = [name for name in (MANIFEST, PREPROCESSOR, MODEL) if not (folder / name).is_file()]
        if absent:
            raise DataError(
                f"`{folder}` is no exported model: {absent[0]} is not there",
                "name the folder that `python -m search export <study> --to <folder>` wrote",
            )
        try:
            model = ExportedModel(folder)
            checksums = model.manifest["files"]
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, f"{MANIFEST} or {PREPROCESSOR} cannot be read ({error})") from error
        for name, expected in checksums.items():
            if checksum(folder / name) != expected:
                raise _damaged(folder, f"the checksum of {name} is not the one in {MANIFEST}")
        return cls(model)

    def predict(self, path: Path) -> pd.DataFrame:
        """Predictions for the rows of a CSV, Parquet, npz or npy file, in their order.

        Columns: see `ExportedModel.predict`. The file is spelled as the training file was (separator, names,
        words for missing); further columns are left alone.
        Raises: DataError for a file, column or cell that cannot be read.
        """
        return self._model.predict(read_rows(path, self._model.preprocessor))


def _damaged(folder: Path, why: str) -> DataError:
    return DataError(f"`{folder}` is damaged: {why}", "export the study again")

"""The MLflow model of an exported ensemble, as a script that MLflow stores and runs (models from code).

It runs where this project is not installed: it may import only MLflow, pandas and the package that the export
wrote.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd


class Ensemble(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Raw rows in, predictions out: the columns of both are those of `python -m search predict`."""

    def load_context(self, context: Any) -> None:
        """Open the stored files; Keras is loaded with the first rows."""
        folder = Path(context.artifacts["model"]).parent
        package = context.model_config["package"]
        self._model = import_module(f"{package}.models.exported").ExportedModel(folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Predictions in the order of the rows. Array data take an array too: MLflow lets it pass."""
        return self._model.predict(model_input)


mlflow.models.set_model(Ensemble())

"""An exported ensemble as an MLflow pyfunc model on disk, which loads without this project."""

import logging
import os
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow

SCRIPT = Path(__file__).with_name("pyfunc_script.py")


def save_pyfunc(to: Path, *, files: Sequence[Path], package: Path, requirements: Sequence[str]) -> Path:
    """Write an MLflow model in the folder `to`, in the place of what was there; returns `to`.

    files: what the export wrote, `model.keras` among them. package: the exported package that reads raw rows.
    requirements: pip requirements; stated, because MLflow would otherwise run the model for 20 s to find
    them.
    """
    unfinished = to.with_name(f".{to.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    # the model has no signature, so that gaps and odd cells reach its own reader; MLflow warns of that
    logging.getLogger("mlflow.pyfunc").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # MLflow warns of its own type hints when its pyfunc module is first imported
        warnings.filterwarnings("ignore", message=".*type hint", category=UserWarning)
        mlflow.pyfunc.save_model(
            path=str(unfinished),
            python_model=str(SCRIPT),
            artifacts={file.stem: str(file) for file in files},
            code_paths=[str(package)],
            model_config={"package": package.name},
            pip_requirements=list(requirements),
        )
    shutil.rmtree(to, ignore_errors=True)
    unfinished.rename(to)
    return to

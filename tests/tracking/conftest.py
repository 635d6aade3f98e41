"""The address of an MLflow store."""

from pathlib import Path

import pytest


@pytest.fixture
def uri(working_directory: Path) -> str:
    return f"sqlite:///{working_directory}/mlflow.db"

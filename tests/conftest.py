"""MLflow stores that cost no second to make, and one thread for numpy, as in a study."""

import os

# before numpy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database with its tables and nothing in them."""
    from tracking.mlflow_address import address
    from tracking.mlflow_store import open_client

    folder = tmp_path_factory.mktemp("store")
    open_client(address("sqlite:///made.db", working_directory=folder))
    with (
        closing(sqlite3.connect(folder / "made.db")) as made,
        closing(sqlite3.connect(folder / "empty.db")) as copy,
    ):
        made.backup(copy)
    return folder / "empty.db"


@pytest.fixture
def working_directory(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with an empty `mlflow.db`."""
    (tmp_path / "mlflow.db").write_bytes(empty_store.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path

"""How an MLflow store is opened and what its errors mean: away, or refused for good. Knows no study."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests
from mlflow import MlflowClient
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException
from mlflow.store.db import utils as mlflow_databases

from tracking.mlflow_address import Address
from tracking.mlflow_names import allowed
from tracking.sink import RefusedError, SinkAwayError

_FINAL = frozenset(
    {
        "ALREADY_EXISTS",
        "BAD_REQUEST",
        "INVALID_PARAMETER_VALUE",
        "INVALID_STATE",
        "NOT_FOUND",
        "RESOURCE_ALREADY_EXISTS",
        "RESOURCE_DOES_NOT_EXIST",
    }
)
"""Errors that come again however often the same thing is sent."""


def open_client(place: Address) -> MlflowClient:
    """A client of the store, which is made if it is a file that is not there. Raises SinkAwayError."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # the first creation says dozens of INFO lines
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # the first plot on a machine says it seeks fonts
    logging.getLogger("mlflow.store.db").setLevel(logging.CRITICAL)  # tracebacks of what is told as one sentence
    mlflow_databases.MAX_RETRY_COUNT = 2  # a database that is away costs 102 s with MLflow's own 10
    try:
        if place.file is not None:
            place.file.parent.mkdir(parents=True, exist_ok=True)
            _write_ahead(place.file)
        with answers(place):
            client = MlflowClient(tracking_uri=place.uri)
            client.search_experiments(max_results=1)  # opens the store
    except RefusedError as error:
        raise SinkAwayError(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise SinkAwayError(f"{place} cannot be opened ({error})") from error
    return client


def experiment(client: MlflowClient, name: str, *, artifacts: Path | None) -> str:
    """The id of the experiment `name`, made if need be; a deleted one of that name is restored.

    artifacts: the folder for files of a store without a server; a full path, wherever the UI starts.
    """
    known: Experiment | None = client.get_experiment_by_name(name)
    if known is None:
        location = (artifacts / allowed(name).replace("/", "_")).as_uri() if artifacts is not None else None
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException:
            known = client.get_experiment_by_name(name)  # another study made it just now
            if known is None:
                raise
    if known.lifecycle_stage == "deleted":
        client.restore_experiment(known.experiment_id)
    return str(known.experiment_id)


def analyze(file: Path) -> None:
    """Lets SQLite count its tables: sorted queries on many runs are up to 50 times faster."""
    try:
        with closing(sqlite3.connect(file, timeout=2)) as database:
            database.execute("ANALYZE")
    except sqlite3.Error:
        return  # it is only slower without


@contextmanager
def answers(place: Address) -> Iterator[None]:
    """Turns what MLflow raises into SinkAwayError or RefusedError, with one line of text."""
    try:
        yield
    except MlflowException as error:
        text = _first_line(error)
        if error.error_code in _FINAL:
            raise RefusedError(text) from error
        raise SinkAwayError(f"{place} does not answer ({text})") from error
    except (requests.RequestException, ConnectionError, TimeoutError, sqlite3.Error) as error:
        raise SinkAwayError(f"{place} does not answer ({_first_line(error)})") from error


def _write_ahead(file: Path) -> None:
    """SQLite's write-ahead log, once for the file: readers do not wait, a trial costs 44 ms, not 116."""
    with closing(sqlite3.connect(file, timeout=20)) as database:
        mode = database.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            database.execute("PRAGMA journal_mode=WAL")


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return text if len(text) <= 200 else text[:199] + "…"

"""Opening the database of a record, and using it while it may be locked, away, full or damaged. Knows no trial."""

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from sqlalchemy.orm import Session

from models.objective import Aim, Direction
from spaces.problems import MendableError

T = TypeVar("T")

_TRIES = 6
_METRIC_NAMES = "study:metric_names"


class RecordError(MendableError):
    """The stored study cannot be read or written; the message says what to do about it."""


class Store:
    """One study in a database, used in transactions."""

    def __init__(self, storage: RDBStorage, study_id: int) -> None:
        self._storage = storage
        self.study_id = study_id

    @classmethod
    def open(cls, url: str, *, study: str, direction: Direction, aims: Sequence[Aim] = ()) -> "Store":
        """Opens the study `study` at `url`, or begins it; `aims` are its several objectives, if it has several.

        Raises RecordError for a damaged or unreachable store.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        path = sqlite_path(url)
        if path is not None:
            _refuse_damaged(path)
        try:
            storage = RDBStorage(url, engine_kwargs=_engine_options(path))
            if path is not None:
                _write_ahead(storage)
            stored = optuna.create_study(
                storage=storage,
                study_name=study,
                directions=[_word(aim.direction) for aim in aims] or [_word(direction)],
                load_if_exists=True,
            )
            if aims and _METRIC_NAMES not in storage.get_study_system_attrs(stored._study_id):
                # what `Study.set_metric_names` stores, which warns that it is experimental
                storage.set_study_system_attr(stored._study_id, _METRIC_NAMES, [aim.name for aim in aims])
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
            raise RecordError(_sentence(url, error)) from error
        return cls(storage, stored._study_id)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite record."""
        return sqlite_path(str(self._storage.url))

    def run(self, action: Callable[[Session], T]) -> T:
        """The result of `action` in one transaction, tried again while the database is locked or away.

        Raises: RecordError when it stays so.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(action)
            except sqlalchemy.exc.DBAPIError as error:
                if attempt == _TRIES or not _may_pass(error):
                    raise RecordError(_sentence(str(self._storage.url), error)) from error
                self._storage.remove_session()
                time.sleep(0.1 * 2**attempt)
        raise AssertionError("the loop returns or raises")

    def close(self) -> None:
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _once(self, action: Callable[[Session], T]) -> T:
        session = self._storage.scoped_session()
        try:
            result = action(session)
            session.commit()
            return result
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()


def _word(direction: Direction) -> str:
    return "maximize" if direction is Direction.MAXIMIZE else "minimize"


def backup_path(path: Path) -> Path:
    return path.with_suffix(".backup.db")


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL; None for other databases."""
    parsed = sqlalchemy.engine.make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _may_pass(error: sqlalchemy.exc.DBAPIError) -> bool:
    """Whether another try may do: locked, away, or a lost connection."""
    return isinstance(error, sqlalchemy.exc.OperationalError) or error.connection_invalidated


def _engine_options(path: Path | None) -> dict[str, Any]:
    return {"connect_args": {"timeout": 30}} if path is not None else {"pool_pre_ping": True}


def _write_ahead(storage: RDBStorage) -> None:
    """One fsync a checkpoint instead of one a commit: 186 ms a trial on disk instead of 783."""

    def sync_less(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    sqlalchemy.event.listen(storage.engine, "connect", sync_less)
    with storage.engine.connect() as connection:
        connection.execute(sqlalchemy.text("PRAGMA journal_mode=WAL"))
    storage.engine.dispose()


def _refuse_damaged(path: Path) -> None:
    """Raises RecordError for a file that is no whole database; an absent file is a new study."""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordError(f"{path.parent} cannot be made ({error.strerror}); choose another `folder`") from error
        return
    backup = backup_path(path)
    mend = f"put the backup {backup} in its place" if backup.exists() else "move it away to begin the study anew"
    unmerged = path.with_name(f"{path.name}-wal")
    if unmerged.exists():  # what a killed process had not merged yet: SQLite would write it into whatever lies there
        mend += f", and delete {unmerged}"
    if path.stat().st_size == 0:
        raise RecordError(f"{path} is empty, it was a study's record; {mend}")
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("PRAGMA quick_check(1)").fetchone()
        problem = "" if row == ("ok",) else " ".join(str(row[0]).split())
    except sqlite3.DatabaseError as error:
        problem = str(error)
    finally:
        connection.close()
    if problem:
        raise RecordError(f"{path} is damaged ({problem}); {mend}")


def _sentence(url: str, error: BaseException) -> str:
    shown = sqlalchemy.engine.make_url(url).render_as_string(hide_password=True)
    causes = [str(e) for e in (error.__cause__, error) if e is not None and str(e)]
    text = (causes[0] if causes else type(error).__name__).splitlines()[0]
    path = sqlite_path(url)
    if path is not None and path.parent.exists() and shutil.disk_usage(path.parent).free < 1 << 20:
        return f"the record {shown} cannot be written: the disk is full; free some space and run again"
    if "locked" in text:
        return f"the record {shown} is locked by another process; end it and run again"
    return f"the record {shown} cannot be used: {text}; check that it can be reached and written, then run again"

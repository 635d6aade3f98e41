"""The record: the stored study, as an Optuna study in any Optuna storage. The coordinator is its only writer.

optuna-dashboard and Optuna's own plots read it as it is. It proposes nothing and decides nothing.
"""

import logging
import math
import shutil
import sqlite3
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import optuna
import sqlalchemy
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from models.objective import Direction
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState
from spaces.domains import Categories, Domain, FloatRange, IntRange
from spaces.problems import MendableError
from spaces.space import Space

T = TypeVar("T")

_TRIES = 6
_STATES = {
    TrialState.COMPLETE: OptunaState.COMPLETE,
    TrialState.PRUNED: OptunaState.PRUNED,
    TrialState.FAILED: OptunaState.FAIL,
}
_STATES_BACK = {optuna_state: state for state, optuna_state in _STATES.items()}
_SECONDS = "search:seconds"
_ENOUGH_TO_EXPLAIN = 10


class RecordError(MendableError):
    """The stored study cannot be read or written; the message says what to do about it."""


class Record:
    """One stored study. Trial numbers are the storage's own and are given out in order by the coordinator."""

    def __init__(self, storage: RDBStorage, study: optuna.Study, space: Space) -> None:
        self._storage = storage
        self._study = study
        self._distributions = {d.name: distribution(d.domain) for d in space.dimensions}
        self._ids = {t.number: t._trial_id for t in study.get_trials(deepcopy=False)}

    @classmethod
    def open(cls, url: str, *, study: str, direction: Direction, space: Space) -> "Record":
        """Opens the study `study` at `url`, or begins it. Raises RecordError for a damaged or unreachable store."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        path = _sqlite_path(url)
        if path is not None:
            _refuse_damaged(path)
        try:
            storage = RDBStorage(url, engine_kwargs=_engine_options(path))
            if path is not None:
                _write_ahead(storage)
            stored = optuna.create_study(
                storage=storage,
                study_name=study,
                direction="maximize" if direction is Direction.MAXIMIZE else "minimize",
                load_if_exists=True,
            )
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
            raise RecordError(_sentence(url, error)) from error
        return cls(storage, stored, space)

    @property
    def next_number(self) -> int:
        return len(self._ids)

    def start(self, suggestion: Suggestion, *, seed: int) -> None:
        """Stores a new trial as running, with its active parameters."""
        attributes = {"epochs_planned": suggestion.epochs, "seed": seed, "source": suggestion.source}
        template = optuna.trial.create_trial(
            state=OptunaState.RUNNING,
            params=dict(suggestion.params),
            distributions={name: self._distributions[name] for name in suggestion.params},
            user_attrs=attributes,
            system_attrs=dict(suggestion.state),
        )
        trial_id = self._try(lambda: self._storage.create_new_trial(self._study._study_id, template))
        number = self._storage.get_trial_number_from_id(trial_id)
        if number != suggestion.number:
            raise RecordError(
                f"trial {suggestion.number} was stored as trial {number}: another process writes this study; "
                "stop it, then run again"
            )
        self._ids[number] = trial_id

    def report(self, number: int, *, epoch: int, value: float) -> None:
        """Stores the objective's metric after `epoch`; said again, the new value takes its place."""
        self._try(lambda: self._storage.set_trial_intermediate_value(self._ids[number], epoch, value))

    def finish(self, number: int, outcome: Outcome) -> None:
        """Stores the outcome and closes the trial; its objective is kept also when it was pruned."""
        trial_id = self._ids[number]
        attributes: dict[str, Any] = {
            "cause": outcome.cause.value,
            "reason": outcome.reason,
            "best_epoch": outcome.best_epoch,
            "epochs": outcome.epochs,
            "seconds": round(outcome.seconds, 3),
            "metrics": {k: float(v) for k, v in outcome.metrics.items()},
        }
        if outcome.traceback:
            attributes["traceback"] = outcome.traceback
        for key, value in attributes.items():
            self._try(lambda k=key, v=value: self._storage.set_trial_user_attr(trial_id, k, v))  # type: ignore[misc]
        value = outcome.objective
        known = value is not None and math.isfinite(value) and outcome.state is not TrialState.FAILED
        values = [float(value)] if known and value is not None else None
        self._try(lambda: self._storage.set_trial_state_values(trial_id, _STATES[outcome.state], values=values))

    def trials(self) -> tuple[RecordedTrial, ...]:
        """All trials in the order of their numbers; those without an outcome may still go on."""
        return tuple(_recorded(t) for t in self._try(lambda: self._study.get_trials(deepcopy=False)))

    @property
    def seconds(self) -> float:
        """Seconds that the study has been run for, over all processes."""
        return float(self._study.user_attrs.get(_SECONDS, 0.0))

    def set_seconds(self, seconds: float) -> None:
        self._try(lambda: self._study.set_user_attr(_SECONDS, round(seconds, 3)))

    def importances(self) -> Mapping[str, float]:
        """Share of the objective's variation that each parameter explains; empty under ten complete trials.

        Source: PED-ANOVA (Watanabe, Bansal and Hutter 2023), as Optuna has it.
        """
        done = [t for t in self._study.get_trials(deepcopy=False) if t.state is OptunaState.COMPLETE]
        if len(done) < _ENOUGH_TO_EXPLAIN:
            return {}
        try:
            with warnings.catch_warnings():
                # a parameter that few trials have is said to be inaccurate, and then has a small share anyway
                warnings.filterwarnings("ignore", message="Some regimes for parameter", category=UserWarning)
                found = optuna.importance.get_param_importances(
                    self._study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
                )
        except (ValueError, RuntimeError):
            # Optuna refuses when no parameter is shared by all finished trials or when all objectives are equal
            return {}
        return {name: float(share) for name, share in found.items()}

    def back_up(self) -> None:
        """Copies a SQLite record beside itself, so that a damaged file can be replaced; other stores have their own."""
        path = _sqlite_path(str(self._storage.url))
        if path is None:
            return
        copy = path.with_suffix(".db.tmp")
        with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        copy.replace(backup_path(path))

    def close(self) -> None:
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _try(self, action: Callable[[], T]) -> T:
        """The result of a storage call, tried again while the database is locked or away."""
        for attempt in range(1, _TRIES + 1):
            try:
                return action()
            except (
                optuna.exceptions.StorageInternalError,
                sqlalchemy.exc.OperationalError,
                UnboundLocalError,
            ) as error:
                # Optuna hides a lost PostgreSQL connection behind UnboundLocalError in its session handling
                if attempt == _TRIES:
                    raise RecordError(_sentence(str(self._storage.url), error)) from error
                self._storage.remove_session()
                time.sleep(0.1 * 2**attempt)
        raise AssertionError("the loop returns or raises")


def distribution(domain: Domain) -> BaseDistribution:
    """The Optuna distribution that holds the values of `domain`."""
    if isinstance(domain, IntRange):
        return IntDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    if isinstance(domain, FloatRange):
        return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    assert isinstance(domain, Categories)
    return CategoricalDistribution(domain.choices)


def backup_path(path: Path) -> Path:
    return path.with_suffix(".backup.db")


def _recorded(trial: FrozenTrial) -> RecordedTrial:
    attributes = trial.user_attrs
    suggestion = Suggestion(
        number=trial.number,
        params=dict(trial.params),
        epochs=int(attributes.get("epochs_planned", 0)),
        source=str(attributes.get("source", "")),
        state=dict(trial.system_attrs),
    )
    steps = sorted(trial.intermediate_values)
    values = [trial.intermediate_values[step] for step in steps]
    state = _STATES_BACK.get(trial.state)
    if state is None:
        return RecordedTrial(suggestion, values, None)
    outcome = Outcome(
        state=state,
        cause=Cause(attributes.get("cause", Cause.FINISHED.value)),
        reason=str(attributes.get("reason", "")),
        objective=trial.values[0] if trial.values else None,
        best_epoch=int(attributes.get("best_epoch", 0)),
        epochs=int(attributes.get("epochs", len(values))),
        seconds=float(attributes.get("seconds", 0.0)),
        metrics=dict(attributes.get("metrics", {})),
        traceback=str(attributes.get("traceback", "")),
    )
    return RecordedTrial(suggestion, values, outcome, seconds=outcome.seconds)


def _sqlite_path(url: str) -> Path | None:
    parsed = sqlalchemy.engine.make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


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
    path = _sqlite_path(url)
    if path is not None and path.parent.exists() and shutil.disk_usage(path.parent).free < 1 << 20:
        return f"the record {shown} cannot be written: the disk is full; free some space and run again"
    if "locked" in text:
        return f"the record {shown} is locked by another process; end it and run again"
    return f"the record {shown} cannot be used: {text}; check that it can be reached and written, then run again"

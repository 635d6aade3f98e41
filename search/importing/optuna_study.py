"""A study in a storage of Optuna's, opened without making or changing a table."""

import logging
import sqlite3
from collections import Counter
from contextlib import closing

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from models.objective import Direction
from search.importing.source import FAILED, NO_OBJECTIVE, NOT_FINISHED, Source, SourceError, SourceTrial, plain
from search.record_store import sqlite_path
from spaces.problems import did_you_mean

_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def read_url(written: str, *, metric: str) -> Source:
    """The finished trials of the study at `URL` or `URL:study`; pruned ones count with what they had reached.

    metric: the objective to take of a study that has several. Raises: SourceError.
    """
    url, name = _parts(written)
    try:
        parsed = sqlalchemy.engine.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise SourceError(f"`{url}` is no storage of Optuna's", "write it as sqlite:///file.db") from None
    shown = parsed.render_as_string(hide_password=True)
    _refuse_other_files(url, shown)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        storage = RDBStorage(url, skip_table_creation=True)
        try:
            known = {study.study_name: study._study_id for study in storage.get_all_studies()}
            chosen = _chosen(name, known, shown)
            study = optuna.load_study(study_name=chosen, storage=storage)
            return _source(study, shown, metric)
        finally:
            storage.remove_session()
            storage.engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, ImportError) as error:
        text = str(error).strip().partition("\n")[0]
        raise SourceError(
            f"{shown} cannot be read ({text})", "check the URL, and that Optuna's own tools open it"
        ) from error


def _parts(written: str) -> tuple[str, str | None]:
    """The URL and the name of the study, if one is given after the last part of the path."""
    place = written.rfind("/")
    head, colon, name = written[place:].partition(":")
    return written[:place] + head, name if colon and name else None


def _refuse_other_files(url: str, shown: str) -> None:
    """Raises SourceError for a SQLite file that is not there, or that holds no studies of Optuna's."""
    path = sqlite_path(url)
    if path is None:
        return
    if not path.is_file():
        raise SourceError(f"there is no file {path}", "check the URL; four slashes begin a full path")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise SourceError(f"{path} cannot be read ({error})", "name a SQLite file") from error
    if not {"studies", "trials", "trial_params"} <= tables:
        mend = "for an MLflow store write mlflow:EXPERIMENT and --tracking-uri" if "experiments" in tables else ""
        raise SourceError(f"{shown} holds no studies of Optuna's", mend or "check the URL")


def _chosen(name: str | None, known: dict[str, int], shown: str) -> str:
    if name is None and len(known) == 1:
        return next(iter(known))
    if name is None:
        mend = f"add one to the URL, as in {shown}:{min(known)}" if known else "check the URL"
        raise SourceError(f"{shown} has {len(known)} studies: {', '.join(sorted(known)) or 'none'}", mend)
    if name not in known:
        raise SourceError(f"{shown} has no study `{name}`", did_you_mean(name, known))
    return name


def _source(study: optuna.Study, shown: str, metric: str) -> Source:
    place, name = _objective(study, metric)
    left_out: Counter[str] = Counter()
    trials: list[SourceTrial] = []
    for trial in study.get_trials(deepcopy=False):
        read = _trial(trial, place, name) if trial.state in _ENDED else None
        if read is not None:
            trials.append(read)
        elif trial.state in _ENDED:
            left_out[NO_OBJECTIVE] += 1
        else:
            left_out[FAILED if trial.state is TrialState.FAIL else NOT_FINISHED] += 1
    maximizes = study.directions[place] is optuna.study.StudyDirection.MAXIMIZE
    return Source(
        f"the Optuna study {study.study_name} of {shown}",
        tuple(trials),
        score_name=name or "its value",
        direction=Direction.MAXIMIZE if maximizes else Direction.MINIMIZE,
        left_out=left_out,
    )


def _objective(study: optuna.Study, metric: str) -> tuple[int, str | None]:
    """The place and the name of the objective to take. Raises: SourceError when there are several others."""
    names = study.metric_names
    if names and metric in names:
        return names.index(metric), metric
    if len(study.directions) > 1:
        named = f": {', '.join(names)}" if names else ""
        raise SourceError(
            f"the Optuna study {study.study_name} has {len(study.directions)} objectives{named}, and none is {metric}",
            "name them with study.set_metric_names, or take another study",
        )
    return 0, names[0] if names else None


def _trial(trial: FrozenTrial, place: int, name: str | None) -> SourceTrial | None:
    """A finished trial; None when it has no objective."""
    steps = dict(sorted(trial.intermediate_values.items()))
    values = trial.values
    if values is None and steps:
        values = [list(steps.values())[-1]]
    if values is None or place >= len(values):
        return None
    score = float(values[place])
    first = min(steps, default=0)
    whole = first in (0, 1) and list(steps) == list(range(first, first + len(steps)))
    return SourceTrial(
        {key: plain(value) for key, value in trial.params.items()},
        {name: score} if name else {},
        score=score,
        score_curve=tuple(map(float, steps.values())) if whole else (),
        epochs=max(steps) - first + 1 if steps else 0,
        cut=trial.state is TrialState.PRUNED,
    )

"""Which kind of earlier search a user names, and its reader."""

from pathlib import Path

from search.importing.source import Source, SourceError

MLFLOW = "mlflow:"
KINDS = (
    "name a folder of KerasTuner (with oracle.json), a storage of Optuna as sqlite:///file.db or "
    "sqlite:///file.db:study, a study of this project by name or folder, an experiment as mlflow:EXPERIMENT, or a .csv "
    "file of trials"
)


def open_source(written: str, *, metric: str, tracking_uri: str) -> Source:
    """The earlier search that `written` names. Raises: SourceError and whatever a stored study says.

    metric: the objective of the study that it is read for.
    """
    path = Path(written)
    if written.startswith(MLFLOW):
        from search.importing.mlflow_experiment import read_experiment

        return read_experiment(written.removeprefix(MLFLOW), uri=tracking_uri, metric=metric)
    if "://" in written:
        from search.importing.optuna_study import read_url

        return read_url(written, metric=metric)
    if path.suffix.lower() == ".csv":
        from search.importing.trials_table import read_table

        return read_table(path, metric=metric)
    if (path / "oracle.json").exists() or any(path.glob("trial_*/trial.json")):
        from search.importing.keras_tuner_project import read_project

        return read_project(path)
    from search.importing.own_study import read_study
    from search.stored import NoStudyError

    try:
        return read_study(written)
    except NoStudyError as error:
        if path.exists() and not path.is_dir():
            raise SourceError(f"{written} is no earlier search", KINDS) from error
        raise SourceError(str(error), KINDS) from error

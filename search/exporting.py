"""`export`: the ensemble of a stored study as one Keras model and one MLflow pyfunc, checked after reloading."""

from pathlib import Path
from typing import TextIO

from models.bundle import load_bundle
from models.ensemble.candidates import EnsembleError
from models.quiet import quiet_stderr
from models.spec.data import DataSpec
from search import ensembling
from search.folder import StudyFolder
from search.lock import Lock, versions
from search.stored import StoredStudy
from search.variants import DataVariants


def _refuse_own_rows(data: DataSpec, trial: Path) -> None:
    """Raises: EnsembleError for rows that went to the model as they were: how they are read is not known here."""
    if data.code is not None:
        raise EnsembleError(
            f"rows of `data.code` ({data.code}) are not read by an export; open {trial}/model.keras with "
            "keras.saving.load_model and give it rows as your function does"
        )


def _refuse_own_objective(folder: StudyFolder) -> None:
    """Raises: EnsembleError for a study that has no models."""
    code = Lock.read(folder.lock).spec["objective"].get("code")
    if code is not None:
        raise EnsembleError(
            f"the models of {code} are its own and are not kept by the study; train the best parameters of "
            f"{folder.leaderboard} again, or save the model in the function"
        )


def export_study(study: str, to: Path, *, stream: TextIO) -> int:
    """Writes the ensemble of `study` into the folder `to` and prints what it is.

    Raises NoStudyError, EnsembleError, BundleError, ExportError or DataError: all say what to do.
    """
    stored = StoredStudy.open(study)
    _refuse_own_objective(stored.folder)
    ensemble = ensembling.load(stored.folder.ensemble)
    data = DataVariants(stored.folder.data, seed=stored.seed)
    # TensorFlow and MLflow take seconds to load: after everything that can go wrong without them
    with quiet_stderr():
        from models.export import Member, export
        from tracking.pyfunc import save_pyfunc

    members = []
    for number, weight in ensemble.members:
        folder = stored.folder.trial(number)
        config = load_bundle(folder).config
        _refuse_own_rows(config.data, folder)
        dataset, _ = data.of(config)
        members.append(Member(number, weight, folder, dataset))
    report = export(members, to, scores=ensemble.to_json(), versions=versions())
    save_pyfunc(to / "pyfunc", files=report.files, package=report.package, requirements=report.requirements)
    what = "the best single model" if len(members) == 1 else f"the {ensemble.winner} ensemble of {len(members)} models"
    print(f"{what} is in {to}/model.keras", file=stream)
    for number, weight in ensemble.members:
        print(f"  {weight:.3f}  trial {number}", file=stream)
    print(f"reloaded: {report.rows} rows predicted as by the members, to {report.difference:.1e}", file=stream)
    print(f"use it:   python -m search predict {to} rows.csv --out predictions.csv", file=stream)
    return 0

"""`export`: the ensemble of a stored study as one Keras model and one MLflow pyfunc, checked after reloading."""

from pathlib import Path
from typing import TextIO

from models.bundle import load_bundle
from models.quiet import quiet_stderr
from search import ensembling
from search.lock import versions
from search.stored import StoredStudy
from search.variants import DataVariants


def export_study(study: str, to: Path, *, stream: TextIO) -> int:
    """Writes the ensemble of `study` into the folder `to` and prints what it is.

    Raises NoStudyError, EnsembleError, BundleError, ExportError or DataError: all say what to do.
    """
    stored = StoredStudy.open(study)
    ensemble = ensembling.load(stored.folder.ensemble)
    data = DataVariants(stored.folder.data, seed=stored.seed)
    # TensorFlow and MLflow take seconds to load: after everything that can go wrong without them
    with quiet_stderr():
        from models.export import Member, export
        from tracking.pyfunc import save_pyfunc

    members = []
    for number, weight in ensemble.members:
        folder = stored.folder.trial(number)
        dataset, _ = data.of(load_bundle(folder).config)
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

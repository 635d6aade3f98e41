"""The best ensemble of a study as a folder that works alone: one Keras model on raw rows, and what it is made
of."""

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import scipy
import tensorflow as tf

from models.blend_graph import Part, blend_graph
from models.bundle import Bundle, load_bundle
from models.data.dataset import Dataset, open_dataset
from models.data.preprocessor import ARRAY_INPUT
from models.export_check import ExportError, check_predictions
from models.exported import MANIFEST, MODEL, PREPROCESSOR
from models.files import checksum, replacing, write_json, write_text
from models.standalone import write_standalone

FORMAT = 1

USAGE = """\
# One Keras model on raw rows

{members}

    python -m search predict {name} rows.csv --out predictions.csv

or without the project, on a pandas DataFrame of raw rows:

    import sys; sys.path.insert(0, "{name}")
    from pathlib import Path; from {package}.models.exported import ExportedModel
    predictions = ExportedModel(Path("{name}")).predict(rows)

`model.keras` alone loads with plain Keras; `manifest.json` says what went in and how good it is.
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A trial of the ensemble; its bundle is in `folder`, the prepared data that it was trained on in
    `dataset`."""

    number: int
    weight: float
    folder: Path
    dataset: Path


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and what a packaging of it needs.

    difference: the largest to the stored predictions over `rows` rows, as `export_check.TOLERANCE`.
    files: those that the model opens. package: the code that reads raw rows. requirements: for pip.
    """

    folder: Path
    difference: float
    rows: int
    files: tuple[Path, ...]
    package: Path
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A member with what it has on disk."""

    member: Member
    bundle: Bundle
    data: Dataset


def export(
    members: Sequence[Member], to: Path, *, scores: Mapping[str, Any], versions: Mapping[str, str]
) -> ExportReport:
    """Write the blend of `members` into the folder `to`, after comparing it to their stored predictions.

    Everything is made and checked in a folder beside, so `to` never holds half an export; other files in `to`
    stay. scores: plain data on how good the ensemble is, for the manifest. versions: package -> version,
    likewise.

    Raises: ExportError when the members do not belong together, when the model would need code of ours to
    load, or when it does not predict what its members did; BundleError for a damaged member; DataError when
    the raw validation rows cannot be read.
    """
    opened = [_Opened(m, load_bundle(m.folder), open_dataset(m.dataset)) for m in members]
    _check_members(opened)
    to.parent.mkdir(parents=True, exist_ok=True)
    staged = to.with_name(f".{to.name}.tmp")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        _write_model(opened, staged)
        package = write_standalone(staged)
        requirements = _requirements()
        write_text(staged / "requirements.txt", "".join(f"{line}\n" for line in requirements))
        members_line = ", ".join(f"trial {m.number} with weight {m.weight:.3f}" for m in members)
        write_text(staged / "README.md", USAGE.format(members=members_line, name=to.name, package=package.name))
        manifest = _manifest(opened, staged) | {"scores": scores, "versions": dict(versions)}
        write_json(staged / MANIFEST, manifest)
        weights = [m.weight for m in members]
        stored = np.einsum("m,mro->ro", weights, [o.bundle.predictions["validation"] for o in opened])
        difference, rows = check_predictions(staged, opened[0].bundle.config.data, opened[0].data, stored)
        write_json(staged / MANIFEST, manifest | {"check": {"rows": rows, "difference": difference}})
        _move_in(staged, to)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    files = (to / MODEL, to / MANIFEST, to / PREPROCESSOR)
    return ExportReport(to, difference, rows, files, to / package.name, requirements)


def _check_members(opened: Sequence[_Opened]) -> None:
    """Raises: ExportError when the members cannot be averaged."""
    total = sum(o.member.weight for o in opened)
    if not opened or min(o.member.weight for o in opened) <= 0 or abs(total - 1) > 1e-6:
        raise ExportError(f"the members' weights sum to {total:g}, not 1", "choose the ensemble again")
    first = opened[0]
    for other in opened[1:]:
        a, b = first.data.signature, other.data.signature
        same_outputs = (a.task, a.classes, a.targets) == (b.task, b.classes, b.targets)
        if not same_outputs or not np.array_equal(first.data.validation.rows, other.data.validation.rows):
            raise ExportError(
                f"trial {other.member.number} was trained on other rows or classes than trial {first.member.number}",
                "export members of one study",
            )


def _write_model(opened: Sequence[_Opened], folder: Path) -> None:
    parts = [Part(o.bundle.model(), o.data.preprocessor, o.member.weight) for o in opened]
    try:
        graph = blend_graph(parts)
    except ValueError as error:
        raise ExportError(str(error), "export members of one study") from error
    with replacing(folder / MODEL) as temporary:
        graph.save(temporary)
    own = sorted(set(_foreign(folder / MODEL)))
    if own:
        raise ExportError(
            f"the model holds layers that plain Keras does not know: {', '.join(own)}",
            "build families from Keras' own layers",
        )
    write_text(folder / PREPROCESSOR, opened[0].data.preprocessor.dumps())


def _foreign(path: Path) -> Iterator[str]:
    """Names of the objects in a saved model that are not of Keras."""
    with zipfile.ZipFile(path) as archive:
        waiting = [json.loads(archive.read("config.json"))]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
            module, registered = item.get("module"), item.get("registered_name")
            if "class_name" in item and (
                (isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins"))
                or (isinstance(registered, str) and ">" in registered)
            ):
                yield str(item["class_name"])
        elif isinstance(item, list):
            waiting += item


def _manifest(opened: Sequence[_Opened], folder: Path) -> dict[str, Any]:
    data = opened[0].data
    signature, preprocessor = data.signature, data.preprocessor
    return {
        "format": FORMAT,
        "task": signature.task,
        "classes": list(signature.classes),
        "targets": list(signature.targets),
        "n_outputs": signature.n_outputs,
        "columns": [{"name": c.name, "kind": c.kind, "input": c.input} for c in preprocessor.columns],
        "array_input": ARRAY_INPUT if preprocessor.array else None,
        "array_shape": list(preprocessor.array.shape) if preprocessor.array else None,
        "members": [
            {
                "trial": o.member.number,
                "weight": o.member.weight,
                "objective": o.bundle.result.get("objective"),
                "config": o.bundle.config.to_json(),
            }
            for o in opened
        ],
        "data": data.content,
        "files": {name: checksum(folder / name) for name in (MODEL, PREPROCESSOR)},
    }


def _requirements() -> tuple[str, ...]:
    """The packages that the export was checked with."""
    found = {"keras": keras, "numpy": np, "pandas": pd, "scipy": scipy, "tensorflow": tf}
    return tuple(f"{name}=={module.__version__}" for name, module in found.items())


def _move_in(staged: Path, to: Path) -> None:
    """Everything in `staged` takes the place of its namesake in `to`, the manifest last."""
    to.mkdir(exist_ok=True)
    (to / MANIFEST).unlink(missing_ok=True)
    for entry in sorted(staged.iterdir(), key=lambda e: e.name == MANIFEST):
        target = to / entry.name
        if target.is_dir():
            shutil.rmtree(target)
        entry.replace(target)

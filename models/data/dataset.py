"""A prepared data set on disk, mapped into memory by every worker that opens it. Knows no raw data."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.data.cells import Array
from models.data.errors import DataError
from models.data.preprocessor import Preprocessor
from models.signature import Signature

MANIFEST = "manifest.json"
PREPROCESSOR = "preprocessor.json"
SIGNATURE = "signature.json"
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one part, in the order of the raw data.

    x: prepared inputs (n, *input_shape), float32, mapped from disk and read-only.
    y: int32 codes (n,) for classes, float32 values (n, n_targets) in raw units for regression.
    rows: row numbers in the raw data (n,), int64, from 0; files of their own come after the main one.
    """

    x: Array
    y: Array
    rows: Array


@dataclass(frozen=True, slots=True)
class Dataset:
    """What the models of a study learn from.

    fingerprint: of raw content, data spec and seed. content: of the raw content alone.
    notes: sentences on what was guessed or looks doubtful.
    """

    train: Part
    validation: Part
    test: Part | None
    signature: Signature
    preprocessor: Preprocessor
    fingerprint: str
    content: str
    notes: tuple[str, ...] = ()


def open_dataset(folder: Path) -> Dataset:
    """The data set that `prepare` wrote into `folder`. Raises: DataError when it is not there or whole."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise DataError(f"`{folder}` holds no prepared data", "run the study again: it prepares them")
    parts = {word: _open_part(folder, word) for word in PARTS if word in manifest["parts"]}
    return Dataset(
        train=parts["train"],
        validation=parts["validation"],
        test=parts.get("test"),
        signature=signature_from_json(json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))),
        preprocessor=Preprocessor.loads((folder / PREPROCESSOR).read_text(encoding="utf-8")),
        fingerprint=manifest["fingerprint"],
        content=manifest["content"],
        notes=tuple(manifest["notes"]),
    )


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a prepared folder; None when it, or a file of it, is absent or of another size."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = all((folder / name).stat().st_size == size for name, size in manifest["sizes"].items())
    except (OSError, ValueError, KeyError):
        return None
    return manifest if whole else None


def _open_part(folder: Path, word: str) -> Part:
    return Part(
        x=np.load(folder / f"x_{word}.npy", mmap_mode="r"),
        y=np.load(folder / f"y_{word}.npy"),
        rows=np.load(folder / f"rows_{word}.npy"),
    )


def signature_to_json(signature: Signature) -> dict[str, Any]:
    return asdict(signature)


def signature_from_json(values: dict[str, Any]) -> Signature:
    """The signature that `signature_to_json` wrote: lists are tuples again."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Signature(**fields)

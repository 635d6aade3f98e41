"""From a data spec to a prepared folder: load, split, fit on training rows, transform, write."""

import errno
import json
import os
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.data.cells import Array
from models.data.dataset import (
    MANIFEST,
    PREPROCESSOR,
    SIGNATURE,
    Dataset,
    open_dataset,
    read_manifest,
    signature_to_json,
)
from models.data.files import is_file_name
from models.data.fingerprint import content_fingerprint, fingerprint
from models.data.fitting import fit_preprocessor
from models.data.notes import doubts
from models.data.preprocessor import Preprocessor
from models.data.raw import TEST, VALIDATION, Raw, Table
from models.data.sources import load
from models.data.splits import Rows, split
from models.data.targets import Target, read_target
from models.files import write_json, write_text
from models.signature import Signature
from models.spec.data import DataSpec, SplitSpec

CHUNK_ROWS = 8192
"""Rows transformed at once, so that memory holds the raw data and little more."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a prepared folder holds but the transformed rows."""

    raw: Raw
    target: Target
    rows: Rows
    preprocessor: Preprocessor
    signature: Signature
    notes: tuple[str, ...]


def prepare(spec: DataSpec, folder: Path, *, seed: int) -> Dataset:
    """The data set of `spec`, in `folder`; one that is already there with the same fingerprint is reused.

    Several processes may prepare the same folder at once: the first to finish puts it there.
    Raises: DataError for data that cannot be used.
    """
    raw = None if is_file_name(spec.source) else load(spec)
    content = content_fingerprint(spec, raw)
    mark = fingerprint(spec, seed=seed, content=content)
    if not _is_prepared(folder, mark):
        prepared = fit(raw if raw is not None else load(spec), spec, seed=seed)
        _publish(prepared, folder, fingerprint=mark, content=content)
    return open_dataset(folder)


def fit(raw: Raw, spec: DataSpec, *, seed: int) -> Prepared:
    """Target, split, fitted preprocessing, signature and notes of `raw`. Raises: DataError."""
    target = read_target(raw, spec)
    rows = split(raw, target, spec, seed=seed)
    preprocessor, notes = fit_preprocessor(raw, rows.train, spec)
    signature = _signature(target, rows.train, preprocessor)
    all_notes = (
        *target.notes,
        *notes,
        *_split_notes(raw, spec),
        *doubts(raw, rows, target, preprocessor=preprocessor),
    )
    return Prepared(raw, target, rows, preprocessor, signature, all_notes)


def _signature(target: Target, train: Array, preprocessor: Preprocessor) -> Signature:
    if target.is_classes:
        k = len(target.classes)
        task, n_outputs = ("binary", 1) if k == 2 else ("multiclass", k)
        mean: tuple[float, ...] = ()
        deviation: tuple[float, ...] = ()
    else:
        y = target.y[train].astype(np.float64)
        task, n_outputs = "regression", y.shape[1]
        mean = tuple(y.mean(axis=0).tolist())
        deviation = tuple(s or 1.0 for s in y.std(axis=0).tolist())
    return Signature(
        task=task,  # type: ignore[arg-type]
        input_shape=preprocessor.output_shape,
        n_outputs=n_outputs,
        classes=target.classes,
        targets=target.names,
        n_train=len(train),
        target_mean=mean,
        target_std=deviation,
    )


def _split_notes(raw: Raw, spec: DataSpec) -> list[str]:
    """Shares of `split` that are not used, because the source brings the part itself."""
    default = {word: field.default for word, field in SplitSpec.model_fields.items()}
    asked = (("validation", VALIDATION, spec.split.validation), ("test", TEST, spec.split.test))
    return [
        f"the source brings its own {word} rows: split.{word} {share} is not used"
        for word, code, share in asked
        if isinstance(share, float) and (raw.given == code).any() and share != default[word]
    ]


def _is_prepared(folder: Path, mark: str) -> bool:
    manifest = read_manifest(folder)
    return manifest is not None and manifest["fingerprint"] == mark


def _publish(prepared: Prepared, folder: Path, *, fingerprint: str, content: str) -> None:
    """Write beside `folder`, then take its place in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}-{_own_name()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        _write(prepared, fresh, {"fingerprint": fingerprint, "content": content})
        _take_place(fresh, folder, fingerprint)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, folder: Path, mark: str) -> None:
    """Rename `fresh` to `folder`; another process may be doing the same with the same content."""
    old = folder.with_name(f".{folder.name}-{_own_name()}.old")
    while not _is_prepared(folder, mark):
        try:
            fresh.rename(folder)
        except OSError as error:  # a folder with files is there: it is moved out of the way
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(old, ignore_errors=True)
            with suppress(FileNotFoundError):  # the other process was faster
                folder.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _own_name() -> str:
    """Differs between processes and threads that prepare the same folder."""
    return f"{os.getpid()}-{threading.get_ident()}"


def _write(prepared: Prepared, folder: Path, marks: dict[str, str]) -> None:
    parts = {"train": prepared.rows.train, "validation": prepared.rows.validation, "test": prepared.rows.test}
    present = {word: rows for word, rows in parts.items() if rows is not None}
    for word, rows in present.items():
        _write_x(folder / f"x_{word}.npy", prepared, rows)
        np.save(folder / f"y_{word}.npy", prepared.target.y[rows])
        np.save(folder / f"rows_{word}.npy", rows.astype(np.int64))
    write_text(folder / PREPROCESSOR, prepared.preprocessor.dumps())
    write_json(folder / SIGNATURE, signature_to_json(prepared.signature))
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    manifest: dict[str, Any] = {**marks, "parts": list(present), "notes": prepared.notes, "sizes": sizes}
    write_json(folder / MANIFEST, json.loads(json.dumps(manifest)))


def _write_x(path: Path, prepared: Prepared, rows: Array) -> None:
    shape = (len(rows), *prepared.preprocessor.output_shape)
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS]
        raw = prepared.raw
        taken = raw.frame.iloc[chunk] if isinstance(raw, Table) else raw.x[chunk]
        out[start : start + len(chunk)] = prepared.preprocessor.transform(taken)
    out.flush()

"""Has a process of its own look at the user's code before the first trial, and puts what it found into the study.

What was found is kept in the study's folder: while the code stays the same, a study has the space of its begin.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TextIO

import numpy as np

from models.data.dataset import signature_to_json
from models.files import write_json
from models.signature import Signature
from models.spec.callbacks import OwnCallback
from models.spec.code import CodeSpec
from search.folder import StudyFolder
from search.found import Found
from search.growing import OwnSpace, extended
from search.open_study import OpenStudy
from search.own_process import run_module
from search.record import Record
from search.spec import StudyFile
from search.spec_callbacks import source_of
from spaces.problems import MendableError
from spaces.space import Space


class ProbeError(MendableError):
    """The user's code builds no model."""


def with_found(study: OpenStudy, signature: Signature | None, *, stream: TextIO) -> OpenStudy:
    """`study` with the space of its code, if its models are built by the user's. Raises: ProbeError."""
    if not isinstance(study.file.spec.model, CodeSpec):
        return study
    found = _stored(study.folder, study.file, signature)
    if found is None:
        print(f"looking at what {study.file.spec.model.code} asks for ...", file=stream, flush=True)
        found = probe(study.file, signature)
        write_json(study.folder.code, {"key": _key(study.file, signature), "found": found.to_json()})
    for note in found.notes:
        print(f"note: {note}", file=stream)
    return replace(study, file=joined(study.file, found), found=found)


def joined(file: StudyFile, found: Found) -> StudyFile:
    """`file` with the space of its code beside its own. Raises: ProbeError for a name that both have."""
    for name in found.space.names:
        if name in file.space.names:
            raise ProbeError(
                f"`{name}` varies in {file.path} and in the code ({found.places.get(name, '')})",
                "leave it out of one of the two",
            )
    return replace(file, space=extended(file.space, found.space.dimensions))


def own_space(study: OpenStudy, record: Record) -> OwnSpace | None:
    """The space as the trials of the record have made it; None for models that are not built by the user's code."""
    if study.found is None:
        return None
    mine = set(study.found.space.names)
    kept = frozenset(name for name in study.file.space.names if name not in mine)
    return OwnSpace(record.grown_space or study.file.space, kept, study.found.places)


def probe(file: StudyFile, signature: Signature | None) -> Found:
    """What the code asks for, found by a process of its own. Raises: ProbeError."""
    assert isinstance(file.spec.model, CodeSpec)
    model = file.config(file.space.first_guess() or file.space.sample(np.random.default_rng(file.spec.seed))).model
    assert isinstance(model, CodeSpec)
    job = {
        "model": model.model_dump(mode="json"),
        "signature": signature_to_json(signature) if signature is not None else None,
        "seed": file.spec.seed,
    }
    done = run_module("models.code.probe", job)
    if done.result is None:
        raise ProbeError(
            f"looking at {file.spec.model.code} ended with exit code {done.code} before any model was built",
            f"it said last: {done.last}",
        )
    return _found(done.result, file.spec.model.code, has_died=done.code != 0)


def _found(result: Mapping[str, Any], code: str, *, has_died: bool) -> Found:
    if "problem" in result:
        text = f"\n{result['traceback'].rstrip()}\n" if result["traceback"] else ""
        raise ProbeError(f"{text}{result['problem']}", result.get("mend", f"mend {code}"))
    builds, failures = result["builds"], result["failures"]
    if len(failures) == builds:
        raise ProbeError(f"{failures[0].rstrip()}\n{code} builds no model", "mend it, then run again")
    notes = [result["note"]] if result["note"] else []
    if failures:
        notes.append(
            f"{len(failures)} of {builds} models that were built to look at the space failed; the first: "
            f"{failures[0].strip().splitlines()[-1]}"
        )
    if result["is_cut"]:
        notes.append(
            f"looking at the space ended after {builds} models, as they are large or slow; trials find the rest"
        )
    if has_died:
        notes.append(f"looking at the space ended after {builds} models: the next took more memory than there is")
    return Found(Space.from_json(result["space"]), result["places"], tuple(notes), tuple(result["metrics"]))


def _stored(folder: StudyFolder, file: StudyFile, signature: Signature | None) -> Found | None:
    """What was found of the same code before."""
    try:
        stored = json.loads(folder.code.read_text(encoding="utf-8"))
        return Found.from_json(stored["found"]) if stored["key"] == _key(file, signature) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(file: StudyFile, signature: Signature | None) -> str:
    """Changes with the text of the code, the parameters that the study file gives, the seed, and the data's shape."""
    model = file.spec.model
    assert isinstance(model, CodeSpec)
    source = source_of(OwnCallback(model.code), file.path.parent)
    text = source.read_bytes() if source.is_file() else b""
    shape = signature_to_json(signature) if signature is not None else None
    about = json.dumps([model.model_dump(mode="json"), file.spec.seed, shape], sort_keys=True)
    return hashlib.sha256(text + about.encode()).hexdigest()

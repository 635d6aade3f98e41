"""From the values of a document to a StudySpec: default spaces put in, and every fault found in one pass."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from models.spec.entries import Spec
from models.spec.families import CODE, family_of, spec_of
from models.spec.faults import Fault, Path, RefusedError, faults_of
from models.spec.knobs import Knob
from models.spec.sections import Section, entries_of, varying
from models.spec.training import TrainingSpec
from search.spec_own_objective import for_objective, has_code
from search.spec_study import NAME, StudySpec
from spaces.problems import nearest

SHORTHANDS = {
    "data": "source",
    "objective": "metric",
    "model": "family",
    "search": "sampler",
    "workers": "count",
    "confirm": "top",
    "ensemble": "size",
    "tracking": "mlflow",
    "search.pruner": "name",
}
"""Where a bare value stands for a mapping, the key that it stands for; overrides below it keep it."""

_STAND_INS: dict[Path, Any] = {
    ("study",): "study",
    ("data",): {"source": "sources:none"},
    ("data", "source"): "sources:none",
    ("budget",): {"trials": 1},
    ("objectives",): ["val_loss", "params"],
}
"""What takes the place of a missing or unreadable key, so that the rest of the file can still be judged."""
_MOST_PASSES = 5
OWN_BATCH_SIZE = 32
"""Rows in a gradient step of a model of the user's own code: what Keras' `fit` takes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A study as far as it could be read.

    study: None when the rest cannot be judged without what is wrong.
    broken: names of knobs that were left out.
    """

    study: StudySpec | None
    faults: tuple[Fault, ...]
    broken: frozenset[str]


def filled(values: Mapping[str, Any], *, in_file: Mapping[str, Any], name: str) -> dict[str, Any]:
    """`values` with the study's name and with default spaces where knobs vary that are not written.

    in_file: the values without overrides. A section without a knob in the file varies, so that
    `training.epochs=3` on the command line does not fix all the others.
    """
    raw = dict(values)
    if "study" not in raw:
        raw["study"] = _study_name(name)
    if has_code(raw.get("objective")):
        return _for_code(for_objective(raw))
    data = raw.get("data")
    if isinstance(data, Mapping) and "code" in data and "source" not in data:
        raw["data"] = {"source": data["code"], **data}
    model = raw.get("model", {})
    family = {"family": model} if isinstance(model, str) else model
    if isinstance(family, Mapping):
        try:
            spec = spec_of(family_of(family))
        except RefusedError:
            spec = None
        if spec is not None:
            if family_of(family) == CODE:
                return _for_code(raw | {"model": {"family": CODE, **family}})
            raw["model"] = _section({"family": family_of(family), **family}, spec, in_file.get("model"))
    training = raw.get("training", {})
    if isinstance(training, Mapping):
        raw["training"] = _section(training, TrainingSpec, in_file.get("training"))
    return raw


def _for_code(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`raw` with the defaults of a study of the user's own code: rows as they are, and nothing varies by itself."""
    filled = dict(raw)
    data, training = raw.get("data"), raw.get("training", {})
    if isinstance(data, str):
        data = {"source": data}
    if isinstance(data, Mapping):
        filled["data"] = {"scaling": "none", "windows": True, **data}
    if isinstance(training, Mapping):
        filled["training"] = {"batch_size": OWN_BATCH_SIZE, **training}
    return filled


def _study_name(file: str) -> str:
    """The name of a study whose file has this name."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", file).strip("-._")[:100] or "study"
    assert re.fullmatch(NAME, name)
    return name


def _section(written: Mapping[str, Any], spec: type[Spec], in_file: Any) -> dict[str, Any]:
    others = written.get("others")
    if others is None:
        knobs = [key for key, entry in entries_of(spec).items() if isinstance(entry, Knob | Section)]
        others = "fixed" if isinstance(in_file, Mapping) and any(key in in_file for key in knobs) else "vary"
    if others not in ("fixed", "vary"):
        return dict(written)
    rest = {key: value for key, value in written.items() if key != "others"}
    return varying(spec, rest) if others == "vary" else rest


def read_study(raw: Mapping[str, Any]) -> Reading:
    """The study, its faults, and what had to be left out to judge the rest."""
    values = _copied(raw)
    first: tuple[Fault, ...] | None = None
    broken: set[str] = set()
    for _ in range(_MOST_PASSES):
        try:
            return Reading(StudySpec.model_validate(values), first or (), frozenset(broken))
        except ValidationError as error:
            faults = faults_of(error, StudySpec)
        first = faults if first is None else first
        if any(fault.below in (("model",), ("model", "family")) for fault in faults):
            break
        for fault in faults:
            path = _mend(values, fault.below)
            broken.add(".".join(map(str, path[1:])))
            meant = nearest(str(path[-1]), _keys(path[:-1], values)) if fault.on_key else None
            if meant is not None:  # `optimiser: sgd` says nothing about optimizer
                broken.add(".".join([*map(str, path[1:-1]), meant]))
    return Reading(None, first or (), frozenset(broken))


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return value


def _mend(values: dict[str, Any], below: Path) -> Path:
    """Take out the entry that holds the fault, or put its stand-in there; the path of the entry."""
    container: Any = values
    entries = entries_of(StudySpec)
    for depth, step in enumerate(below, start=1):
        entry = entries.get(str(step))
        held = container.get(step)
        inner = _inner(entry, held)
        if inner is not None and depth < len(below) and isinstance(held, dict):
            container, entries = held, entries_of(inner)
            continue
        container.pop(step, None)
        if below[:depth] in _STAND_INS:
            container[step] = _copied(_STAND_INS[below[:depth]])
        return below[:depth]
    return below


def _keys(path: Path, values: Mapping[str, Any]) -> list[str]:
    """The known keys of the section at `path`."""
    spec: type[Spec] | None = StudySpec
    held: Any = values
    for step in path:
        held = held.get(step) if isinstance(held, Mapping) else None
        spec = None if spec is None else _inner(entries_of(spec).get(str(step)), held)
    return [] if spec is None else list(spec.model_fields)


def _inner(entry: Any, held: Any) -> type[Spec] | None:
    if isinstance(entry, Section):
        return entry.spec
    if isinstance(held, Mapping) and "family" in held:
        return spec_of(held["family"])
    if isinstance(held, Mapping) and CODE in held:
        return spec_of(CODE)
    return None

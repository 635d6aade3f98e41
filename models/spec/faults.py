"""Mistakes in a part of a study file, as paths below that part. Knows no file, no line and no schema."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from spaces.problems import did_you_mean

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake `below` the part that was read; `on_key` when the key is wrong rather than its value."""

    below: Path
    problem: str
    mend: str
    on_key: bool = False

    def under(self, *path: str | int) -> "Fault":
        return replace(self, below=(*path, *self.below))


class RefusedError(Exception):
    """A value cannot be read; carries every fault found in it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{f.problem}; {f.mend}" for f in self.faults))

    def as_pydantic(self) -> PydanticCustomError:
        """The same faults in the form that pydantic collects; its own text is never shown."""
        return PydanticCustomError("study_file", "not allowed here", {"faults": self.faults})


def refused(problem: str, mend: str, *below: str | int) -> RefusedError:
    return RefusedError([Fault(below, problem, mend)])


def unknown_key(name: object, known: Iterable[str], *below: str | int) -> Fault:
    return Fault((*below, str(name)), f"unknown key `{name}`", did_you_mean(str(name), known), on_key=True)


def shown(value: object) -> str:
    """A value as the study file spells it, cut to a readable length."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(map(shown, value)) + "]"
    else:
        text = _quoted(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _quoted(text: str) -> str:
    """A text in quotes where it would otherwise look like a number, or like several words."""
    looks_plain = re.fullmatch(r"[A-Za-z_][^\s,:{}\[\]]*", text) is not None
    return text if looks_plain and text not in ("true", "false", "null") else f'"{text}"'


def faults_of(error: ValidationError, spec: type[BaseModel]) -> tuple[Fault, ...]:
    """What pydantic found in a mapping read as `spec`, in our words."""
    found: list[Fault] = []
    for item in error.errors(include_url=False, include_input=True):
        path: Path = item["loc"]
        context: Mapping[str, Any] = item.get("ctx", {})
        if "faults" in context:
            found.extend(fault.under(*path) for fault in context["faults"])
        elif item["type"] == "missing":
            found.append(Fault(path, f"`{path[-1]}` is missing", _how_to_add(spec, str(path[-1]))))
        elif item["type"] == "extra_forbidden":
            found.append(unknown_key(path[-1], spec.model_fields, *path[:-1]))
        else:
            found.append(Fault(path, f"{shown(item['input'])} is not a mapping", f"write {keys_of(spec)}"))
    return tuple(found)


def keys_of(spec: type[BaseModel]) -> str:
    return f"a mapping with keys of {', '.join(spec.model_fields)}"


def _how_to_add(spec: type[BaseModel], name: str) -> str:
    meaning = spec.model_fields[name].metadata
    doc = next((entry.doc for entry in meaning if hasattr(entry, "doc")), "")
    return f"add `{name}:` ({doc})" if doc else f"add `{name}:`"

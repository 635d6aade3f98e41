"""What is told to a tracker, as values with a time, and as JSON lines there and back. Knows no file."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path, PurePath
from typing import Any

from tracking.values import EpochRow, StudyInfo, StudySummary, TrialInfo, TrialResult


@dataclass(frozen=True, slots=True)
class StudyStarted:
    info: StudyInfo
    at_ms: int


@dataclass(frozen=True, slots=True)
class TrialStarted:
    info: TrialInfo
    at_ms: int


@dataclass(frozen=True, slots=True)
class EpochsDone:
    number: int
    rows: tuple[EpochRow, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class TrialFinished:
    number: int
    result: TrialResult
    at_ms: int


@dataclass(frozen=True, slots=True)
class ArtifactSaved:
    path: Path
    folder: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class StudyFinished:
    summary: StudySummary
    at_ms: int


@dataclass(frozen=True, slots=True)
class Closed:
    at_ms: int


Event = StudyStarted | TrialStarted | EpochsDone | TrialFinished | ArtifactSaved | StudyFinished | Closed

KINDS: dict[str, type[Any]] = {
    "study_started": StudyStarted,
    "trial_started": TrialStarted,
    "epochs": EpochsDone,
    "trial_finished": TrialFinished,
    "artifact": ArtifactSaved,
    "study_finished": StudyFinished,
    "closed": Closed,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


def plain(value: Any) -> Any:
    """`value` as strict JSON can hold it: numpy numbers as Python's, paths and unknown things as text.

    NaN and infinities become "nan", "inf" and "-inf", which `float` reads back.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    return str(value)


def to_line(event: Event) -> str:
    """`event` as one line of JSON, without the line end."""
    head = {"event": _NAMES[type(event)], "at_ms": event.at_ms}
    body = {field.name: _body(getattr(event, field.name)) for field in fields(event) if field.name != "at_ms"}
    return json.dumps(plain(head | body), ensure_ascii=False, separators=(",", ":"))


def _body(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_body(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _body(getattr(value, field.name)) for field in fields(value)}
    return value


def from_line(line: str) -> Event:
    """The event of one line. Raises ValueError for a line that is none."""
    try:
        raw = json.loads(line)
        kind = KINDS[raw.pop("event")]
        read: Event = kind(**{name: _READERS.get(name, _same)(value) for name, value in raw.items()})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error
    return read


def _same(value: Any) -> Any:
    return value


def _numbers(raw: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in raw.items()}


def _rows(raw: list[dict[str, Any]]) -> tuple[EpochRow, ...]:
    return tuple(EpochRow(row["epoch"], _numbers(row["metrics"]), row["at_ms"]) for row in raw)


def _info(raw: dict[str, Any]) -> StudyInfo | TrialInfo:
    if "number" in raw:
        return TrialInfo(**raw)
    further = tuple((str(name), str(direction)) for name, direction in raw.get("further", ()))
    listed = {"parameters": tuple(raw["parameters"]), "further": further}
    return StudyInfo(**{**raw, "folder": Path(raw["folder"]), **listed})


def _result(raw: dict[str, Any]) -> TrialResult:
    objective = None if raw["objective"] is None else float(raw["objective"])
    files = tuple(Path(name) for name in raw["files"])
    numbers = {"objective": objective, "seconds": float(raw["seconds"]), "metrics": _numbers(raw["metrics"])}
    return TrialResult(**{**raw, **numbers, "files": files})


def _summary(raw: dict[str, Any]) -> StudySummary:
    best = tuple((int(number), float(value)) for number, value in raw["best_so_far"])
    shares = _numbers(raw["importances"])
    rows = tuple(raw["leaderboard"])
    return StudySummary(**{**raw, "leaderboard": rows, "best_so_far": best, "importances": shares})


_READERS: dict[str, Callable[[Any], Any]] = {
    "info": _info,
    "rows": _rows,
    "result": _result,
    "summary": _summary,
    "path": Path,
}

"""`space.lock.json`: what a study was begun with, so that a later `run` continues the same study or says what differs.

Budget, workers, keep, search, confirm, ensemble and tracking may change between two runs; whatever gives a trial its
meaning may not.
"""

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from models.files import write_json
from models.objective import Aim, Direction, Objective
from spaces.difference import difference
from spaces.problems import MendableError
from spaces.space import Space

MEANING = ("seed", "data", "model", "training", "objective", "objectives", "limits")
"""The sections of a study file that finished trials depend on."""
HARMLESS = ("data.folder", "training.csv_log", "training.checkpoint_every", "training.metrics", "training.jit_compile")
"""Keys of those sections that change no number of a trial; the data have a fingerprint of their own."""
_PACKAGES = (
    "keras-search",
    "tensorflow",
    "keras",
    "optuna",
    "keras-tuner",
    "mlflow",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
)
_FORMAT = 1


class StudyChangedError(MendableError):
    """The study file no longer describes the stored study; carries one sentence a difference."""

    def __init__(self, lock: Path, differences: list[str], study: str) -> None:
        self.differences = differences
        listed = "\n".join(f"  - {line}" for line in differences)
        super().__init__(
            f"the study `{study}` was begun differently ({lock}):\n{listed}\n"
            f"put these back to continue it, or begin a new study by adding `study={study}-2` to the command"
        )


class LockError(MendableError):
    """The lock file cannot be read."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The resolved study file, its space, its objective with the direction, and the fingerprint of its data.

    aims: of a study with several objectives; `objective` is the first of them.
    uuid: the study's identity for trackers, the same wherever its folder is moved.
    history: fingerprint of the imported trials; empty for none.
    """

    spec: Mapping[str, Any]
    space: Mapping[str, Any]
    objective: Objective
    fingerprint: str
    uuid: str
    history: str = ""
    aims: tuple[Aim, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "spec": self.spec,
            "space": self.space,
            "objective": asdict(self.objective),
            "aims": [asdict(aim) for aim in self.aims],
            "data_fingerprint": self.fingerprint,
            "uuid": self.uuid,
            "history": self.history,
            "python": platform.python_version(),
            "versions": versions(),
        }

    @classmethod
    def read(cls, path: Path) -> "Lock":
        """The stored lock. Raises LockError when it is not there or cannot be read."""
        try:
            stored = json.loads(path.read_text())
            objective = stored["objective"]
            return cls(
                spec=stored["spec"],
                space=stored["space"],
                objective=Objective(**objective | {"direction": Direction(objective["direction"])}),
                fingerprint=stored["data_fingerprint"],
                uuid=stored["uuid"],
                history=stored.get("history", ""),
                aims=tuple(Aim(aim["name"], Direction(aim["direction"])) for aim in stored.get("aims", ())),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LockError(
                f"{path} cannot be read ({error}); put back a copy, or move the study's folder away to begin anew"
            ) from error


def versions() -> dict[str, str]:
    """Installed versions of the packages that results depend on, by name; imports none of them."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def keep(path: Path, lock: Lock) -> Lock:
    """Writes the lock of a new study, or checks that a stored one has the same meaning; returns what stands.

    Raises StudyChangedError with every difference, LockError for a lock file that cannot be read.
    """
    if not path.exists():
        write_json(path, lock.to_json())
        return lock
    old = Lock.read(path)
    differences = compare(old, lock)
    if differences:
        raise StudyChangedError(path, differences, str(lock.spec["study"]))
    kept = replace(lock, uuid=old.uuid)
    write_json(path, kept.to_json())
    return kept


def compare(old: Lock, new: Lock) -> list[str]:
    """One sentence for each difference that would give finished trials another meaning."""
    spaces = Space.from_json(old.space), Space.from_json(new.space)
    found = difference(*spaces)
    told = _knobs(*spaces)
    before, after = _flat(old.spec), _flat(new.spec)
    several = bool(old.aims or new.aims)
    if several and (old.aims, old.objective) != (new.aims, new.objective):
        found.append(f"the objectives were {_objectives(old)} and are {_objectives(new)}")
    for path in sorted(before.keys() | after.keys()):
        section, _, below = path.partition(".")
        if section not in MEANING or path in HARMLESS or before.get(path) == after.get(path):
            continue
        if section in ("objective", "objectives") and several:
            continue  # told in one sentence, by what is meant
        if below in told:
            continue  # the difference of the spaces says it better, or knows that both mean the same
        found.append(f"{path} was {_shown(before, path)} and is {_shown(after, path)}")
    if not found and old.fingerprint != new.fingerprint:
        found.append("the data have changed since the study was begun")
    if old.history != new.history:
        found.append("the imported history (history.json) has changed since the study was begun")
    return found


def _objectives(lock: Lock) -> str:
    """All objectives with their directions, and the epoch at which they are read."""
    first = lock.objective
    aims = lock.aims or (Aim(first.metric, first.direction),)
    at = f"mean of the last {first.last_k} epochs" if first.at == "mean" else f"{first.at} epoch"
    return f"{', '.join(f'{aim.name} ({aim.direction.value})' for aim in aims)} at the {at}"


def _knobs(*spaces: Space) -> set[str]:
    """Names of the knobs that the spaces hold, varied or fixed; that of `units.1` is `units`."""
    names = {name for space in spaces for name in (*space.names, *space.fixed)}
    return names | {name.rpartition(".")[0] for name in names if name.rpartition(".")[2].isdigit()}


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and not _is_space(value):
            flat |= _flat(value, f"{path}.")
        else:
            flat[path] = value
    return flat


def _is_space(value: object) -> bool:
    return isinstance(value, Mapping) and any(kind in value for kind in ("int", "float", "choice"))


def _shown(values: Mapping[str, Any], path: str) -> str:
    return json.dumps(values[path]) if path in values else "absent"

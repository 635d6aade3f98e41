"""`history.json`: trials of earlier searches that a study's sampler learns from. They are no trials of the study.

They use nothing of its budget, are never trained again, and are no members of an ensemble.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.files import checksum, write_json
from models.objective import Direction, Objective
from search.study import Params
from spaces.problems import MendableError
from spaces.space import Space

_FORMAT = 1


class HistoryError(MendableError):
    """A history that cannot be read, or that is of no use to this study."""


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A finished trial of an earlier search, as a configuration of the space that it was brought into.

    objective: a finite number. epochs: how many it was trained, 0 when that is not known.
    values: the objective's metric after each epoch, where it is known. cut: whether it was stopped early.
    """

    params: Params
    objective: float
    epochs: int = 0
    values: tuple[float, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """The trials of one earlier search; `label` says which."""

    label: str
    trials: tuple[PastTrial, ...]


@dataclass(frozen=True, slots=True)
class History:
    """All past trials of a study; `metric` is the objective that they are values of."""

    metric: str
    direction: Direction
    parts: tuple[Part, ...] = ()

    @property
    def trials(self) -> tuple[PastTrial, ...]:
        return tuple(trial for part in self.parts for trial in part.trials)

    @property
    def best(self) -> float:
        """The best objective; there must be a trial."""
        values = [trial.objective for trial in self.trials]
        return max(values) if self.direction is Direction.MAXIMIZE else min(values)

    @property
    def words(self) -> str:
        """How many trials from where, and the best, for a line of text."""
        labels = [part.label for part in self.parts]
        sources = " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
        count = len(self.trials)
        return f"{count} trial{'' if count == 1 else 's'} from {sources}; best {self.best:.4g}"

    def with_part(self, part: Part) -> "History":
        """The history with one more search; one of the same label is replaced."""
        kept = tuple(other for other in self.parts if other.label != part.label)
        return replace(self, parts=(*kept, part))

    def within(self, space: Space) -> "History":
        """What lies in `space`."""
        parts = (replace(p, trials=tuple(t for t in p.trials if space.contains(t.params))) for p in self.parts)
        return replace(self, parts=tuple(part for part in parts if part.trials))

    def write(self, path: Path) -> None:
        parts = [{"from": part.label, "trials": [_to_json(trial) for trial in part.trials]} for part in self.parts]
        write_json(
            path, {"format": _FORMAT, "metric": self.metric, "direction": self.direction.value, "searches": parts}
        )

    @classmethod
    def read(cls, path: Path) -> "History | None":
        """The stored history; None where there is none. Raises HistoryError when it cannot be read."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            parts = [Part(str(p["from"]), tuple(map(_from_json, p["trials"]))) for p in stored["searches"]]
            return cls(str(stored["metric"]), Direction(stored["direction"]), tuple(parts))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HistoryError(
                f"{path} cannot be read ({error})", "put back a copy; without a trial yet, delete it and import again"
            ) from error


def history_of(path: Path, objective: Objective, space: Space) -> History | None:
    """The history at `path` as far as it lies in `space`; None where nothing of it does, or there is none.

    Raises HistoryError when it cannot be read or has the values of another objective.
    """
    history = History.read(path)
    if history is None:
        return None
    if (history.metric, history.direction) != (objective.metric, objective.direction):
        raise HistoryError(
            f"{path} has values of {history.metric} ({history.direction.value}), and the objective is "
            f"{objective.metric} ({objective.direction.value})",
            "delete it and import again, or put the objective back",
        )
    inside = history.within(space)
    return inside if inside.parts else None


def fingerprint(path: Path) -> str:
    """What tells whether the history is the same; empty where there is none."""
    return checksum(path) if path.exists() else ""


def _to_json(trial: PastTrial) -> dict[str, Any]:
    values = [value if math.isfinite(value) else None for value in trial.values]
    return {
        "params": dict(trial.params),
        "objective": trial.objective,
        "epochs": trial.epochs,
        **({"values": values} if values else {}),
        **({"cut": True} if trial.cut else {}),
    }


def _from_json(stored: Mapping[str, Any]) -> PastTrial:
    values: Sequence[float | None] = stored.get("values", ())
    return PastTrial(
        dict(stored["params"]),
        float(stored["objective"]),
        int(stored["epochs"]),
        tuple(math.nan if value is None else float(value) for value in values),
        bool(stored.get("cut", False)),
    )

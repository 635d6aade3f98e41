"""An earlier search in its own words: what each reader hands over. Knows no space and no study."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.objective import Direction
from spaces.problems import MendableError, Value

NOT_FINISHED = "not finished"
FAILED = "failed"
NO_OBJECTIVE = "without an objective"


class SourceError(MendableError):
    """An earlier search that cannot be read, or is of no use here."""


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """A finished trial of the earlier search.

    params: by the search's own names; texts where it keeps only texts. metrics: values by name, at the best epoch.
    curves: values after each epoch, by metric. score: its objective, where that has no name.
    epochs: how many were trained, 0 when that is not known. cut: whether it was stopped early.
    """

    params: Mapping[str, Value]
    metrics: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    score: float | None = None
    score_curve: tuple[float, ...] = ()
    epochs: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """The earlier search.

    label: what it is, for a person. score_name: what its own objective is called there.
    direction: which way that improves; None when it does not say. left_out: reason -> number of its trials.
    fixed: values that did not vary in it.
    """

    label: str
    trials: tuple[SourceTrial, ...]
    score_name: str = "objective"
    direction: Direction | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fixed: Mapping[str, Value | tuple[Value, ...]] = field(default_factory=dict)


def plain(value: object) -> Value:
    """A parameter's value as one that a space may hold; what is none becomes its text."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

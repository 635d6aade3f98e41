"""What a tracker is told: plain values about one study and its trials. Knows no tracker and no other room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Value = bool | int | float | str | None
"""What a parameter may hold in one trial."""

TrialState = Literal["COMPLETE", "PRUNED", "FAILED"]


@dataclass(frozen=True, slots=True)
class StudyInfo:
    """One study as it starts or is taken up again.

    folder: where the study lives on disk; trackers keep their own files there.
    objective: the metric as it stands in the epoch rows (`val_accuracy`).
    parameters: names of the varied parameters.
    tags: further words about the study; `uuid`, when given, is its identity (else the folder is).
    further: the objectives after the first, as (name, direction); their values are among the metrics of a trial's
        result, and stand under these names on the leaderboard, with the `rank` of a trial (1 on the Pareto front).
    """

    name: str
    folder: Path
    spec_text: str
    objective: str
    direction: Literal["max", "min"]
    seed: int
    parameters: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    further: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TrialInfo:
    """One trial as it starts; `resumed_from_epoch` is the last epoch that it already has (0 = new)."""

    number: int
    params: Mapping[str, Value]
    seed: int
    resumed_from_epoch: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class EpochRow:
    """All metrics of one epoch (from 1); `at_ms` is its end in milliseconds since 1970."""

    epoch: int
    metrics: Mapping[str, float]
    at_ms: int


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How a trial ended; `metrics` are all metrics at the best epoch, `files` its own logs."""

    state: TrialState
    reason: str
    objective: float | None
    best_epoch: int
    epochs: int
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class StudySummary:
    """The study as a command leaves it; `finished` is False when it was interrupted and may go on.

    leaderboard: one dict a row, best first.
    best_so_far: (trial number, best objective up to it), in the order of the trial numbers.
    importances: parameter name -> share in [0, 1].
    counts: trials by state and totals.
    confirmed: what repeats with other seeds say: `verdict`, and `finalists`, best mean first; empty for none.
    """

    leaderboard: tuple[Mapping[str, Any], ...]
    best_so_far: tuple[tuple[int, float], ...]
    importances: Mapping[str, float]
    ensemble: Mapping[str, Any]
    counts: Mapping[str, int]
    finished: bool
    confirmed: Mapping[str, Any] = field(default_factory=dict)

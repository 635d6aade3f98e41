"""What a training run is told, and what comes back. Knows no framework."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from models.objective import Objective
from models.spec.training import TrainingSpec

Clock = Callable[[], float]
"""Seconds that only go forward, from any start."""

Ending = Literal["epochs", "early stopping", "nan", "target", "callback", "order", "pause"]
"""Why training ended; `callback`: one of the user's, `order`: told to stop, `pause`: told to go on another time."""


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How to train one configuration.

    seed: decides first weights, dropout, augmentation, and the order of the rows in each epoch.
    csv_log: the file of the CSV log, or None; the log is written when `training.csv_log` says so too.
    """

    training: TrainingSpec
    objective: Objective
    seed: int
    csv_log: Path | None = None
    clock: Clock = time.monotonic


@dataclass(frozen=True, slots=True)
class FitResult:
    """One trial's training over its whole life, pauses and resumes included.

    history: one mapping of metric names to values an epoch.
    objective, best_epoch: by the objective's rule; nan and 0 when no epoch has a number.
    seconds: spent training, without the time between a pause and its resume.
    stopped_by: the user's callback that ended training, if one did.
    by_step: why it was trained with a call for each step, as a clause; empty for whole epochs.
    best_seconds: of the epochs up to the best one. costs: see `models.training.costs`; empty where none is asked for.
    """

    history: tuple[dict[str, float], ...]
    objective: float
    best_epoch: int
    epochs: int
    seconds: float
    ended_by: Ending
    stopped_by: str = ""
    by_step: str = ""
    best_seconds: float = 0.0
    costs: Mapping[str, float] = field(default_factory=dict)

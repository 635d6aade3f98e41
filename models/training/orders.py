"""What a coordinator may order a training run to do after an epoch. Knows no framework."""

from dataclasses import dataclass
from enum import StrEnum


class Order(StrEnum):
    """GO_ON trains the next epoch; PAUSE writes a checkpoint and leaves; STOP ends the trial with its best weights."""

    GO_ON = "go on"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One trained epoch. `epoch` counts from 1 over the whole life of the trial, pauses and resumes included.

    n_params: weights of the model; None where nobody asks for them.
    """

    epoch: int
    metrics: dict[str, float]
    seconds: float
    n_params: int | None = None

"""What the policy is told of a trial, and what it answers. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from spaces.problems import Value


class State(Enum):
    """RUNNING: in a worker. PAUSED: may go on. COMPLETE: came to an end of its own, which holds for all later epochs.

    CUT: ended early, and says nothing about epochs that it did not reach. BAD: failed or infeasible, to be avoided.
    """

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    CUT = "cut"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Seen:
    """A trial: `values[i]` is the objective's metric after epoch i + 1, NaN where it was not finite.

    until: the epoch that a RUNNING trial trains to.
    """

    number: int
    params: Mapping[str, Value]
    values: tuple[float, ...]
    state: State
    until: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """Train a new configuration to this epoch."""

    params: dict[str, Value]
    until: int


@dataclass(frozen=True, slots=True)
class Continue:
    """Train a paused trial on to this epoch."""

    number: int
    until: int


Choice = Start | Continue


@dataclass(frozen=True, slots=True)
class Memory:
    """What the policy must get back with the next question to go on as if it had never stopped (JSON values).

    parameters: of the kernel, as logarithms; empty before the first fit. points: how many it was fitted to.
    """

    parameters: tuple[float, ...] = ()
    points: int = 0

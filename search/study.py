"""The study's values: suggestions, curves, decisions, outcomes and events. Imports no framework, does nothing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from models.objective import Direction
from models.training.orders import EpochReport, Order
from spaces.dimensions import Dimension
from spaces.problems import Value

Params = Mapping[str, Value]
"""The active varied parameters of one trial, by parameter name."""


OPEN_END = 1_000_000
"""Epochs of a suggestion whose trial ends when the user's own code does: nobody knows how many there are."""


class TrialState(StrEnum):
    """RUNNING and PAUSED trials may go on; the other states are final."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self not in (TrialState.RUNNING, TrialState.PAUSED)


class Cause(StrEnum):
    """Why a trial ended, in one word for tables and rules; `Outcome.reason` says it in a sentence."""

    FINISHED = "finished"
    EARLY_STOPPED = "early stopped"
    CALLBACK = "stopped by a callback"
    PRUNED = "pruned"
    TARGET = "target reached"
    BUDGET = "budget used up"
    NAN = "nan"
    OUT_OF_MEMORY = "out of memory"
    OVER_TIME = "over time"
    INFEASIBLE = "infeasible"
    DUPLICATE = "duplicate"
    LOST = "worker lost"
    ERROR = "error"


UNTRAINED = (Cause.INFEASIBLE, Cause.DUPLICATE)
"""Causes of suggestions that were recorded and told, and never trained: they use no trial of the budget."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a trial repeats: the configuration of trial `of`, in a round (from 1) that has one seed for all of them."""

    of: int
    round: int
    seed: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to train next. `epochs` is the epoch to train to; with `resume` the trial goes on from its checkpoint.

    With `resume` and no epochs, nothing is trained: what the checkpoint holds is stored as the trial's end.
    pause_after: the epoch, counted from the trial's first, after which it pauses when more are left; None for none.
    state: what the driver must get back on `restore` to go on as if it had never stopped (JSON values).
    repeat: for a trial that confirms an earlier one; the driver does not know it.
    """

    number: int
    params: Params
    epochs: int
    source: str = ""
    resume: bool = False
    state: Mapping[str, object] = field(default_factory=dict)
    pause_after: int | None = None
    repeat: Repeat | None = None

    def to_store(self) -> "Suggestion":
        """The same trial, to be stored as its checkpoint has it."""
        return replace(self, resume=True, epochs=0)


@dataclass(frozen=True, slots=True)
class Curve:
    """A trial as pruners see it: `values[i]` is the objective's metric after epoch i + 1; NaN where it was not finite.

    ended: whether no more epochs will come (finished, early-stopped, pruned or failed).
    cut: whether it was pruned or failed; then it says nothing about epochs that it did not reach.
    n_params: weights of its model; known in studies with several objectives, once an epoch was reported.
    """

    number: int
    values: tuple[float, ...]
    ended: bool = False
    cut: bool = False
    n_params: int | None = None

    @classmethod
    def of(
        cls, number: int, values: Sequence[float], outcome: "Outcome | None", n_params: int | None = None
    ) -> "Curve":
        """The curve of a trial that ended with `outcome`, or that may still go on (None)."""
        complete = outcome is not None and outcome.state is TrialState.COMPLETE
        cut = outcome is not None and not complete
        return cls(number, tuple(values), ended=outcome is not None, cut=cut, n_params=n_params)

    @property
    def is_complete(self) -> bool:
        """Whether it came to an end of its own: all its epochs, or early stopping."""
        return self.ended and not self.cut

    def best(self, direction: Direction, *, until: int | None = None) -> float:
        """Best value over the first `until` epochs; a complete trial keeps its best for every later epoch.

        NaN when there is no number among them, and for any other trial that has not come so far.
        """
        if until is not None and len(self.values) < until and not self.is_complete:
            return math.nan
        best = math.nan
        for value in self.values[:until]:
            if direction.better(value, best):
                best = value
        return best


@dataclass(frozen=True, slots=True)
class Decision:
    """A pruner's answer; `reason` is a sentence for a person and is recorded with the trial."""

    order: Order
    reason: str = ""

    @classmethod
    def go_on(cls) -> "Decision":
        return cls(Order.GO_ON)

    @classmethod
    def stop(cls, reason: str) -> "Decision":
        return cls(Order.STOP, reason)

    @classmethod
    def pause(cls, reason: str) -> "Decision":
        return cls(Order.PAUSE, reason)


@dataclass(frozen=True, slots=True)
class AuditedStop:
    """The stop of a trial that was let go on for the audit of pruning: after which epoch, and the pruner's reason.

    best: the objective of the incumbent at that moment; None when there was none.
    """

    epoch: int
    reason: str
    best: float | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a trial rests, and why, in a sentence; `seconds` is how long it had trained until then."""

    epoch: int
    reason: str = ""
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """Where and why, for a table or as the begin of a sentence."""
        where = f"paused at epoch {self.epoch}"
        return f"{where} ({self.reason})" if self.reason else where


@dataclass(frozen=True, slots=True)
class Promotion:
    """The paused trial that is to go on, and why, in a sentence for a person."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended. `objective` is None when there is none: failed, infeasible, or before the first epoch."""

    state: TrialState
    cause: Cause
    reason: str = ""
    objective: float | None = None
    best_epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class RecordedTrial:
    """A trial as the record holds it; `outcome` is None while it may still go on.

    ended: how many trials of the study had ended before it did.
    audited: the stop that was not carried out, for the audit of pruning.
    pause: where it rests until it is promoted; None for one that trains, was interrupted, or has ended.
    promoted: the epochs from which it has gone on after a pause, rising.
    """

    suggestion: Suggestion
    values: Sequence[float]
    outcome: Outcome | None
    seconds: float = 0.0
    ended: int = 0
    audited: AuditedStop | None = None
    pause: Pause | None = None
    promoted: tuple[int, ...] = ()

    @property
    def number(self) -> int:
        return self.suggestion.number

    @property
    def state(self) -> TrialState:
        if self.outcome is not None:
            return self.outcome.state
        return TrialState.RUNNING if self.pause is None else TrialState.PAUSED

    @property
    def curve(self) -> Curve:
        return Curve.of(self.number, self.values, self.outcome)


@dataclass(frozen=True, slots=True)
class Started:
    """A worker has begun the trial; `epoch` is the last one already trained (0 for a new trial), in `trained_s`.

    history: the logs of these epochs, from the trial's checkpoint. It may know more than the record, which loses the
        last reports of a study that was killed.
    """

    number: int
    worker: int
    epoch: int
    trained_s: float = 0.0
    history: tuple[Mapping[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The user's code has built the trial's model, and asked for these parameters; comes before `Started`.

    params: the active ones with their values. dimensions: everything that it asked for and that varies, inactive ones
    included. places: where in the code each was asked for.
    """

    number: int
    params: Params
    dimensions: tuple[Dimension, ...]
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reported:
    """A worker has trained one epoch and waits for the answer."""

    number: int
    report: EpochReport


@dataclass(frozen=True, slots=True)
class Finished:
    """The trial has ended in its worker, which is free again; its files are on disk."""

    number: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Paused:
    """The trial has written its checkpoint and left its worker."""

    number: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker died, hung or was ended while it trained this trial; it has been replaced.

    hint: what may be behind it, for when it happens to the trial again and again.
    """

    number: int
    cause: Cause
    reason: str
    hint: str = ""


Event = Settled | Started | Reported | Finished | Paused | Lost

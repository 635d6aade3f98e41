"""The running study in memory: its trials, curves, incumbent and what has been spent. Talks to nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.objective import Objective
from models.training.orders import EpochReport
from search.budget import Spent
from search.study import Cause, Curve, Outcome, Params, RecordedTrial, Suggestion, TrialState


@dataclass(slots=True)
class Entry:
    """One trial. `ordered` is why the coordinator told it to stop, if it did; `losses` counts workers lost with it."""

    suggestion: Suggestion
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    outcome: Outcome | None = None
    ordered: tuple[Cause, str] | None = None
    losses: int = 0
    is_training: bool = False

    @property
    def number(self) -> int:
        return self.suggestion.number

    @property
    def curve(self) -> Curve:
        return Curve.of(self.number, self.values, self.outcome)


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best trial so far."""

    number: int
    value: float
    epoch: int
    params: Params


class Ledger:
    """All trials of a study by number, restored ones included."""

    def __init__(self, objective: Objective, restored: Sequence[RecordedTrial] = ()) -> None:
        self._objective = objective
        self.entries: dict[int, Entry] = {}
        self._curves: dict[int, Curve] = {}
        for trial in restored:
            entry = Entry(trial.suggestion, values=list(trial.values), seconds=trial.seconds, outcome=trial.outcome)
            self.entries[trial.number] = entry
            self._curves[trial.number] = entry.curve

    def begin(self, suggestion: Suggestion) -> Entry:
        """A new trial, or one that goes on."""
        entry = self.entries.get(suggestion.number)
        if entry is None:
            entry = self.entries[suggestion.number] = Entry(suggestion)
        entry.is_training, entry.ordered = True, None
        return entry

    def epoch(self, number: int, report: EpochReport) -> Entry:
        """One trained epoch; an epoch repeated after a lost worker replaces what it had been."""
        entry = self.entries[number]
        del entry.values[report.epoch - 1 :]
        entry.values.append(report.metrics[self._objective.metric])
        entry.seconds += report.seconds
        self._curves[number] = entry.curve
        return entry

    def end(self, number: int, outcome: Outcome) -> Entry:
        entry = self.entries[number]
        entry.outcome, entry.is_training = outcome, False
        self._curves[number] = entry.curve
        return entry

    def rest(self, number: int) -> Entry:
        """The trial has left its worker and may go on later."""
        entry = self.entries[number]
        entry.is_training = False
        return entry

    def others(self, number: int) -> list[Curve]:
        """The curves of all trials that trained, without trial `number`."""
        return [curve for n, curve in self._curves.items() if n != number and curve.values]

    @property
    def training(self) -> list[Entry]:
        return [e for e in self.entries.values() if e.is_training]

    @property
    def unfinished(self) -> list[Entry]:
        """Trials that may go on and are not being trained, oldest first."""
        return [e for e in self.entries.values() if e.outcome is None and not e.is_training]

    def spent(self, seconds: float) -> Spent:
        """Trials and epochs used so far; trials that were never trained (infeasible) cost nothing."""
        counted = [e for e in self.entries.values() if not e.outcome or e.outcome.cause is not Cause.INFEASIBLE]
        return Spent(trials=len(counted), seconds=seconds, epochs=sum(len(e.values) for e in counted))

    def count(self, state: TrialState, cause: Cause | None = None) -> int:
        return sum(
            1
            for e in self.entries.values()
            if e.outcome and e.outcome.state is state and (cause is None or e.outcome.cause is cause)
        )

    @property
    def incumbent(self) -> Incumbent | None:
        """The best value of any trial, running ones included."""
        best: Incumbent | None = None
        for entry in self.entries.values():
            value, epoch = self._standing(entry)
            if epoch and (best is None or self._objective.direction.better(value, best.value)):
                best = Incumbent(entry.number, value, epoch, entry.suggestion.params)
        return best

    def _standing(self, entry: Entry) -> tuple[float, int]:
        if entry.outcome is not None:
            value = entry.outcome.objective
            return (value, entry.outcome.best_epoch) if value is not None else (float("nan"), 0)
        return self._objective.read([{self._objective.metric: v} for v in entry.values])

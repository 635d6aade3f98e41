"""The running study in memory: its trials, standings, incumbent and what has been spent. Talks to nobody.

Whatever is asked for each event is counted as it happens: no question walks over all trials of the study.
"""

import math
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.objective import Objective
from models.spec.costs import PARAMS
from models.training.orders import EpochReport
from search.budget import Spent
from search.front import Aims, Front
from search.ports import Rested
from search.resting import Places, RestingTrials
from search.standings import Group, Rivals, Standings
from search.study import (
    UNTRAINED,
    AuditedStop,
    Cause,
    Curve,
    Outcome,
    Params,
    Pause,
    RecordedTrial,
    Suggestion,
    TrialState,
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One trial. `ordered` is why the coordinator told it to stop, if it did; `losses` counts workers lost with it.

    n_params: weights of its model, where there are several objectives and they are known.

    audited: the stop that was not carried out, for the audit of pruning.
    pause: where it was told to rest until it is promoted. promoted: the epochs from which it has gone on after that.
    """

    suggestion: Suggestion
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    outcome: Outcome | None = None
    ordered: tuple[Cause, str] | None = None
    losses: int = 0
    is_training: bool = False
    audited: AuditedStop | None = None
    pause: Pause | None = None
    promoted: tuple[int, ...] = ()
    n_params: int | None = None

    @property
    def number(self) -> int:
        return self.suggestion.number

    @property
    def curve(self) -> Curve:
        return Curve.of(self.number, self.values, self.outcome, self.n_params)

    @property
    def is_repeat(self) -> bool:
        """Whether it confirms an earlier trial: neither pruner nor incumbent look at it."""
        return self.suggestion.repeat is not None

    @property
    def is_beyond_pauses(self) -> bool:
        """Whether it has more epochs than when it last went on; until then, epochs that were lost are trained again."""
        return not self.promoted or len(self.values) > self.promoted[-1]


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best trial so far."""

    number: int
    value: float
    epoch: int
    params: Params


class Ledger:
    """All trials of a study by number, restored ones included.

    group: in which group a trial competes under the study's pruner. aims: of a study with several objectives; `front`
        is there for these alone.
    """

    def __init__(
        self, objective: Objective, restored: Sequence[RecordedTrial] = (), *, group: Group = lambda number: 0,
        aims: Aims = (),
    ) -> None:  # fmt: skip
        self._objective = objective
        self._standings = Standings(objective.direction, group)
        self.entries: dict[int, Entry] = {}
        self._training: dict[int, Entry] = {}
        self._unfinished: list[int] = []
        self.resting = RestingTrials(objective.direction, group)
        self.places = Places(objective.direction)
        self.repeats: dict[int, list[Entry]] = defaultdict(list)
        self.front = Front(aims) if aims else None
        self._states: Counter[TrialState] = Counter()
        self._causes: Counter[tuple[TrialState, Cause]] = Counter()
        self._trials = 0
        self._epochs = 0
        for trial in restored:
            self._take(trial)

    def _take(self, trial: RecordedTrial) -> None:
        entry = self.entries[trial.number] = Entry(
            trial.suggestion, seconds=trial.seconds, audited=trial.audited, promoted=trial.promoted
        )
        self._added(entry)
        for epoch, value in enumerate(trial.values, start=1):
            self._value(entry, epoch, value)
        for epoch in trial.promoted:
            self.resting.goes_on_from(trial.number, epoch)
        if trial.outcome is not None:
            self.end(trial.number, trial.outcome)
        elif trial.pause is not None:
            entry.pause = trial.pause
            self._lie_down(entry)
        else:
            insort(self._unfinished, trial.number)

    def begin(self, suggestion: Suggestion) -> Entry:
        """A new trial, or one that goes on."""
        number = suggestion.number
        entry = self.entries.get(number)
        if entry is None:
            entry = self.entries[number] = Entry(suggestion)
            self._added(entry)
        else:
            self._wake(number)
        if entry.pause is not None:
            self.resting.goes_on_from(number, entry.pause.epoch)
            entry.promoted, entry.pause = (*entry.promoted, entry.pause.epoch), None
        entry.is_training, entry.ordered = True, None
        self._training[number] = entry
        return entry

    def epoch(self, number: int, report: EpochReport) -> Entry:
        """One trained epoch; an epoch repeated after a lost worker replaces what it had been."""
        entry = self.entries[number]
        self._value(entry, report.epoch, report.metrics[self._objective.metric])
        entry.seconds += report.seconds
        self._weigh(entry, report.n_params)
        return entry

    def missing(self, number: int, history: Sequence[Mapping[str, float]]) -> list[EpochReport]:
        """The epochs of a trial's checkpoint, `history`, that are not known here.

        A study that was killed has lost what was reported last; the checkpoint may have it. Its seconds are lost.
        """
        known = len(self.entries[number].values)
        return [EpochReport(n, dict(logs), 0.0) for n, logs in enumerate(history, start=1) if n > known]

    def end(self, number: int, outcome: Outcome) -> Entry:
        entry = self.entries[number]
        entry.outcome, entry.is_training, entry.pause = outcome, False, None
        self._training.pop(number, None)
        self._wake(number)
        self._states[outcome.state] += 1
        self._causes[outcome.state, outcome.cause] += 1
        if outcome.cause in UNTRAINED:
            # it costs nothing
            self._trials -= 1
            self._epochs -= len(entry.values)
        if entry.is_repeat:
            return entry
        if outcome.state is TrialState.COMPLETE:
            self._standings.complete(number)
        if self.front is not None:
            self.front.ended(number, outcome)
            self._weigh(entry, outcome.metrics.get(PARAMS))
        self.places.put(number, self._standing(entry)[0])
        return entry

    def rest(self, number: int) -> Entry:
        """The trial has left its worker and may go on later: when it is promoted, if it was told to pause."""
        entry = self.entries[number]
        entry.is_training = False
        if self._training.pop(number, None) is not None:
            if entry.pause is not None:
                self._lie_down(entry)
            else:
                insort(self._unfinished, number)
        return entry

    def call_up(self, number: int) -> Entry:
        """A paused trial is unfinished from now on, as one that was interrupted."""
        entry = self.entries[number]
        self._wake(number)
        entry.pause = None
        insort(self._unfinished, number)
        return entry

    def others(self, number: int) -> Rivals:
        """All trials that trained and compete with trial `number`, as its pruner asks about them."""
        return self._standings.beside(number)

    @property
    def in_flight(self) -> int:
        """How many trials are being trained."""
        return len(self._training)

    @property
    def training(self) -> list[Entry]:
        """The trials that are being trained, by number."""
        return [self._training[number] for number in sorted(self._training)]

    @property
    def unfinished(self) -> list[Entry]:
        """Trials that go on as soon as a worker is free, oldest first; paused ones are not among them."""
        return [self.entries[number] for number in self._unfinished]

    @property
    def next_unfinished(self) -> Entry | None:
        """The oldest of them."""
        return self.entries[self._unfinished[0]] if self._unfinished else None

    def spent(self, seconds: float) -> Spent:
        """Trials and epochs used so far; those that were never trained cost nothing."""
        return Spent(trials=self._trials, seconds=seconds, epochs=self._epochs)

    def count(self, state: TrialState, cause: Cause | None = None) -> int:
        return self._states[state] if cause is None else self._causes[state, cause]

    def objective_now(self, number: int) -> float:
        """What the objective of trial `number` would be if it ended now; NaN before its first number."""
        return self._standing(self.entries[number])[0]

    @property
    def incumbent(self) -> Incumbent | None:
        """The best value of any trial, running ones included; the older trial of two alike."""
        first = self.places.first
        best = None if first is None else self._better(None, self.entries[first])
        for entry in (*self._training.values(), *self.unfinished):
            best = best if entry.is_repeat else self._better(best, entry)
        return best

    # -------------------------------------------------------------------------------- keeping count
    def _added(self, entry: Entry) -> None:
        self._trials += 1
        if entry.suggestion.repeat is not None:
            self.repeats[entry.suggestion.repeat.of].append(entry)

    def _value(self, entry: Entry, epoch: int, value: float) -> None:
        before = len(entry.values)
        del entry.values[epoch - 1 :]
        # an epoch that was never told keeps its place: the others must not move
        entry.values += [math.nan] * (epoch - 1 - len(entry.values)) + [value]
        self._epochs += len(entry.values) - before
        if not entry.is_repeat:
            for told in range(min(before + 1, epoch), epoch + 1):
                self._standings.report(entry.number, told, entry.values[told - 1])

    def _weigh(self, entry: Entry, n_params: float | None) -> None:
        if n_params is not None:
            entry.n_params = int(n_params)
            self._standings.weigh(entry.number, entry.n_params)

    def _wake(self, number: int) -> None:
        place = bisect_left(self._unfinished, number)
        if place < len(self._unfinished) and self._unfinished[place] == number:
            del self._unfinished[place]
        self.resting.remove(number)
        self.places.drop(number)

    def _lie_down(self, entry: Entry) -> None:
        """The trial rests where it was told to."""
        assert entry.pause is not None
        best = entry.curve.best(self._objective.direction, until=entry.pause.epoch)
        self.resting.add(Rested(entry.number, entry.pause.epoch, best))
        self.places.put(entry.number, self._standing(entry)[0])

    def _better(self, best: Incumbent | None, entry: Entry) -> Incumbent | None:
        value, epoch = self._standing(entry)
        if not epoch:
            return best
        better = self._objective.direction.better
        if best is None or better(value, best.value) or (entry.number < best.number and not better(best.value, value)):
            return Incumbent(entry.number, value, epoch, entry.suggestion.params)
        return best

    def _standing(self, entry: Entry) -> tuple[float, int]:
        if entry.outcome is not None:
            value = entry.outcome.objective
            return (value, entry.outcome.best_epoch) if value is not None else (math.nan, 0)
        return self._objective.read([{self._objective.metric: v} for v in entry.values])

"""Plays curves on a manual clock through the backend port: whole studies in milliseconds, without TensorFlow.

A simulated second costs nothing, nothing sleeps, and the same calls give the same events.
"""

import heapq
import itertools
import traceback
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field

from models.objective import Objective
from models.spec.costs import PARAMS
from models.training.orders import EpochReport, Order
from search.clock import ManualClock
from search.study import (
    Cause,
    Decision,
    Event,
    Finished,
    Lost,
    Outcome,
    Params,
    Paused,
    Reported,
    Started,
    Suggestion,
    TrialState,
)

History = tuple[EpochReport, ...]
"""The trained epochs of a trial: all that a simulated checkpoint holds."""

Curve = Callable[[Params, int], Mapping[str, float] | Exception | None]
"""The logs of an epoch (from 1) under a configuration. None: the trial stopped early before this epoch. An
exception, returned or raised, ends the trial; a MemoryError as out of memory."""


@dataclass(slots=True)
class _Trial:
    """A trial in a worker. `waits` while its last report has no answer."""

    suggestion: Suggestion
    worker: int
    history: list[EpochReport]
    waits: bool = False


@dataclass(kw_only=True)
class SimulatedBackend:
    """Workers on simulated time: an epoch takes `seconds_per_epoch`, everything else takes none.

    clock: moved by `events` alone, to the next event or by the whole timeout when there is none.
    lose: (number, epoch) -> cause; its worker is lost in the middle of that epoch, once, and replaced.
    curve_of: the curve of a suggestion, where it is to depend on its seed; in place of `curve`.
    costs: of the model of a configuration, by name; told with the outcome, and `params` with every epoch.
    checkpoints: the trained epochs of unfinished trials by number, as on disk; another backend that gets them can
        resume.

    A trial that is told to stop ends COMPLETE, with its best so far, as in a real worker: only the
    coordinator knows why it gave the order.
    """

    curve: Curve = field(kw_only=False)
    objective: Objective
    workers: int
    seconds_per_epoch: float | Callable[[Params, int], float]
    clock: ManualClock
    lose: Mapping[tuple[int, int], Cause] = field(default_factory=dict)
    checkpoints: MutableMapping[int, History] = field(default_factory=dict)
    curve_of: Callable[[Suggestion], Curve] | None = None
    costs: Callable[[Params], Mapping[str, float]] = lambda params: {}

    def __post_init__(self) -> None:
        self._trials: dict[int, _Trial] = {}
        self._idle = list(range(self.workers))
        self._queue: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._lost: set[tuple[int, int]] = set()
        self._is_closed = False

    @property
    def free(self) -> int:
        return 0 if self._is_closed else self.workers - len(self._trials)

    def submit(self, suggestion: Suggestion) -> None:
        if self.free <= 0:
            raise RuntimeError(f"no worker is free for trial {suggestion.number}")
        history = self.checkpoints.get(suggestion.number, ()) if suggestion.resume else ()
        worker = heapq.heappop(self._idle)
        trial = self._trials[suggestion.number] = _Trial(suggestion, worker, list(history))
        told = tuple(report.metrics for report in history)
        trained_s = sum(report.seconds for report in history)
        self._at(0.0, Started(suggestion.number, worker, len(history), trained_s, history=told))
        self._train(trial)

    def events(self, timeout_s: float) -> Iterable[Event]:
        """All events of the next moment that has any, within the timeout; the clock stands at that moment."""
        until = self.clock.monotonic_s() + timeout_s
        if not self._queue or self._queue[0][0] > until:
            self.clock.advance_to(until)
            return ()
        self.clock.advance_to(max(self._queue[0][0], self.clock.monotonic_s()))
        happened = []
        while self._queue and self._queue[0][0] <= self.clock.monotonic_s():
            event = heapq.heappop(self._queue)[2]
            self._enter(event)
            happened.append(event)
        return tuple(happened)

    def answer(self, number: int, decision: Decision) -> None:
        """Raises: RuntimeError when trial `number` waits for no answer."""
        trial = self._trials.get(number)
        if trial is None or not trial.waits:
            raise RuntimeError(f"trial {number} waits for no answer")
        trial.waits = False
        if decision.order is Order.STOP:
            self._at(0.0, Finished(number, self._complete(trial, Cause.FINISHED, decision.reason)))
        elif decision.order is Order.PAUSE:
            self._at(0.0, Paused(number, len(trial.history)))
        else:
            self._train(trial)

    def end(self, number: int, cause: Cause, reason: str) -> None:
        now = self.clock.monotonic_s()
        due = [event for at_s, _, event in self._queue if event.number == number and at_s <= now]
        if number in self._trials and not any(isinstance(event, Finished | Paused | Lost) for event in due):
            self._queue = [entry for entry in self._queue if entry[2].number != number]
            heapq.heapify(self._queue)
            self._at(0.0, Lost(number, cause, reason))

    def close(self, *, gently: bool) -> None:
        """Ends all trials; gently, their `Paused` are the last events."""
        self._queue = [entry for entry in self._queue if gently and isinstance(entry[2], Finished | Paused)]
        heapq.heapify(self._queue)
        leaving = {entry[2].number for entry in self._queue}
        for number, trial in self._trials.items():
            if gently and number not in leaving:
                self._at(0.0, Paused(number, len(trial.history)))
        self._is_closed = True

    # -------------------------------------------------------------------------------- inside a worker
    def _train(self, trial: _Trial) -> None:
        """What comes of the next epoch, with its time."""
        number, params = trial.suggestion.number, trial.suggestion.params
        epoch = len(trial.history) + 1
        if epoch > trial.suggestion.epochs:
            self._at(0.0, Finished(number, self._complete(trial, Cause.FINISHED)))
            return
        spent = self.seconds_per_epoch
        seconds = spent(params, epoch) if callable(spent) else spent
        cause = self.lose.get((number, epoch))
        if cause is not None and (number, epoch) not in self._lost:
            self._lost.add((number, epoch))
            self._at(seconds / 2, Lost(number, cause, f"{cause.value} in epoch {epoch}"))
            return
        try:
            curve = self.curve if self.curve_of is None else self.curve_of(trial.suggestion)
            logs = curve(params, epoch)
        except Exception as error:  # the curve stands for the user's model: what it raises belongs to the trial
            logs = error
        if logs is None:
            self._at(0.0, Finished(number, self._complete(trial, Cause.EARLY_STOPPED)))
        elif isinstance(logs, Exception):
            self._at(seconds / 2, Finished(number, self._broken(trial, logs)))
        else:
            n_params = self.costs(params).get(PARAMS)
            report = EpochReport(epoch, dict(logs), seconds, None if n_params is None else int(n_params))
            self._at(seconds, Reported(number, report))

    def _enter(self, event: Event) -> None:
        """The event happens now: an epoch is on disk, or a worker is free again."""
        trial = self._trials.get(event.number)
        if trial is None or isinstance(event, Started):
            return
        if isinstance(event, Reported):
            trial.history.append(event.report)
            trial.waits = True
            self.checkpoints[event.number] = tuple(trial.history)
        else:
            del self._trials[event.number]
            heapq.heappush(self._idle, trial.worker)
            if isinstance(event, Finished):
                self.checkpoints.pop(event.number, None)

    def _complete(self, trial: _Trial, cause: Cause, reason: str = "") -> Outcome:
        history = [report.metrics for report in trial.history]
        value, epoch = self.objective.read(history)
        seconds = sum(report.seconds for report in trial.history)
        if history and value != value:
            return Outcome(TrialState.PRUNED, Cause.NAN, "the objective is NaN", epochs=len(history), seconds=seconds)
        return Outcome(
            TrialState.COMPLETE,
            cause,
            reason,
            objective=value if history else None,
            best_epoch=epoch,
            epochs=len(history),
            seconds=seconds,
            metrics={**history[epoch - 1], **self.costs(trial.suggestion.params)} if history else {},
        )

    def _broken(self, trial: _Trial, error: Exception) -> Outcome:
        epochs = len(trial.history)
        seconds = sum(report.seconds for report in trial.history)
        if isinstance(error, MemoryError):
            reason = f"out of memory: {error}"
            return Outcome(TrialState.PRUNED, Cause.OUT_OF_MEMORY, reason, epochs=epochs, seconds=seconds)
        return Outcome(
            TrialState.FAILED,
            Cause.ERROR,
            f"{type(error).__name__}: {error}",
            epochs=epochs,
            seconds=seconds,
            traceback="".join(traceback.format_exception(error)),
        )

    def _at(self, seconds: float, event: Event) -> None:
        heapq.heappush(self._queue, (self.clock.monotonic_s() + seconds, next(self._order), event))

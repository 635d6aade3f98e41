"""Tells record and tracker the same story: what the loop knows, in the words of each. Decides nothing."""

from collections.abc import Callable
from pathlib import Path

from models.training.orders import EpochReport
from search.clock import Clock
from search.folder import StudyFolder
from search.record import Record
from search.study import AuditedStop, Outcome, Params, Pause, Suggestion
from spaces.space import Space
from tracking.tracker import Tracker
from tracking.values import EpochRow, TrialInfo, TrialResult

LOG_NAME = "log.csv"
"""The trial's own epoch log in its folder."""


class Teller:
    """The record first, then the tracker: what is recorded is not lost, but for the reports of the last second before a
    crash; what is tracked may come later."""

    def __init__(
        self, record: Record, tracker: Tracker, *, folder: StudyFolder, metric: str, clock: Clock,
        seed_of: Callable[[int], int],
    ) -> None:  # fmt: skip
        self._record = record
        self._tracker = tracker
        self._folder = folder
        self._metric = metric
        self._clock = clock
        self._seed_of = seed_of

    def new_trial(self, suggestion: Suggestion) -> None:
        """Recorded before it is handed to a worker, so that a killed study knows it."""
        self._record.start(suggestion, seed=self._seed(suggestion))

    def never_trained(self, suggestion: Suggestion, outcome: Outcome) -> None:
        """Recorded for the sampler's sake; an infeasible suggestion or a duplicate, so no tracker hears of it."""
        self._record.start(suggestion, seed=self._seed(suggestion))
        self._record.finish(suggestion.number, outcome)

    def trial_started(self, suggestion: Suggestion, *, epoch: int) -> None:
        seed = self._seed(suggestion)
        self._tracker.trial_started(
            TrialInfo(suggestion.number, suggestion.params, seed, resumed_from_epoch=epoch, source=suggestion.source)
        )

    def epoch(self, number: int, report: EpochReport) -> None:
        self._record.report(number, epoch=report.epoch, value=report.metrics[self._metric])
        self._tracker.epochs(number, [EpochRow(report.epoch, report.metrics, self._clock.wall_ms())])

    def settled(self, number: int, params: Params, space: Space) -> None:
        """Recorded before the trial reports: what it really has, and the space as it is now."""
        self._record.settle(number, params, space)

    def audited(self, number: int, stop: AuditedStop) -> None:
        """Recorded at once: a trial that goes on after a crash is to know where it would have been stopped."""
        self._record.audited(number, stop)

    def paused(self, number: int, pause: Pause) -> None:
        """Recorded before its worker is told, so that a killed study does not go on with it by itself."""
        self._record.pause(number, pause)

    def goes_on(self, suggestion: Suggestion, promoted: tuple[int, ...]) -> None:
        """A paused trial goes on; recorded before it is handed to a worker."""
        self._record.go_on(suggestion.number, promoted=promoted, pause_after=suggestion.pause_after)

    def keep_up(self) -> None:
        """Stores what has waited long enough; the loop calls it at every turn."""
        self._record.keep_up()

    def flush(self) -> None:
        """Stores everything now; for what may take long."""
        self._record.flush()

    def trial_finished(self, number: int, outcome: Outcome) -> None:
        self._record.finish(number, outcome)
        log = self._folder.trial(number) / LOG_NAME
        self._tracker.trial_finished(number, trial_result(outcome, (log,) if log.exists() else ()))

    def seconds(self, seconds: float) -> None:
        self._record.set_seconds(seconds)

    def _seed(self, suggestion: Suggestion) -> int:
        return suggestion.repeat.seed if suggestion.repeat else self._seed_of(suggestion.number)


def trial_result(outcome: Outcome, files: tuple[Path, ...]) -> TrialResult:
    """`outcome` as a tracker is told it; the reason is never empty."""
    return TrialResult(
        state=outcome.state.value,  # type: ignore[arg-type]
        reason=outcome.reason or outcome.cause.value,
        objective=outcome.objective,
        best_epoch=outcome.best_epoch,
        epochs=outcome.epochs,
        seconds=outcome.seconds,
        metrics=outcome.metrics,
        files=files,
    )

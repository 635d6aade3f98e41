"""What a person sees while a study runs: a live view on a terminal, plain lines elsewhere. Decides nothing."""

import sys
from dataclasses import dataclass
from typing import Protocol, TextIO

from search.budget import Budget, Spent
from search.front import Aims, Front, Values
from search.ledger import Incumbent, Ledger
from search.study import OPEN_END, Cause, Outcome, Pause, TrialState
from search.tables import cell, figure


@dataclass(frozen=True, slots=True)
class Training:
    """One trial that is being trained now."""

    number: int
    epoch: int
    epochs: int
    value: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class FrontNow:
    """The Pareto front at one moment: its trials from the best first objective on, and the values of each."""

    names: tuple[str, ...]
    trials: tuple[int, ...]
    values: tuple[Values, ...]

    @classmethod
    def of(cls, front: Front) -> "FrontNow":
        trials = tuple(front)
        return cls(tuple(aim.name for aim in front.aims), trials, tuple(front.values[n] for n in trials))


@dataclass(frozen=True, slots=True)
class Progress:
    """The study at one moment. front: where there are several objectives."""

    complete: int
    pruned: int
    infeasible: int
    failed: int
    training: tuple[Training, ...]
    incumbent: Incumbent | None
    budget: Budget
    spent: Spent
    duplicate: int = 0
    paused: int = 0
    front: FrontNow | None = None

    @classmethod
    def of(cls, ledger: Ledger, budget: Budget, *, seconds: float) -> "Progress":
        training = tuple(
            Training(e.number, len(e.values), e.suggestion.epochs, e.values[-1] if e.values else None, e.seconds)
            for e in ledger.training
        )
        infeasible = ledger.count(TrialState.PRUNED, Cause.INFEASIBLE)
        duplicate = ledger.count(TrialState.PRUNED, Cause.DUPLICATE)
        return cls(
            complete=ledger.count(TrialState.COMPLETE),
            pruned=ledger.count(TrialState.PRUNED) - infeasible - duplicate,
            infeasible=infeasible,
            duplicate=duplicate,
            failed=ledger.count(TrialState.FAILED),
            training=training,
            incumbent=ledger.incumbent,
            budget=budget,
            spent=ledger.spent(seconds),
            paused=len(ledger.resting),
            front=FrontNow.of(ledger.front) if ledger.front is not None else None,
        )


class View(Protocol):
    """Shows the study; never raises and never waits."""

    def show(self, progress: Progress) -> None: ...

    def trial_ended(self, number: int, outcome: Outcome) -> None: ...

    def say(self, line: str) -> None: ...

    def close(self) -> None: ...


class SilentView:
    """Shows nothing."""

    def show(self, progress: Progress) -> None: ...

    def trial_ended(self, number: int, outcome: Outcome) -> None: ...

    def say(self, line: str) -> None: ...

    def close(self) -> None: ...


class LinesView:
    """For logs and pipes: what is searched, one line a finished trial, and every new best, or every change of the
    front."""

    def __init__(self, stream: TextIO, *, study: str, metric: str, aims: Aims = ()) -> None:
        self._stream = stream
        self._study = study
        self._metric = metric
        self._aims = aims
        self._front: FrontNow | None = None
        self._begun = False
        self._best: Incumbent | None = None

    def show(self, progress: Progress) -> None:
        if not self._begun:
            self._begun = True
            self.say(first_line(self._study, self._metric, progress))
        if progress.front is not None:
            if progress.front.trials and progress.front != self._front:
                self._front = progress.front
                self.say(", ".join(front_lines(progress.front)))
            return
        best = progress.incumbent
        if best is None or any(t.number == best.number for t in progress.training):
            return
        if self._best is None or (best.number, best.value) != (self._best.number, self._best.value):
            self._best = best
            self.say(f"best so far: {incumbent_line(best, self._metric)}")

    def trial_ended(self, number: int, outcome: Outcome) -> None:
        self.say(ended_line(number, outcome, self._aims))

    def say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def close(self) -> None: ...


def view_for(stream: TextIO, *, study: str, metric: str, aims: Aims = ()) -> View:
    """The live view on a terminal, plain lines elsewhere. aims: of a study with several objectives."""
    if stream is sys.stdout and stream.isatty():
        from search.live_view import LiveView

        return LiveView(study, metric, aims=aims)
    return LinesView(stream, study=study, metric=metric, aims=aims)


def ended_line(number: int, outcome: Outcome, aims: Aims = ()) -> str:
    """One finished trial in one line."""
    word = {
        TrialState.COMPLETE: "done  ",
        TrialState.PRUNED: "pruned",
        TrialState.FAILED: "FAILED",
    }.get(outcome.state, outcome.state.value)
    value = "-" if outcome.objective is None else f"{outcome.objective:.4f} at epoch {outcome.best_epoch}"
    why = outcome.reason or ("" if outcome.cause is Cause.FINISHED else outcome.cause.value)
    epochs = f"{outcome.epochs:>3} epoch{' ' if outcome.epochs == 1 else 's'}"
    line = f"trial {number:>3}  {word}  {value:<20} {epochs} {outcome.seconds:6.1f} s"
    costs = [f"{aim.name} {figure(outcome.metrics[aim.name])}" for aim in aims[1:] if aim.name in outcome.metrics]
    line = "  ".join((line, *costs))
    return f"{line}  {why}".rstrip()


def paused_line(number: int, pause: Pause, value: float) -> str:
    """A trial that rests, in one line."""
    return f"trial {number:>3}  paused  {f'{value:.4f} after epoch {pause.epoch}':<20}  {pause.reason}".rstrip()


def goes_on_line(number: int, pause: Pause, reason: str) -> str:
    """A paused trial that goes on, in one line."""
    return f"trial {number:>3}  goes on after epoch {pause.epoch}  {reason}".rstrip()


def first_line(study: str, metric: str, progress: Progress) -> str:
    """What is searched and how long, and what an earlier command has done of it."""
    budget, spent = progress.budget, progress.spent
    bounds = [
        f"{budget.trials} trials" if budget.trials else "",
        f"{budget.epochs} epochs" if budget.epochs else "",
        clock_time(budget.seconds) if budget.seconds else "",
    ]
    line = f"{study}: {metric}, at most {' · '.join(b for b in bounds if b)}"
    if budget.goals.target is not None:
        line += f", until {budget.goals.target:g}"
    ended = progress.complete + progress.pruned + progress.failed
    if ended:
        line += f"; goes on after {ended} trials, {spent.epochs} epochs and {clock_time(spent.seconds)}"
    return line


def training_line(training: Training, metric: str) -> str:
    """One trial at work, in columns that keep their places."""
    width = len(str(training.epochs))
    value = "" if training.value is None else f"{metric} {training.value:.4f}"
    if not training.epoch:
        return f"  trial {training.number:>3}  starting"
    of = f"{training.epoch:>{width}} of {training.epochs}" if training.epochs < OPEN_END else f"{training.epoch:>4}"
    line = f"  trial {training.number:>3}  epoch {of}"
    return f"{line}  {training.seconds:>5.0f} s  {value}".rstrip()


def spent_line(budget: Budget, spent: Spent) -> str:
    """What is used of what there is."""
    return " · ".join(
        (
            _of(str(spent.trials), budget.trials, "trials"),
            _of(str(spent.epochs), budget.epochs, "epochs"),
            _of(
                clock_time(spent.seconds),
                None if budget.seconds is None else clock_time(budget.seconds),
                "used",
            ),
        )
    )


def incumbent_line(incumbent: Incumbent | None, metric: str) -> str:
    if incumbent is None:
        return "-"
    return f"{metric} {incumbent.value:.4f} (trial {incumbent.number}, epoch {incumbent.epoch})"


def front_lines(front: FrontNow) -> tuple[str, str]:
    """How many trials are on the front and the best first objective there; between what the other objectives lie."""
    if not front.trials:
        return "front: no trial yet", ""
    count = len(front.trials)
    best = f"best {front.names[0]} {front.values[0][0]:.4f} (trial {front.trials[0]})"
    spans = []
    for name, values in zip(front.names[1:], list(zip(*front.values, strict=True))[1:], strict=True):
        low, high = figure(min(values)), figure(max(values))
        spans.append(f"{name} {low}" if low == high else f"{name} {low} to {high}")
    return f"front: {count} trial{'' if count == 1 else 's'}, {best}", ", ".join(spans)


def params_line(incumbent: Incumbent) -> str:
    return "  ".join(f"{name}={cell(value)}" for name, value in incumbent.params.items())


def counts_line(progress: Progress) -> str:
    parts = [f"{progress.complete} done", f"{progress.pruned} pruned", f"{len(progress.training)} running"]
    if progress.paused:
        parts.append(f"{progress.paused} paused")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.infeasible:
        parts.append(f"{progress.infeasible} outside the limits")
    if progress.duplicate:
        parts.append(f"{progress.duplicate} tried before")
    return " · ".join(parts)


def clock_time(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _of(used: str, bound: int | str | None, unit: str) -> str:
    return f"{used} {unit}" if bound is None else f"{used} of {bound} {unit}"

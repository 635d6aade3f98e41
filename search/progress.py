"""What a person sees while a study runs: a live view on a terminal, plain lines elsewhere. Decides nothing."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from search.budget import Budget, Spent, share_used
from search.ledger import Incumbent, Ledger
from search.study import Cause, Outcome, TrialState

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

_LIVE_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Training:
    """One trial that is being trained now."""

    number: int
    epoch: int
    epochs: int
    value: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """The study at one moment."""

    complete: int
    pruned: int
    infeasible: int
    failed: int
    training: tuple[Training, ...]
    incumbent: Incumbent | None
    budget: Budget
    spent: Spent

    @classmethod
    def of(cls, ledger: Ledger, budget: Budget, *, seconds: float) -> "Progress":
        training = tuple(
            Training(e.number, len(e.values), e.suggestion.epochs, e.values[-1] if e.values else None, e.seconds)
            for e in ledger.training
        )
        infeasible = ledger.count(TrialState.PRUNED, Cause.INFEASIBLE)
        return cls(
            complete=ledger.count(TrialState.COMPLETE),
            pruned=ledger.count(TrialState.PRUNED) - infeasible,
            infeasible=infeasible,
            failed=ledger.count(TrialState.FAILED),
            training=training,
            incumbent=ledger.incumbent,
            budget=budget,
            spent=ledger.spent(seconds),
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
    """One line a finished trial, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, progress: Progress) -> None: ...

    def trial_ended(self, number: int, outcome: Outcome) -> None:
        self.say(ended_line(number, outcome))

    def say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def close(self) -> None: ...


class LiveView:
    """A panel that is drawn anew some times a second; what is said scrolls above it."""

    def __init__(self, study: str, metric: str) -> None:
        from rich.console import Console

        self._console = Console()
        self._study = study
        self._metric = metric
        self._live: Live | None = None

    def show(self, progress: Progress) -> None:
        from rich.live import Live

        if self._live is None:
            self._live = Live(console=self._console, refresh_per_second=1 / _LIVE_EVERY_S, transient=True)
            self._live.start()
        self._live.update(self._draw(progress))

    def trial_ended(self, number: int, outcome: Outcome) -> None:
        self.say(ended_line(number, outcome))

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, progress: Progress) -> "Group":
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        head = Table.grid(padding=(0, 2))
        share = share_used(progress.budget, progress.spent)
        bar = ProgressBar(total=1.0, completed=share, width=30)
        head.add_row(Text(self._study, style="bold"), bar, spent_line(progress.budget, progress.spent))
        rows = Table.grid(padding=(0, 2))
        for t in progress.training:
            value = "" if t.value is None else f"{self._metric} {t.value:.4f}"
            rows.add_row(f"  trial {t.number}", f"epoch {t.epoch} of {t.epochs}", value, f"{t.seconds:.0f} s")
        best = Text("best  ", style="bold").append_text(
            Text(
                incumbent_line(progress.incumbent, self._metric),
                style="green",
                overflow="ellipsis",
                no_wrap=True,
            )
        )
        return Group(head, best, Text(counts_line(progress)), rows)


def view_for(stream: TextIO, *, study: str, metric: str) -> View:
    """The live view on a terminal, plain lines elsewhere."""
    return LiveView(study, metric) if stream is sys.stdout and stream.isatty() else LinesView(stream)


def ended_line(number: int, outcome: Outcome) -> str:
    """One finished trial in one line."""
    word = {
        TrialState.COMPLETE: "done  ",
        TrialState.PRUNED: "pruned",
        TrialState.FAILED: "FAILED",
    }.get(outcome.state, outcome.state.value)
    value = "-" if outcome.objective is None else f"{outcome.objective:.4f} at epoch {outcome.best_epoch}"
    why = outcome.reason or ("" if outcome.cause is Cause.FINISHED else outcome.cause.value)
    line = f"trial {number:>3}  {word}  {value:<20} {outcome.epochs:>3} epochs {outcome.seconds:6.1f} s"
    return f"{line}  {why}".rstrip()


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
    params = "  ".join(f"{k}={_short(v)}" for k, v in incumbent.params.items())
    return f"{metric} {incumbent.value:.4f}  (trial {incumbent.number}, epoch {incumbent.epoch})  {params}"


def counts_line(progress: Progress) -> str:
    parts = [f"{progress.complete} done", f"{progress.pruned} pruned", f"{len(progress.training)} running"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.infeasible:
        parts.append(f"{progress.infeasible} outside the limits")
    return " · ".join(parts)


def clock_time(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _of(used: str, bound: int | str | None, unit: str) -> str:
    return f"{used} {unit}" if bound is None else f"{used} of {bound} {unit}"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

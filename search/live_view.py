"""The live view of a running study on a terminal, drawn with rich. Decides nothing."""

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from search.budget import share_used
from search.front import Aims
from search.progress import (
    Progress,
    counts_line,
    ended_line,
    front_lines,
    incumbent_line,
    params_line,
    spent_line,
    training_line,
)
from search.study import Outcome

_EVERY_S = 0.25
_NAME_WIDTH = 24


class LiveView:
    """A panel that is drawn anew some times a second; what is said scrolls above it."""

    def __init__(self, study: str, metric: str, console: Console | None = None, *, aims: Aims = ()) -> None:
        self._console = console or Console()
        self._study = study
        self._metric = metric
        self._aims = aims
        self._rows = 0
        self._live: Live | None = None

    def show(self, progress: Progress) -> None:
        if self._live is None:
            self._live = Live(console=self._console, refresh_per_second=1 / _EVERY_S, transient=True)
            self._live.start()
        self._live.update(self._draw(progress))

    def trial_ended(self, number: int, outcome: Outcome) -> None:
        # one line a trial, whatever the width; `show` has the whole reason
        self._console.print(
            ended_line(number, outcome, self._aims), markup=False, highlight=False, no_wrap=True, overflow="ellipsis"
        )

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, progress: Progress) -> Group:
        """As many lines as ever before, so that nothing below jumps."""
        lines = [
            *self._best(progress),
            Text(counts_line(progress)),
            *(Text(training_line(t, self._metric)) for t in progress.training),
        ]
        self._rows = max(self._rows, len(lines))
        lines += [Text("")] * (self._rows - len(lines))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(self._head(progress), *lines)

    def _best(self, progress: Progress) -> list[Text]:
        """The best trial and its configuration, or the front."""
        if progress.front is not None:
            best, others = front_lines(progress.front)
            return [Text(best, style="bold green"), Text(f"       {others}", style="dim")]
        incumbent = progress.incumbent
        return [
            Text("best  ").append(incumbent_line(incumbent, self._metric), style="bold green"),
            Text("      " + (params_line(incumbent) if incumbent else ""), style="dim"),
        ]

    def _head(self, progress: Progress) -> Table:
        head = Table.grid(padding=(0, 2), expand=True)
        head.add_column(no_wrap=True, overflow="ellipsis", max_width=_NAME_WIDTH, style="bold")
        head.add_column(ratio=1)
        head.add_column(no_wrap=True, overflow="ellipsis")
        bar = ProgressBar(total=1.0, completed=share_used(progress.budget, progress.spent))
        head.add_row(self._study, bar, spent_line(progress.budget, progress.spent))
        return head

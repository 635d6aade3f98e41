"""The ports of the search room: what a driver, a pruner and a backend promise. Knows no adapter."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from search.study import Cause, Curve, Decision, Event, Outcome, RecordedTrial, Suggestion


class Driver(Protocol):
    """Proposes configurations and learns from outcomes; owns no loop and is called from one thread only."""

    def ask(self, number: int) -> Suggestion | None:
        """The suggestion for trial `number`; None when the space is exhausted or the driver waits for running trials.

        The same (study seed, number, told trials) gives the same suggestion.
        """
        ...

    def tell(self, number: int, outcome: Outcome) -> None:
        """The final outcome of an asked or restored trial, in any order; told once a trial."""
        ...

    def restore(self, trials: Sequence[RecordedTrial]) -> None:
        """Takes up the trials of an earlier process before the first `ask`; unfinished ones count as asked."""
        ...


class Ranking(Protocol):
    """The bests of some trials after one epoch, those without a number left out."""

    def __len__(self) -> int: ...

    def better_than(self, value: float) -> int:
        """How many are strictly better than `value`; all of them if it is NaN."""
        ...

    def percentile(self, share: float) -> float:
        """The value below which `share` percent of them lie, as `numpy.percentile`; there must be one at least."""
        ...


class Others(Protocol):
    """What a pruner may ask about the other trials that have trained, at a cost that does not grow with their number.

    Compared are bests so far, read as `Curve.best` reads them: a complete trial keeps its best for later epochs.
    """

    @property
    def complete(self) -> int:
        """How many came to an end of their own."""
        ...

    def bests(self, epoch: int) -> Ranking:
        """The bests after `epoch` of all that have come so far, running and pruned ones too."""
        ...

    def bests_of_complete(self, epoch: int) -> Ranking:
        """The bests after `epoch` of complete trials alone."""
        ...


class Pruner(Protocol):
    """Decides after every epoch of every trial; questions that change nothing."""

    def group(self, number: int) -> int:
        """The group in which trial `number` competes; a pruner that compares all trials has the one group 0."""
        ...

    def decide(self, trial: Curve, others: Others) -> Decision:
        """Whether `trial` goes on, pauses or stops after its last epoch, given the other trials of its group."""
        ...


class Backend(Protocol):
    """Runs trials in a number of workers. The coordinator calls it from one thread."""

    @property
    def free(self) -> int:
        """How many more trials may be submitted now."""
        ...

    def submit(self, suggestion: Suggestion) -> None:
        """Hands a trial to a free worker. Raises RuntimeError when none is free."""
        ...

    def events(self, timeout_s: float) -> Iterable[Event]:
        """What has happened, in order; waits at most `timeout_s` for the first event."""
        ...

    def answer(self, number: int, decision: Decision) -> None:
        """Answers the last `Reported` of a trial; its worker waits for it."""
        ...

    def end(self, number: int, cause: Cause, reason: str) -> None:
        """Ends a trial by force, in the middle of an epoch: it is `Lost` with this cause and reason, unless it has
        finished by then. A trial that is not being trained is left alone.
        """
        ...

    def close(self, *, gently: bool) -> None:
        """Ends all workers: gently lets them write their checkpoints first, otherwise at once."""
        ...

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


class Pruner(Protocol):
    """Decides after every epoch of every trial; a question that changes nothing."""

    def decide(self, trial: Curve, others: Sequence[Curve]) -> Decision:
        """Whether `trial` goes on, pauses or stops after its last epoch, given all other trials of the study."""
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

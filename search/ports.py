"""The ports of the search room: what a driver, a pruner and a backend promise. Knows no adapter."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from search.history import PastTrial
from search.study import Cause, Curve, Decision, Event, Outcome, Params, Promotion, RecordedTrial, Suggestion
from spaces.space import Space


class Driver(Protocol):
    """Proposes configurations and learns from outcomes; owns no loop and is called from one thread only."""

    def ask(self, number: int) -> Suggestion | None:
        """The suggestion for trial `number`; None when the space is exhausted or the driver waits for running trials.

        The same (study seed, number, told trials) gives the same suggestion. Asked at every free worker, after the
        pruner had no paused trial to promote.

        In place of a new configuration, a paused trial may go on: a suggestion with its number and `resume`. Of such
        a one only `pause_after` is heeded; parameters, epochs, source and state stay those of the trial. `number` is
        then asked for again. Any suggestion may set `pause_after`, an epoch counted from the trial's first: the trial
        pauses after it, unless the pruner stops or pauses it before, or it ends.
        """
        ...

    def go_on(self) -> Suggestion | None:
        """A paused trial to go on with, asked in place of `ask` once no new trial may start; None for none."""
        ...

    def paused(self, number: int, values: Sequence[float]) -> None:
        """Trial `number` rests after epoch `len(values)`, whoever paused it; `values` is as `Curve.values`.

        It has not ended: it may go on, rest again, and is told by `tell` in the end. After a restart, trials that rest
        come by `restore`, with `pause` set, instead.
        """
        ...

    def tell(self, number: int, outcome: Outcome) -> None:
        """The final outcome of an asked or restored trial, in any order; told once a trial."""
        ...

    def settled(self, number: int, params: Params) -> None:
        """The parameters that trial `number` really has: the user's code has asked for others than were suggested.

        Comes before the trial's first report, perhaps again later, always after the `grow` that made new ones known.
        """
        ...

    def grow(self, space: Space) -> None:
        """The space has these dimensions from now on: those that it had, and more.

        After a restart it comes before `restore`, where the driver was made with the space of the begin. A driver may
        leave new dimensions out of its suggestions: they are drawn at random then. Raises DriverError when it cannot
        go on with them.
        """
        ...

    def learn(self, history: Sequence[PastTrial]) -> None:
        """Trials of earlier searches, told once, before `restore` and the first `ask`. They have no numbers here.

        The same history gives the same suggestions; a driver that learns nothing passes it over. The first guess is
        tried all the same. Raises DriverError for a trial that is not in the space.
        """
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

    def bests_of_no_larger(self, epoch: int, *, n_params: int) -> Ranking:
        """As `bests`, of the trials whose models have no more than `n_params` weights, as far as that is known.

        The one question whose cost grows with the number of trials: they are in no order of their sizes.
        """
        ...

    def curves_of_complete(self, most: int) -> Sequence[Sequence[float]]:
        """The bests so far, epoch by epoch, of the latest `most` complete trials that have a number, by trial number.

        NaN before a trial's first number.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rested:
    """A paused trial: after which epoch it rests, and its best until then (NaN without a number)."""

    number: int
    epoch: int
    best: float


class Resting(Protocol):
    """The paused trials of a study, by the group in which they compete and the epoch at which they rest."""

    def __len__(self) -> int: ...

    def __contains__(self, number: object) -> bool: ...

    def groups(self) -> Sequence[int]:
        """The groups in which trials rest, rising."""
        ...

    def epochs(self, group: int) -> Sequence[int]:
        """The epochs at which trials of the group rest, the highest first."""
        ...

    def best(self, group: int, epoch: int) -> Rested | None:
        """The best of those that rest there, the oldest of several alike; None for no trial."""
        ...

    def worst_first(self, group: int, epoch: int) -> Iterator[Rested]:
        """All that rest there, from the worst to the best."""
        ...

    def promoted(self, group: int, epoch: int) -> int:
        """How many trials of the group have gone on from a pause after `epoch`."""
        ...


class Rule(Protocol):
    """What a trial's next step is after an epoch; questions that change nothing."""

    def group(self, number: int) -> int:
        """The group in which trial `number` competes; a rule that compares all trials has the one group 0."""
        ...

    def decide(self, trial: Curve, others: Others) -> Decision:
        """Whether `trial` goes on, pauses or stops after its last epoch, given the other trials of its group.

        A trial that pauses rests until it is promoted, by `Promoter.promote` or by the driver.
        """
        ...


OthersOf = Callable[[int], Others]
"""The other trials of the group of a trial, by its number."""


class Promoter(Protocol):
    """Which paused trial goes on; questions that change nothing."""

    def promote(self, resting: Resting, others: OthersOf, *, more: bool) -> Promotion | None:
        """The paused trial that goes on now, or None; asked at every free worker, before the driver is.

        more: whether new trials may still start; without them, a free worker has nothing better to do.
        """
        ...

    def hopeless(self, resting: Resting, others: OthersOf, *, most: int | None) -> Sequence[int]:
        """The paused trials that `promote` will certainly never name, whatever comes.

        most: the largest number of trials that the study can ever have trained; None when there is no telling.
        """
        ...


class Pruner(Rule, Promoter, Protocol):
    """Decides after every epoch of every trial, and which paused trial goes on at a free worker."""


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

"""The driver of the freeze-thaw policy: keeps what it is told as the policy's values, and hands on what it answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from models.objective import Direction
from search.drivers.freeze_thaw.levels import levels
from search.drivers.freeze_thaw.policy import FreezeThaw, Settings
from search.drivers.freeze_thaw.seen import Choice, Continue, Memory, Seen, Start, State
from search.drivers.lessons import Kind, lesson
from search.drivers.planned import FIRST_GUESS
from search.drivers.setup import DriverSetup, refuse_outside
from search.history import PastTrial
from search.study import Outcome, Params, RecordedTrial, Suggestion, TrialState
from spaces.space import Space

PARAMETERS, POINTS = "parameters", "points"
"""Keys of a suggestion's state."""

_FIRST_PAST = -2
"""Trials of earlier searches have numbers from here downwards; -1 is the surrogate's for none."""

STATES = {Kind.VALUE: State.COMPLETE, Kind.CUT: State.CUT, Kind.BAD: State.BAD, Kind.NOTHING: State.CUT}


class FreezeThawDriver:
    """Trials rest after a few epochs, and go on when they promise more than a new configuration.

    What the surrogate has learnt of its own parameters is the state of the latest suggestion.
    """

    def __init__(self, setup: DriverSetup) -> None:
        self._setup = setup
        sign = 1.0 if setup.direction is Direction.MAXIMIZE else -1.0
        self._ladder = levels(setup.max_epochs, stint=setup.stint)
        settings = Settings()
        if setup.mean_epochs is not None:
            settings = replace(settings, begun=min(settings.begun, self._ladder[0] / setup.mean_epochs))
        self._policy = FreezeThaw(setup.space, self._ladder, sign=sign, seed=setup.seed, settings=settings)
        self._memory = Memory()
        self._past: tuple[Seen, ...] = ()
        self._suggestions: dict[int, Suggestion] = {}
        self._seen: dict[int, Seen] = {}

    def ask(self, number: int) -> Suggestion:
        """A new trial `number`, or a paused one that goes on. Raises: ValueError for a number that was asked before."""
        if number in self._suggestions:
            raise ValueError(f"trial {number} is asked twice")
        guess = None if self._seen else self._setup.space.first_guess()
        is_guess = guess is not None
        choice = Start(guess, self._ladder[0]) if guess is not None else self._propose(may_start=True)
        assert choice is not None, "a new trial may always start"
        if not isinstance(choice, Start):
            return self._resumed(choice.number, choice.until)
        suggestion = Suggestion(
            number,
            choice.params,
            self._setup.max_epochs,
            source=FIRST_GUESS if is_guess else self._setup.sampler,
            state={PARAMETERS: list(self._memory.parameters), POINTS: self._memory.points},
            pause_after=self._pause_after(choice.until),
        )
        self._suggestions[number] = suggestion
        self._seen[number] = Seen(number, choice.params, (), State.RUNNING, choice.until)
        return suggestion

    def go_on(self) -> Suggestion | None:
        """The paused trial that goes on where no new one may start; None when none has much of a chance."""
        choice = self._propose(may_start=False)
        return self._resumed(choice.number, choice.until) if isinstance(choice, Continue) else None

    def paused(self, number: int, values: Sequence[float]) -> None:
        """Trial `number` rests after epoch `len(values)`."""
        self._see(number, tuple(values), State.PAUSED)

    def tell(self, number: int, outcome: Outcome) -> None:
        """Raises: ValueError for a trial that was never asked, or told before."""
        if number not in self._seen:
            raise ValueError(f"trial {number} is told but was never asked")
        trial = self._seen[number]
        if trial.state not in (State.RUNNING, State.PAUSED):
            raise ValueError(f"trial {number} is told twice")
        self._learn(number, trial.values, outcome)

    def settled(self, number: int, params: Params) -> None:
        """Learns from the parameters that the trial really has. Raises: ValueError for a trial that was never asked."""
        if number not in self._seen:
            raise ValueError(f"trial {number} is settled but was never asked")
        self._suggestions[number] = replace(self._suggestions[number], params=params)
        self._seen[number] = replace(self._seen[number], params=params)
        self._policy.forget(number)

    def grow(self, space: Space) -> None:
        """Leaves new parameters to chance: the surrogate is one over those of the begin."""

    def learn(self, history: Sequence[PastTrial]) -> None:
        """Takes past trials for ended ones. Raises: DriverError for a trial that is not in the space."""
        seen = []
        for place, trial in enumerate(history):
            refuse_outside(self._setup, trial.params, "a trial of the history")
            values, state = self._past_values(trial), State.CUT if trial.cut else State.COMPLETE
            seen.append(Seen(_FIRST_PAST - place, trial.params, values, state))
        self._past = tuple(seen)

    def restore(self, trials: Sequence[RecordedTrial]) -> None:
        """Raises: DriverError for a trial that is not in the space."""
        for trial in sorted(trials, key=lambda trial: trial.number):
            number, suggestion = trial.number, trial.suggestion
            refuse_outside(self._setup, suggestion.params, f"trial {number}")
            self._suggestions[number] = suggestion
            self._memory = _memory(suggestion.state) or self._memory
            values = tuple(trial.values)
            if trial.outcome is not None:
                # as it was told: with what was known from its last pause
                self._learn(number, values[: trial.promoted[-1]] if trial.promoted else (), trial.outcome)
            elif trial.state is TrialState.PAUSED:
                self._see(number, values, State.PAUSED)
            else:
                self._see(number, values, State.RUNNING, suggestion.pause_after or self._setup.max_epochs)

    def _propose(self, *, may_start: bool) -> Choice | None:
        trials = [*self._past, *(self._seen[number] for number in sorted(self._seen))]
        choice, self._memory = self._policy.propose(trials, self._memory, may_start=may_start)
        return choice

    def _past_values(self, trial: PastTrial) -> tuple[float, ...]:
        """Its values up to the last epoch of this study; a single one stands at the last epoch that it was trained."""
        most = self._setup.max_epochs
        if trial.values:
            return trial.values[:most]
        return (*[math.nan] * (min(trial.epochs or most, most) - 1), trial.objective)

    def _resumed(self, number: int, until: int) -> Suggestion:
        first = self._suggestions[number]
        self._see(number, self._seen[number].values, State.RUNNING, until)
        return Suggestion(
            number,
            first.params,
            self._setup.max_epochs,
            source=first.source,
            resume=True,
            state=first.state,
            pause_after=self._pause_after(until),
        )

    def _pause_after(self, until: int) -> int | None:
        return until if until < self._setup.max_epochs else None

    def _see(self, number: int, values: tuple[float, ...], state: State, until: int = 0) -> None:
        self._seen[number] = Seen(number, self._suggestions[number].params, values, state, until)

    def _learn(self, number: int, values: tuple[float, ...], outcome: Outcome) -> None:
        """An outcome names one value, which stands for the epochs since the level before the last.

        No others are known of a trial that was not restored, and a restored one must lead to the same suggestions.
        """
        known = lesson(outcome)
        if known.kind in (Kind.VALUE, Kind.CUT):
            before = max((level for level in self._ladder if level < known.epochs), default=0)
            values = values[:before]
            values = (*values, *[math.nan] * (known.epochs - len(values) - 1), known.value)
        self._see(number, values, STATES[known.kind])


def freeze_thaw_driver(setup: DriverSetup) -> FreezeThawDriver:
    """See `FreezeThawDriver`."""
    return FreezeThawDriver(setup)


def _memory(state: Mapping[str, object]) -> Memory | None:
    """The memory that a suggestion carries; None for one that was suggested by another driver."""
    parameters, points = state.get(PARAMETERS), state.get(POINTS)
    if not isinstance(parameters, list) or not isinstance(points, int):
        return None
    return Memory(tuple(float(x) for x in parameters), points)

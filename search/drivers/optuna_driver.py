"""A driver over Optuna's samplers, with a mirror of the study in memory; it never sees the stored record.

The mirror is what samplers learn from: what it holds is chosen for them, not for a reader.
"""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import optuna
from optuna.trial import TrialState

from models.objective import Direction
from search.drivers.distributions import Coding, coding
from search.drivers.held import HeldTrial
from search.drivers.lessons import Kind, Lesson, lesson
from search.drivers.planned import FIRST_GUESS
from search.drivers.samplers import SamplerFactory, cmaes, gp, tpe
from search.drivers.setup import DriverError, DriverSetup, why_not
from search.study import Curve, Outcome, Params, RecordedTrial, Suggestion
from spaces.problems import Value
from spaces.space import Dimension, Space


class OptunaDriver:
    """Suggestions depend on the study's seed, the trial's number, and the trials asked and told before.

    A new sampler is made for each suggestion. What it leaves in the trial is the suggestion's `state`: with
    it, a restored driver goes on as if it had never stopped.

    learns_paused: the best so far of a paused trial counts as that of a pruned one, until the trial is told.
    grows: whether the sampler suggests parameters that the space gets later; otherwise they are left to chance.
    values_only: the sampler learns from full results alone. It is told the best of a pruned trial as if it
        were one, and for a bad configuration the worst value of all.
    """

    def __init__(
        self,
        setup: DriverSetup,
        samplers: SamplerFactory,
        *,
        values_only: bool = False,
        learns_paused: bool = True,
        grows: bool = True,
    ) -> None:
        self._grows = grows
        self._setup = setup
        self._samplers = samplers
        self._values_only = values_only
        self._learns_paused = learns_paused
        self._so_far: dict[int, Lesson] = {}
        self._is_stale = False
        self._space = setup.space
        self._codings = codings(setup.space)
        self._guess = setup.space.first_guess()
        self._suggestions: dict[int, Suggestion] = {}
        self._lessons: dict[int, Lesson] = {}
        self._worst: float | None = None
        self._last = -1
        self._mirror = self._new_mirror()
        self._ids: dict[int, int] = {}

    def ask(self, number: int) -> Suggestion:
        """The suggestion for `number`, never None. Raises: ValueError unless numbers rise."""
        if number <= self._last:
            raise ValueError(f"trial {number} is asked after trial {self._last}; numbers must rise")
        if number == 0 and self._guess is not None:
            suggestion = Suggestion(0, self._guess, self._setup.max_epochs, source=FIRST_GUESS)
            self._add(suggestion)
            return suggestion
        if self._is_stale:
            self._rebuild()
        self._mirror.sampler = self._samplers(_seed(self._setup.seed, number))
        trial = self._mirror.ask()
        params = self._space.walk(lambda dimension: self._suggest(trial, dimension))
        state = dict(self._mirror._storage.get_trial(trial._trial_id).system_attrs)
        suggestion = Suggestion(number, params, self._setup.max_epochs, source=self._setup.sampler, state=state)
        self._keep(suggestion, trial._trial_id)
        return suggestion

    def go_on(self) -> None:
        """Leaves paused trials to the pruner."""

    def paused(self, number: int, values: Sequence[float]) -> None:
        """Takes the best so far for the lesson of a pruned trial, until there is a better one or the trial is told."""
        self._learn_so_far(number, values)

    def tell(self, number: int, outcome: Outcome) -> None:
        """Raises: ValueError for a trial that was never asked, or told before."""
        if number not in self._suggestions:
            raise ValueError(f"trial {number} is told but was never asked")
        if number in self._lessons:
            raise ValueError(f"trial {number} is told twice")
        if self._so_far.pop(number, None) is not None:
            self._learn(number, lesson(outcome))
            self._is_stale = True
            return
        worst = self._worst
        self._learn(number, lesson(outcome))
        if self._values_only and self._worst != worst:
            # trials told as the worst value hold another one now
            self._rebuild()
            return
        state, value, epochs = self._held(number)
        trial = optuna.Trial(self._mirror, self._ids[number])
        if state is TrialState.PRUNED and value is not None:
            trial.report(value, epochs)
        self._mirror.tell(trial, value if state is TrialState.COMPLETE else None, state=state)

    def settled(self, number: int, params: Params) -> None:
        """Learns from the parameters that the trial really has. Raises: ValueError for a trial that was never asked."""
        if number not in self._suggestions:
            raise ValueError(f"trial {number} is settled but was never asked")
        self._suggestions[number] = replace(self._suggestions[number], params=params)
        self._is_stale = True

    def grow(self, space: Space) -> None:
        """Suggests values of new parameters too, if the sampler can begin with one later than with the others."""
        if self._grows:
            self._space, self._codings, self._is_stale = space, codings(space), True

    def restore(self, trials: Sequence[RecordedTrial]) -> None:
        """Raises: DriverError for a trial that is not in the space."""
        for trial in trials:
            why = why_not(self._setup, trial.suggestion.params)
            if why is not None:
                raise DriverError(
                    f"trial {trial.number} is not in the space: {why}",
                    "go on with the space as it was, or begin a new study",
                )
            self._suggestions[trial.number] = trial.suggestion
            if trial.outcome is not None:
                self._learn(trial.number, lesson(trial.outcome))
            elif trial.pause is not None or trial.promoted:
                epoch = trial.pause.epoch if trial.pause else trial.promoted[-1]
                self._learn_so_far(trial.number, trial.values[:epoch])
        self._rebuild()

    # -------------------------------------------------------------------------------- the mirror
    def _suggest(self, trial: optuna.Trial, dimension: Dimension) -> Value:
        return self._codings[dimension.name].suggest(trial, dimension.name)

    def _held(self, number: int) -> tuple[TrialState, float | None, int]:
        """How the mirror holds a trial: state, value, and the epochs that a pruned value stands for."""
        known = self._lessons.get(number) or self._so_far.get(number)
        if known is None:
            return TrialState.RUNNING, None, 0
        if known.kind is Kind.NOTHING:
            return TrialState.FAIL, None, 0
        if known.kind is Kind.VALUE:
            return TrialState.COMPLETE, known.value, known.epochs
        if not self._values_only:
            # pruned without a value ranks last under TPE; a failed trial would be forgotten and drawn again
            value = known.value if known.kind is Kind.CUT else None
            return TrialState.PRUNED, value, known.epochs
        value = known.value if known.kind is Kind.CUT else self._worst
        return (TrialState.FAIL if value is None else TrialState.COMPLETE), value, known.epochs

    def _learn(self, number: int, known: Lesson) -> None:
        """Keeps a lesson, and the worst value of all trials that have one."""
        self._lessons[number] = known
        if known.kind not in (Kind.VALUE, Kind.CUT):
            return
        if self._worst is None or self._setup.direction.better(self._worst, known.value):
            self._worst = known.value

    def _learn_so_far(self, number: int, values: Sequence[float]) -> None:
        """Keeps the lesson of a trial that rests; the mirror is made anew when it is next needed."""
        best = Curve(number, tuple(values)).best(self._setup.direction)
        if self._learns_paused and math.isfinite(best):
            self._so_far[number] = Lesson(Kind.CUT, best, len(values))
            self._is_stale = True

    def _rebuild(self) -> None:
        self._is_stale = False
        self._mirror = self._new_mirror()
        self._ids.clear()
        for number in sorted(self._suggestions):
            self._add(self._suggestions[number])

    def _add(self, suggestion: Suggestion) -> None:
        number = suggestion.number
        state, value, epochs = self._held(number)
        names = [name for name in self._space.names if name in suggestion.params]
        held = HeldTrial(
            state,
            value,
            params={name: self._codings[name].inside(suggestion.params[name]) for name in names},
            distributions={name: self._codings[name].distribution for name in names},
            system=suggestion.state,
            steps={epochs: value} if state is TrialState.PRUNED and value is not None else {},
        )
        storage = self._mirror._storage
        self._keep(suggestion, storage.create_new_trial(self._mirror._study_id, template_trial=held))

    def _keep(self, suggestion: Suggestion, trial_id: int) -> None:
        self._suggestions[suggestion.number] = suggestion
        self._ids[suggestion.number] = trial_id
        self._last = max(self._last, suggestion.number)

    def _new_mirror(self) -> optuna.Study:
        direction = "maximize" if self._setup.direction is Direction.MAXIMIZE else "minimize"
        with _quiet():
            return optuna.create_study(direction=direction, pruner=optuna.pruners.NopPruner())


def tpe_driver(setup: DriverSetup) -> OptunaDriver:
    """TPE: see `samplers.tpe`."""
    return OptunaDriver(setup, tpe(startup=setup.startup_trials))


def gp_driver(setup: DriverSetup) -> OptunaDriver:
    """A Gaussian process, which learns from full results only. Raises: DriverError when torch is missing."""
    return OptunaDriver(setup, gp(startup=setup.startup_trials), values_only=True)


def cmaes_driver(setup: DriverSetup) -> OptunaDriver:
    """CMA-ES: see `cmaes_sampler`. A generation waits for the ends of its trials: paused ones say nothing.

    Raises: DriverError for a space without numbers.
    """
    held = {name: known.distribution for name, known in codings(setup.space).items()}
    samplers = cmaes(held, startup=setup.startup_trials, study_seed=setup.seed)
    return OptunaDriver(setup, samplers, learns_paused=False, grows=False)


def codings(space: Space) -> Mapping[str, Coding]:
    """How each parameter of `space` is held."""
    return {dimension.name: coding(dimension.domain) for dimension in space.dimensions}


def _seed(study_seed: int, number: int) -> int:
    """The seed of one suggestion; neighbouring studies and trials get unrelated ones, also at seed 0."""
    return int(np.random.SeedSequence([study_seed, number]).generate_state(1)[0])


@contextmanager
def _quiet() -> Iterator[None]:
    """Holds back the line that Optuna prints for every study made in memory."""
    logger = logging.getLogger("optuna.storages._in_memory")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)

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
from search.drivers.held import HISTORY, HeldTrial
from search.drivers.lessons import Kind, Lesson, lesson, past_lesson
from search.drivers.planned import FIRST_GUESS
from search.drivers.samplers import SamplerFactory, cmaes, gp, nsga2, tpe
from search.drivers.setup import DriverSetup, refuse_outside
from search.history import PastTrial
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

    With several objectives, every sampler is told what a pruned trial had as a full result: Optuna ranks pruned trials
    by one value alone, and the costs of the model are exact even so.
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
        self._history: tuple[PastTrial, ...] = ()
        self._so_far: dict[int, Lesson] = {}
        self._is_stale = False
        self._space = setup.space
        self._codings = codings(setup.space)
        self._guess = setup.space.first_guess()
        self._suggestions: dict[int, Suggestion] = {}
        self._lessons: dict[int, Lesson] = {}
        self._worst: tuple[float, ...] | None = None
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
            self._learn(number, lesson(outcome, self._setup.aims))
            self._is_stale = True
            return
        worst = self._worst
        self._learn(number, lesson(outcome, self._setup.aims))
        if self._values_only and self._worst != worst:
            # trials told as the worst value hold another one now
            self._rebuild()
            return
        state, values, epochs = self._held(number)
        trial = optuna.Trial(self._mirror, self._ids[number])
        if state is TrialState.PRUNED and values is not None:
            trial.report(values[0], epochs)
        self._mirror.tell(trial, values if state is TrialState.COMPLETE else None, state=state)

    def learn(self, history: Sequence[PastTrial]) -> None:
        """Learns nothing for several objectives, of which a past trial has one.

        Raises: DriverError for a trial that is not in the space.
        """
        if self._setup.aims:
            return
        for trial in history:
            refuse_outside(self._setup, trial.params, "a trial of the history")
            self._note_worst(past_lesson(trial))
        self._history = tuple(history)
        self._rebuild()

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
            refuse_outside(self._setup, trial.suggestion.params, f"trial {trial.number}")
            self._suggestions[trial.number] = trial.suggestion
            if trial.outcome is not None:
                self._learn(trial.number, lesson(trial.outcome, self._setup.aims))
            elif trial.pause is not None or trial.promoted:
                epoch = trial.pause.epoch if trial.pause else trial.promoted[-1]
                self._learn_so_far(trial.number, trial.values[:epoch])
        self._rebuild()

    # -------------------------------------------------------------------------------- the mirror
    def _suggest(self, trial: optuna.Trial, dimension: Dimension) -> Value:
        return self._codings[dimension.name].suggest(trial, dimension.name)

    def _held(self, number: int) -> tuple[TrialState, tuple[float, ...] | None, int]:
        """How the mirror holds a trial: state, values, and the epochs that a pruned value stands for."""
        return self._as_held(self._lessons.get(number) or self._so_far.get(number))

    def _as_held(self, known: Lesson | None) -> tuple[TrialState, tuple[float, ...] | None, int]:
        """State, values and epochs under which a lesson is held; None is that of a trial that runs."""
        if known is None:
            return TrialState.RUNNING, None, 0
        if known.kind is Kind.NOTHING:
            return TrialState.FAIL, None, 0
        if known.kind is Kind.VALUE or (known.kind is Kind.CUT and self._setup.aims):
            return TrialState.COMPLETE, known.values, known.epochs
        if not self._values_only:
            # pruned without a value ranks last under TPE; a failed trial would be forgotten and drawn again
            values = known.values if known.kind is Kind.CUT else None
            return TrialState.PRUNED, values, known.epochs
        values = known.values if known.kind is Kind.CUT else self._worst
        return (TrialState.FAIL if values is None else TrialState.COMPLETE), values, known.epochs

    def _learn(self, number: int, known: Lesson) -> None:
        """Keeps a lesson, and the worst value of all trials that have one, objective by objective."""
        self._lessons[number] = known
        self._note_worst(known)

    def _note_worst(self, known: Lesson) -> None:
        if known.kind not in (Kind.VALUE, Kind.CUT):
            return
        worst = known.values if self._worst is None else self._worst
        pairs = zip(self._setup.directions, worst, known.values, strict=True)
        self._worst = tuple(new if direction.better(old, new) else old for direction, old, new in pairs)

    def _learn_so_far(self, number: int, values: Sequence[float]) -> None:
        """Keeps the lesson of a trial that rests; the mirror is made anew when it is next needed."""
        best = Curve(number, tuple(values)).best(self._setup.direction)
        # of a trial that rests, the further objectives are not known
        if self._learns_paused and not self._setup.aims and math.isfinite(best):
            self._so_far[number] = Lesson(Kind.CUT, best, len(values))
            self._is_stale = True

    def _rebuild(self) -> None:
        self._is_stale = False
        self._mirror = self._new_mirror()
        self._ids.clear()
        for past in self._history:
            self._mirrored(past.params, self._as_held(past_lesson(past)), {HISTORY: True})
        for number in sorted(self._suggestions):
            self._add(self._suggestions[number])

    def _add(self, suggestion: Suggestion) -> None:
        self._keep(suggestion, self._mirrored(suggestion.params, self._held(suggestion.number), suggestion.state))

    def _mirrored(
        self, params: Params, held: tuple[TrialState, tuple[float, ...] | None, int], system: Mapping[str, object]
    ) -> int:
        """The id of a new trial in the mirror."""
        state, values, epochs = held
        names = [name for name in self._space.names if name in params]
        trial = HeldTrial(
            state,
            values,
            params={name: self._codings[name].inside(params[name]) for name in names},
            distributions={name: self._codings[name].distribution for name in names},
            system=system,
            steps={epochs: values[0]} if state is TrialState.PRUNED and values is not None else {},
        )
        made: int = self._mirror._storage.create_new_trial(self._mirror._study_id, template_trial=trial)
        return made

    def _keep(self, suggestion: Suggestion, trial_id: int) -> None:
        self._suggestions[suggestion.number] = suggestion
        self._ids[suggestion.number] = trial_id
        self._last = max(self._last, suggestion.number)

    def _new_mirror(self) -> optuna.Study:
        words = ["maximize" if d is Direction.MAXIMIZE else "minimize" for d in self._setup.directions]
        with _quiet():
            return optuna.create_study(directions=words, pruner=optuna.pruners.NopPruner())


def tpe_driver(setup: DriverSetup) -> OptunaDriver:
    """TPE: see `samplers.tpe`."""
    return OptunaDriver(setup, tpe(setup.space, startup=setup.startup_trials))


def nsga2_driver(setup: DriverSetup) -> OptunaDriver:
    """NSGA-II, whose generations are made of full results: see `nsga2_sampler`."""
    return OptunaDriver(setup, nsga2(startup=setup.startup_trials), values_only=True, learns_paused=False)


def gp_driver(setup: DriverSetup) -> OptunaDriver:
    """A Gaussian process, which learns from full results only. Raises: DriverError when torch is missing."""
    return OptunaDriver(setup, gp(setup.space, startup=setup.startup_trials), values_only=True)


def cmaes_driver(setup: DriverSetup) -> OptunaDriver:
    """CMA-ES: see `cmaes_sampler`. A generation waits for the ends of its trials: paused ones say nothing.

    Raises: DriverError for a space without numbers.
    """
    samplers = cmaes(setup.space, startup=setup.startup_trials, study_seed=setup.seed)
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

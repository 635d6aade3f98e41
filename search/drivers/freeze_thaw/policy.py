"""Decides for each free worker: which configuration to start or continue, and to which epoch. Does nothing itself.

A candidate, new or paused, is judged at a horizon some levels ahead of where it is, and by how far it is likely to come
beyond the best so far; horizon and margin are drawn anew for each decision. Near horizons let finish what is promising,
far ones try what may become so. Source: after Rakotoarison et al. 2024 (ifBO), section 4.2.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from search.drivers.freeze_thaw.acquisition import Acquisition
from search.drivers.freeze_thaw.candidates import GUESS, Candidates, Configuration, Drawn, anywhere
from search.drivers.freeze_thaw.climbing import climbed
from search.drivers.freeze_thaw.encoding import Encoding
from search.drivers.freeze_thaw.kernel import Array, Points, Prior, unexplained
from search.drivers.freeze_thaw.levels import next_level
from search.drivers.freeze_thaw.points import Curves, best_of, curves_of, time_of
from search.drivers.freeze_thaw.process import CurveProcess, fitted
from search.drivers.freeze_thaw.seen import Choice, Continue, Memory, Seen, Start, State
from spaces.problems import Value
from spaces.space import Space

DRAWS = 8
"""So many draws are looked at for one that was not begun."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was found by measuring; see docs/decisions/multi-fidelity.md.

    startup: trials drawn before the surrogate is asked. most_points: that it learns from; most_fitted: that its
    parameters are fitted to. refit: growth of the points after which they are fitted anew.
    drawn, near: new configurations to judge, from the whole space and beside so many `parents`, the best trials.
    reaches, copies: the best of these are climbed from, in steps that try so many changed copies of each.
    promoted: share of decisions that ask no surrogate and let the best go on of those that rest at one epoch, over the
    share of the variance between trials that their configurations do not explain.
    begun: share of the epochs for the first level; beyond it the best of those that rest at one epoch goes on instead.
    margin: the range of log10 of how far beyond the best a candidate must come. gain: share of decisions that go by
    expected improvement, the others by its probability. random: share of new configurations that are drawn from the
    whole space after all, for where the surrogate is wrong. curious: share of decisions that let any paused trial go
    on: where good configurations begin badly, nothing else would find out. hope: when nothing new may start, a paused
    trial goes on if it may become the best one with this probability, or is in the share of the best that is finished.
    belief: weight of a prior, over the number of trials (Hvarfner et al. 2022).
    """

    startup: int = 8
    most_points: int = 400
    most_fitted: int = 160
    refit: float = 1.2
    drawn: int = 160
    near: int = 120
    parents: int = 6
    reaches: tuple[float, ...] = (0.15, 0.06, 0.02, 0.15, 0.06, 0.02)
    copies: int = 10
    promoted: float = 1.5
    begun: float = 0.3
    margin: tuple[float, float] = (-3.0, -0.5)
    gain: float = 0.5
    random: float = 0.35
    curious: float = 0.1
    hope: float = 0.05
    finished: float = 0.1
    belief: float = 10.0


class FreezeThaw:
    """Decisions depend on the seed, the trials seen and the memory alone.

    ladder: the epochs at which trials may pause, rising, the last one that of their end; see `levels`.
    sign: 1 when larger values are better, -1 when smaller ones are.
    """

    def __init__(
        self,
        space: Space,
        ladder: tuple[int, ...],
        *,
        sign: float,
        seed: int,
        settings: Settings | None = None,
    ) -> None:
        self._space, self._sign, self._seed = space, sign, seed
        self._settings = settings or Settings()
        self._ladder = ladder
        self._encoding = Encoding(space)
        self._guess = space.first_guess()
        self._candidates = Candidates(space, self._encoding, seed)
        self._rows: dict[int, Array] = {}

    def propose(
        self, trials: Sequence[Seen], memory: Memory, *, may_start: bool = True
    ) -> tuple[Choice | None, Memory]:
        """What one free worker should do; None when nothing is paused and nothing may start.

        The memory changes with new trials only: a driver can keep it with them.
        """
        if not trials and may_start and self._guess is not None:
            return self._start(self._guess), memory
        rng = np.random.default_rng([self._seed, len(trials), sum(len(t.values) + t.until for t in trials)])
        choose_rng, fit_rng = rng.spawn(2)
        rows, most = self._encoded(trials), self._settings.most_points
        curves = curves_of(trials, rows, sign=self._sign, ladder=self._ladder, most=most)
        if curves is None or (len(trials) < self._settings.startup and may_start):
            choice = self._blind(trials, choose_rng, may_start=may_start)
        else:
            choice = self._decide(_Situation(trials, curves, memory, choose_rng, may_start))
        if curves is not None and isinstance(choice, Start):
            memory = self._fit(curves, memory, fit_rng)
        return choice, memory

    def forget(self, number: int) -> None:
        """The configuration of trial `number` is another one than it was."""
        self._rows.pop(number, None)

    def _blind(self, trials: Sequence[Seen], rng: np.random.Generator, *, may_start: bool) -> Choice | None:
        """A choice without a surrogate."""
        if may_start:
            return self._start(self._anywhere(trials, rng))
        return next((self._go_on(trial) for trial in trials if trial.state is State.PAUSED), None)

    # ---------------------------------------------------------------------------------- the surrogate
    def _encoded(self, trials: Sequence[Seen]) -> Mapping[int, Array]:
        new = [trial for trial in trials if trial.number not in self._rows]
        self._rows.update(zip((t.number for t in new), self._encoding.rows([t.params for t in new]), strict=True))
        return self._rows

    def _fit(self, curves: Curves, memory: Memory, rng: np.random.Generator) -> Memory:
        count = len(curves.values)
        if count < 3 or (memory.parameters and count < self._settings.refit * memory.points):
            return memory
        points, values = curves.points, curves.values
        if count > self._settings.most_fitted:
            # half of them the best, so that the scales suit the region that matters
            order = np.argsort(-values)
            half = self._settings.most_fitted // 2
            chosen = np.concatenate((order[:half], rng.choice(order[half:], half, replace=False)))
            points, values = points.at(chosen), values[chosen]
        found = fitted(points, values, self._encoding.groups, start=self._parameters(memory))
        return Memory(tuple(float(x) for x in found), count)

    def _parameters(self, memory: Memory) -> Array:
        if memory.parameters:
            return np.array(memory.parameters)
        return Prior.of(self._encoding.n_groups).mean

    def _surrogate(self, now: "_Situation") -> CurveProcess:
        """The surrogate, which believes that running trials will come out as it expects: so others look elsewhere."""
        parameters, groups = self._parameters(now.memory), self._encoding.groups
        points, values = now.curves.points, now.curves.values
        made = CurveProcess(points, values, parameters=parameters, groups=groups)
        running = [trial for trial in now.trials if trial.state is State.RUNNING]
        if not running:
            return made
        coming = self._points(running, [trial.until for trial in running])
        values = np.concatenate((values, made.mean(coming)))
        return CurveProcess(points.followed_by(coming), values, parameters=parameters, groups=groups)

    def _points(self, trials: Sequence[Seen], epochs: Sequence[int]) -> Points:
        rows = np.array([self._rows[trial.number] for trial in trials]).reshape(len(trials), len(self._encoding.groups))
        return Points(rows, self._times(epochs), np.array([trial.number for trial in trials], dtype=np.intp))

    def _fresh(self, rows: Array, epoch: int) -> Points:
        count = len(rows)
        return Points(rows, self._times([epoch] * count), np.full(count, -1, dtype=np.intp))

    def _times(self, epochs: Sequence[int]) -> Array:
        return np.array([time_of(epoch, self._ladder[-1]) for epoch in epochs])

    # ---------------------------------------------------------------------------------- the decision
    def _decide(self, now: "_Situation") -> Choice | None:
        settings, rng = self._settings, now.rng
        process = self._surrogate(now)
        paused = [trial for trial in now.trials if trial.state is State.PAUSED]
        if not now.may_start:
            return self._last_hope(now, process, paused)
        if paused and rng.random() < settings.curious:
            return self._go_on(paused[int(rng.integers(len(paused)))])
        if paused and rng.random() < settings.promoted * unexplained(process.parameters):
            return self._go_on(self._best_of_a_level(paused, rng))
        ahead = int(rng.integers(1, len(self._ladder) + 1))
        beyond = now.curves.best + 10 ** rng.uniform(*settings.margin)
        acquisition = Acquisition(process, beyond, by_gain=bool(rng.random() < settings.gain))
        going = self._best_paused(now, paused, acquisition, ahead) if paused else None
        found = self._best_new(now, acquisition, self._epoch(0, ahead))
        if going is not None and (found is None or going[1] >= found[1]):
            return self._go_on(going[0])
        if paused and self._starts_enough(now.trials):
            return self._go_on(self._best_of_a_level(paused, rng))
        if found is None or rng.random() < settings.random:
            return self._start(self._anywhere(now.trials, rng))
        return self._start(found[0])

    def _starts_enough(self, trials: Sequence[Seen]) -> bool:
        """Whether first levels have had their share of the epochs."""
        epochs = [max(len(trial.values), trial.until) for trial in trials if trial.number >= 0]
        first = self._ladder[0]
        free = self._settings.startup * first
        return sum(min(some, first) for some in epochs) - free > self._settings.begun * sum(epochs)

    def _best_paused(
        self, now: "_Situation", paused: Sequence[Seen], acquisition: Acquisition, ahead: int
    ) -> tuple[Seen, float]:
        """The paused trial that promises most so many levels ahead, and its score."""
        points = self._points(paused, [self._epoch(len(trial.values), ahead) for trial in paused])
        scores = acquisition.of(points) + self._believed([trial.params for trial in paused], len(now.trials))
        place = int(np.argmax(scores))
        return paused[place], float(scores[place])

    def _best_new(self, now: "_Situation", acquisition: Acquisition, epoch: int) -> tuple[Configuration, float] | None:
        """The new configuration that promises most at an epoch, and its score; None when all were begun."""
        begun = self._begun(now.trials)

        def judge(drawn: Drawn) -> Array:
            scores = acquisition.of(self._fresh(drawn.rows, epoch))
            return scores + self._believed(drawn.configurations, len(now.trials))

        def changed(parents: Sequence[Configuration], reach: float) -> Drawn | None:
            copies = self._candidates.changed(parents, each=self._settings.copies, reach=reach, rng=now.rng)
            return copies.without(begun)

        drawn = self._drawn(now.trials, acquisition.process).without(begun)
        if drawn is None:
            return None
        return climbed(drawn, judge(drawn), reaches=self._settings.reaches, changed=changed, judge=judge)

    def _last_hope(self, now: "_Situation", process: CurveProcess, paused: Sequence[Seen]) -> Choice | None:
        """The paused trial that is most likely to become the best in the end, or the best of those to be finished."""
        if not paused:
            return None
        mean, deviation = process.expects(self._points(paused, [self._ladder[-1]] * len(paused)))
        chances = ndtr((mean - now.curves.best) / deviation)
        place = int(np.argmax(chances))
        if chances[place] >= self._settings.hope:
            return self._go_on(paused[place])
        order = sorted(now.trials, key=lambda trial: best_of(trial, self._sign), reverse=True)
        best = order[: math.ceil(self._settings.finished * len(order))]
        return next((self._go_on(trial) for trial in best if trial.state is State.PAUSED), None)

    def _drawn(self, trials: Sequence[Seen], process: CurveProcess) -> Drawn:
        """Configurations from anywhere, and beside those that promise the best ends."""
        settings = self._settings
        alive = [trial for trial in trials if trial.state is not State.BAD]
        ends = process.mean(self._points(alive, [self._ladder[-1]] * len(alive)))
        best = [alive[int(i)] for i in np.argsort(-ends)[: settings.parents]]
        parents = {trial.number: dict(trial.params) for trial in best}
        if self._guess is not None:
            parents[GUESS] = self._guess
        return self._candidates.window(parents, at=len(trials), anywhere=settings.drawn, near=settings.near)

    def _begun(self, trials: Sequence[Seen]) -> set[bytes]:
        """The rows of all trials, as bytes."""
        return {self._rows[trial.number].tobytes() for trial in trials}

    def _anywhere(self, trials: Sequence[Seen], rng: np.random.Generator) -> Configuration:
        """A draw from the whole space, one that was not begun where that is not rare."""
        drawn = Drawn(made := anywhere(self._space, DRAWS, rng), self._encoding.rows(made))
        left = drawn.without(self._begun(trials))
        return (left or drawn).configurations[0]

    def _believed(self, configurations: Sequence[Mapping[str, Value]], n_trials: int) -> Array:
        """What a prior adds to the scores of configurations: less and less with the number of trials."""
        if not self._space.has_prior:
            return np.zeros(len(configurations))
        weight = self._settings.belief / n_trials
        return weight * np.array([self._space.log_prior(params) for params in configurations])

    def _best_of_a_level(self, paused: Sequence[Seen], rng: np.random.Generator) -> Seen:
        """The trial with the best value among those that rest at one epoch, which is drawn.

        An epoch is the less likely the more epochs it takes to the next level, so each level is given as many epochs.
        """
        epochs = sorted({len(trial.values) for trial in paused})
        rate = np.array([1 / (next_level(epoch, self._ladder) - epoch) for epoch in epochs])
        epoch = epochs[int(rng.choice(len(epochs), p=rate / rate.sum()))]
        there = [trial for trial in paused if len(trial.values) == epoch]
        return max(there, key=lambda trial: best_of(trial, self._sign))

    def _epoch(self, reached: int, ahead: int) -> int:
        """The level that lies `ahead` of the epoch reached, or the last one."""
        beyond = [level for level in self._ladder if level > reached]
        return beyond[min(ahead, len(beyond)) - 1] if beyond else self._ladder[-1]

    def _start(self, params: Configuration) -> Start:
        return Start(params, self._ladder[0])

    def _go_on(self, trial: Seen) -> Continue:
        return Continue(trial.number, next_level(len(trial.values), self._ladder))


@dataclass(frozen=True, slots=True)
class _Situation:
    """All that one decision is made from."""

    trials: Sequence[Seen]
    curves: Curves
    memory: Memory
    rng: np.random.Generator
    may_start: bool

"""Decides for each free worker: which configuration to start or continue, and to which epoch. Does nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import log_ndtr, ndtr

from search.drivers.freeze_thaw.candidates import Configuration, anywhere, neighbours
from search.drivers.freeze_thaw.encoding import Encoding
from search.drivers.freeze_thaw.kernel import Array, Points
from search.drivers.freeze_thaw.levels import levels, next_level
from search.drivers.freeze_thaw.points import Curves, curves_of, time_of
from search.drivers.freeze_thaw.process import CurveProcess, fitted
from search.drivers.freeze_thaw.seen import Choice, Continue, Memory, Seen, Start, State
from spaces.problems import Value
from spaces.space import Space


@dataclass(frozen=True, slots=True)
class Settings:
    """What was found by measuring; see docs/decisions/multi-fidelity.md.

    startup: trials drawn before the surrogate is asked. most_points: that it learns from; most_fitted: that its
    parameters are fitted to. refit: growth of the points after which they are fitted anew.
    full: share of decisions that continue the most promising paused trial. threshold: range of log10 of how far
    beyond the best a candidate must come.
    """

    startup: int = 8
    most_points: int = 400
    most_fitted: int = 160
    refit: float = 1.2
    drawn: int = 160
    near: int = 120
    parents: int = 6
    full: float = 0.1
    threshold: tuple[float, float] = (-3.0, -0.5)
    acquisition: str = "pi"
    cost: float = 0.0
    horizon: str = "random"


class FreezeThaw:
    """Decisions depend on the seed, the trials seen and the memory alone.

    sign: 1 when larger values are better, -1 when smaller ones are.
    """

    def __init__(
        self, space: Space, *, max_epochs: int, sign: float, seed: int, settings: Settings | None = None
    ) -> None:
        self._space, self._sign, self._seed = space, sign, seed
        self._settings = settings or Settings()
        self._ladder = levels(max_epochs)
        self._encoding = Encoding(space)
        self._rows: dict[int, Array] = {}

    def propose(self, trials: Sequence[Seen], memory: Memory) -> tuple[Choice, Memory]:
        """What one free worker should do; trials in workers are RUNNING."""
        rng = np.random.default_rng([self._seed, len(trials), sum(len(t.values) + t.until for t in trials)])
        curves = None
        if len(trials) >= self._settings.startup:
            rows = self._encoded(trials)
            most = self._settings.most_points
            curves = curves_of(trials, rows, sign=self._sign, ladder=self._ladder, most=most)
        if curves is None or len(curves.values) < 3:
            return self._start(self._space.sample(rng)), memory
        memory = self._fit(curves, memory, rng)
        return self._decide(trials, curves, memory, rng), memory

    # ---------------------------------------------------------------------------------- the surrogate
    def _encoded(self, trials: Sequence[Seen]) -> dict[int, Array]:
        new = [trial for trial in trials if trial.number not in self._rows]
        self._rows.update(zip((t.number for t in new), self._encoding.rows([t.params for t in new]), strict=True))
        return self._rows

    def _fit(self, curves: Curves, memory: Memory, rng: np.random.Generator) -> Memory:
        count = len(curves.values)
        if memory.parameters and count < self._settings.refit * memory.points:
            return memory
        points, values = curves.points, curves.values
        if count > self._settings.most_fitted:
            # half of them the best, so that the scales suit the region that matters
            order = np.argsort(-values)
            half = self._settings.most_fitted // 2
            chosen = np.concatenate((order[:half], rng.choice(order[half:], half, replace=False)))
            points, values = points.at(chosen), values[chosen]
        start = np.array(memory.parameters) if memory.parameters else None
        found = fitted(points, values, self._encoding.groups, start=start)
        return Memory(tuple(float(x) for x in found), count)

    def _surrogate(self, trials: Sequence[Seen], curves: Curves, memory: Memory) -> CurveProcess:
        """The surrogate, which believes that running trials will come out as it expects: so others look elsewhere."""
        made = CurveProcess(
            curves.points, curves.values, parameters=np.array(memory.parameters), groups=self._encoding.groups
        )
        running = [trial for trial in trials if trial.state is State.RUNNING]
        if not running:
            return made
        coming = self._points(running, [trial.until for trial in running])
        return CurveProcess(
            curves.points.followed_by(coming),
            np.concatenate((curves.values, made.mean(coming))),
            parameters=np.array(memory.parameters),
            groups=self._encoding.groups,
        )

    def _points(self, trials: Sequence[Seen], epochs: Sequence[int]) -> Points:
        rows = np.array([self._rows[trial.number] for trial in trials]).reshape(len(trials), -1)
        times = np.array([time_of(epoch, self._ladder[-1]) for epoch in epochs])
        return Points(rows, times, np.array([trial.number for trial in trials], dtype=np.intp))

    # ---------------------------------------------------------------------------------- the decision
    def _decide(self, trials: Sequence[Seen], curves: Curves, memory: Memory, rng: np.random.Generator) -> Choice:
        process = self._surrogate(trials, curves, memory)
        paused = [trial for trial in trials if trial.state is State.PAUSED]
        if paused and rng.random() < self._settings.full:
            mean = process.mean(self._points(paused, [self._ladder[-1]] * len(paused)))
            return self._go_on(paused[int(np.argmax(mean))])
        configurations = self._new(trials, process, rng)
        step = self._horizon(rng)
        reached = np.array([len(trial.values) for trial in paused] + [0] * len(configurations))
        epochs = [self._ladder[min(self._rung(r) + step, len(self._ladder) - 1)] for r in reached]
        old = self._points(paused, epochs[: len(paused)])
        new = self._fresh(configurations, epochs[len(paused) :])
        mean, deviation = process.expects(old.followed_by(new) if paused else new)
        score = self._score(mean, deviation, curves.best, rng)
        if self._settings.cost:
            spent = np.array([next_level(r, self._ladder) - r for r in reached])
            score = score - self._settings.cost * np.log(spent)
        place = int(np.argmax(score))
        if place < len(paused):
            return self._go_on(paused[place])
        return self._start(configurations[place - len(paused)])

    def _score(self, mean: Array, deviation: Array, best: float, rng: np.random.Generator) -> Array:
        margin = 10 ** rng.uniform(*self._settings.threshold)
        z = (mean - best - margin) / deviation
        if self._settings.acquisition == "pi":
            found: Array = log_ndtr(z)
            return found
        improvement = deviation * (z * ndtr(z) + np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))
        return np.where(
            z > -5, np.log(np.maximum(improvement, 1e-300)), log_ndtr(z) - 2 * np.log(np.abs(z) + 1) + np.log(deviation)
        )

    def _horizon(self, rng: np.random.Generator) -> int:
        """How many levels ahead a candidate is judged."""
        if self._settings.horizon == "last":
            return len(self._ladder)
        return int(rng.integers(1, len(self._ladder) + 1))

    def _rung(self, reached: int) -> int:
        """The place in the ladder of the last level reached; -1 for none."""
        return sum(level <= reached for level in self._ladder) - 1

    def _new(self, trials: Sequence[Seen], process: CurveProcess, rng: np.random.Generator) -> list[Configuration]:
        settings = self._settings
        alive = [trial for trial in trials if trial.state is not State.BAD]
        mean = process.mean(self._points(alive, [self._ladder[-1]] * len(alive)))
        best = [alive[int(i)].params for i in np.argsort(-mean)[: settings.parents]]
        return anywhere(self._space, settings.drawn, rng) + neighbours(self._space, best, settings.near, rng)

    def _fresh(self, configurations: Sequence[Configuration], epochs: Sequence[int]) -> Points:
        times = np.array([time_of(epoch, self._ladder[-1]) for epoch in epochs])
        return Points(self._encoding.rows(configurations), times, np.full(len(epochs), -1, dtype=np.intp))

    def _start(self, params: dict[str, Value]) -> Start:
        return Start(params, self._ladder[0])

    def _go_on(self, trial: Seen) -> Continue:
        return Continue(trial.number, next_level(len(trial.values), self._ladder))

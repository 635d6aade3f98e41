"""CMA-ES as an Optuna sampler whose state is recomputed from the trials, so that it never has to be stored.

Optuna's own keeps a pickled optimizer in the trials (a stored study would run code when read) that depends on
the order in which they ended. This one replays: the same told trials give the same next suggestion.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cmaes  # type: ignore[import-untyped]
import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.drivers.cmaes_beginning import Beginning, Believed, from_beliefs, from_history
from search.drivers.held import HISTORY

GENERATION = "cmaes:generation"
"""The generation that a trial was drawn for; also in the record, where a restored driver finds it."""
POINT = "cmaes:point"
"""The raw point that was drawn, one coordinate an axis in the order of their names."""

_KEPT = 16
"""Trials that end late change generations that lie some way back; with more workers than this many generations have
members, all of them are told again."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One number as a coordinate in [0, 1]; `steps` lead from end to end, 0 if it is continuous."""

    low: float
    high: float
    log: bool
    whole: bool
    steps: int

    @classmethod
    def of(cls, held: FloatDistribution | IntDistribution) -> "Axis":
        whole = isinstance(held, IntDistribution)
        steps = int(held.high - held.low) if whole and not held.log else 0
        return cls(held.low, held.high, held.log, whole, steps)

    def value(self, u: float) -> float | int:
        """The number at coordinate `u`."""
        low, high = self._ends()
        number = low + min(max(u, 0.0), 1.0) * (high - low)
        number = math.exp(number) if self.log else number
        number = min(max(number, self.low), self.high)
        return round(number) if self.whole else number

    def place(self, number: float) -> float:
        """The coordinate of `number`; undoes `value`."""
        low, high = self._ends()
        return ((math.log(number) if self.log else number) - low) / (high - low)

    def _ends(self) -> tuple[float, float]:
        if not self.log:
            return self.low, self.high
        # whole numbers get half a step beyond each end, so that the ends have as fair a share as the rest
        margin = 0.5 if self.whole else 0.0
        return math.log(self.low - margin), math.log(self.high + margin)


class ReplayedCmaEs(BaseSampler):  # type: ignore[misc]
    """Numbers by CMA-ES with margin, categories at random.

    All numbers are axes, also those under a condition: while inactive, a coordinate is neutral. A trial told
    without a value (infeasible, out of memory, over time) counts as the worst of its generation. When the
    distribution has shrunk to a point, the search begins anew around a random one.

    replay: of the study; one for all suggestions.
    independent: draws the categories, and the first trials; for this one suggestion.
    seed: of this one suggestion; the caller makes a new sampler for each.
    startup: trials drawn at random first.

    Source: Hamano et al. 2022 (CMA-ES with margin); Hansen 2016 for the rest.
    """

    def __init__(self, replay: "Replay", independent: BaseSampler, *, seed: int, startup: int) -> None:
        self._replay = replay
        self._seed = seed
        self._startup = startup
        self._independent = independent

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return dict(self._replay.numbers)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        told = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        if len(told) < self._startup:
            return {}
        generation, optimizer = self._replay.after(told, maximize=study.direction is StudyDirection.MAXIMIZE)
        optimizer.reseed_rng(self._seed)
        encoded, raw = optimizer.ask()
        storage, trial_id = study._storage, trial._trial_id
        storage.set_trial_system_attr(trial_id, GENERATION, generation)
        storage.set_trial_system_attr(trial_id, POINT, raw.tolist())
        places = zip(self._replay.numbers, self._replay.axes, encoded.tolist(), strict=True)
        return {name: axis.value(u) for name, axis, u in places}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._independent.sample_independent(study, trial, param_name, param_distribution)


class Replay:
    """CMA-ES after the told trials of a study, found by telling it their generations again.

    Generations whose members are those of the last time are not told again: the optimizer is kept as it was after
    each of the last `_KEPT`. What comes out is the same as without them.

    numbers: the distributions of the numbers of the space, at least one with more than one value.
    restarts: seed of the points around which the search begins anew.
    believed: where good values are believed to lie; the trials of an earlier search know better.
    """

    def __init__(
        self, numbers: dict[str, BaseDistribution], *, restarts: int, believed: Mapping[str, Believed] | None = None
    ) -> None:
        self.numbers = dict(sorted(numbers.items()))
        self.axes = [Axis.of(held) for held in self.numbers.values()]
        self._restarts = restarts
        self._believed = believed or {}
        self._beginning: Beginning | None = None
        self._members: list[list[int]] = []
        self._kept: dict[int, cmaes.CMAwM] = {}

    def after(self, told: Sequence[FrozenTrial], *, maximize: bool) -> tuple[int, "cmaes.CMAwM"]:
        """The generation that is being drawn, and the optimizer after all whole generations before it.

        The optimizer is the caller's own; its random stream is to be seeded.
        """
        drawn: dict[int, list[FrozenTrial]] = {}
        if self._beginning is None:
            self._beginning = self._first([t for t in told if HISTORY in t.system_attrs], maximize=maximize)
        for trial in told:
            drawn.setdefault(trial.system_attrs.get(GENERATION, -1), []).append(trial)
        generation, optimizer = self._known(drawn)
        while len(members := drawn.get(generation, [])) >= optimizer.population_size:
            first = sorted(members, key=_number)[: optimizer.population_size]
            optimizer.tell(_solutions(first, maximize=maximize))
            generation += 1
            if optimizer.should_stop():
                rng = np.random.default_rng([self._restarts, generation])
                optimizer = self._begin(Beginning(rng.random(len(self.axes))))
            self._members.append([trial.number for trial in first])
            self._kept[generation] = _copied(optimizer)
            self._kept.pop(generation - _KEPT, None)
        return generation, optimizer

    def _known(self, drawn: Mapping[int, Sequence[FrozenTrial]]) -> tuple[int, "cmaes.CMAwM"]:
        """The last generation up to which all members are the known ones, and a copy of the optimizer before it."""
        same = 0
        for known in self._members:
            now = sorted(trial.number for trial in drawn.get(same, ()))
            if now[: len(known)] != known:
                break
            same += 1
        kept = max((generation for generation in self._kept if generation <= same), default=0)
        del self._members[kept:]
        self._kept = {generation: held for generation, held in self._kept.items() if generation <= kept}
        held = self._kept.get(kept)
        if held is not None:
            return kept, _copied(held)
        assert self._beginning is not None
        return kept, self._begin(self._beginning)

    def _first(self, history: Sequence[FrozenTrial], *, maximize: bool) -> Beginning:
        """Where the first generation is drawn: by the trials of an earlier search, by beliefs, or in the middle."""
        valued = [trial for trial in history if trial.value is not None]
        if valued:
            points = [np.array(self._point(trial.params)) for trial in valued]
            return from_history(points, [-t.value if maximize else t.value for t in valued])
        believed = {k: self._believed[name] for k, name in enumerate(self.numbers) if name in self._believed}
        if not believed:
            return Beginning(np.full(len(self.axes), 0.5))
        means = {k: self.axes[k].place(belief.value) for k, belief in believed.items()}
        return from_beliefs(means, {k: belief.deviation for k, belief in believed.items()}, axes=len(self.axes))

    def _point(self, params: Mapping[str, Any]) -> list[float]:
        """The coordinates of a configuration; that of a parameter which does not apply is neutral."""
        named = zip(self.numbers, self.axes, strict=True)
        return [axis.place(params[name]) if name in params else 0.5 for name, axis in named]

    def _begin(self, beginning: Beginning) -> "cmaes.CMAwM":
        count = len(self.axes)
        return cmaes.CMAwM(
            mean=beginning.mean,
            sigma=beginning.sigma,
            cov=beginning.cov,
            bounds=np.tile([0.0, 1.0], (count, 1)),
            steps=np.array([1 / axis.steps if axis.steps else 0.0 for axis in self.axes]),
            n_max_resampling=10 * count,
            seed=0,
        )


def _copied(optimizer: "cmaes.CMAwM") -> "cmaes.CMAwM":
    """The optimizer as it is, bit for bit, with a random stream of its own; `copy.deepcopy` goes through a pickle,
    which rounds the covariance."""

    def twin(one: Any, **changed: Any) -> Any:
        made = object.__new__(type(one))
        own = {name: held.copy() if isinstance(held, np.ndarray) else held for name, held in vars(one).items()}
        made.__dict__.update({**own, **changed})
        return made

    return twin(optimizer, _cma=twin(optimizer._cma, _rng=np.random.RandomState(0)))


def _number(trial: FrozenTrial) -> int:
    number: int = trial.number
    return number


def _solutions(trials: Sequence[FrozenTrial], *, maximize: bool) -> list[tuple[np.ndarray, float]]:
    """Points and values to be made small; a trial without a value has the worst of the others."""
    signed = [None if t.value is None else -t.value if maximize else t.value for t in trials]
    worst = max((value for value in signed if value is not None), default=0.0)
    points = [np.array(t.system_attrs[POINT]) for t in trials]
    return [(point, worst if value is None else value) for point, value in zip(points, signed, strict=True)]

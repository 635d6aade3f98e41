"""CMA-ES as an Optuna sampler whose state is recomputed from the trials, so that it never has to be stored.

Optuna's own keeps a pickled optimizer in the trials (a stored study would run code when read) that depends on
the order in which they ended. This one replays: the same told trials give the same next suggestion.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cmaes  # type: ignore[import-untyped]
import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

GENERATION = "cmaes:generation"
"""The generation that a trial was drawn for; also in the record, where a restored driver finds it."""
POINT = "cmaes:point"
"""The raw point that was drawn, one coordinate an axis in the order of their names."""

_STEP_SIZE = 1 / 6
"""Standard deviation of the first generation; it is drawn around the middle of [0, 1] on every axis."""


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

    numbers: the distributions of the numbers of the space, at least one with more than one value.
    seed: of this one suggestion; the caller makes a new sampler for each.
    restarts: seed of the points around which the search begins anew; one for all suggestions of a study.
    startup: trials drawn at random first.

    Source: Hamano et al. 2022 (CMA-ES with margin); Hansen 2016 for the rest.
    """

    def __init__(self, numbers: dict[str, BaseDistribution], *, seed: int, restarts: int, startup: int) -> None:
        self._numbers = dict(sorted(numbers.items()))
        self._axes = [Axis.of(held) for held in self._numbers.values()]
        self._seed = seed
        self._restarts = restarts
        self._startup = startup
        self._independent = RandomSampler(seed=seed)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return dict(self._numbers)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        told = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        if len(told) < self._startup:
            return {}
        generation, optimizer = self._replay(told, maximize=study.direction is StudyDirection.MAXIMIZE)
        encoded, raw = optimizer.ask()
        storage, trial_id = study._storage, trial._trial_id
        storage.set_trial_system_attr(trial_id, GENERATION, generation)
        storage.set_trial_system_attr(trial_id, POINT, raw.tolist())
        places = zip(self._numbers, self._axes, encoded.tolist(), strict=True)
        return {name: axis.value(u) for name, axis, u in places}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._independent.sample_independent(study, trial, param_name, param_distribution)

    def _replay(self, told: Sequence[FrozenTrial], *, maximize: bool) -> tuple[int, "cmaes.CMAwM"]:
        """The generation that is being drawn, and the optimizer after all whole generations before it."""
        members: dict[int, list[FrozenTrial]] = {}
        for trial in told:
            members.setdefault(trial.system_attrs.get(GENERATION, -1), []).append(trial)
        generation = 0
        optimizer = self._begin(np.full(len(self._axes), 0.5))
        while len(drawn := members.get(generation, [])) >= optimizer.population_size:
            first = sorted(drawn, key=lambda trial: trial.number)[: optimizer.population_size]
            optimizer.tell(_solutions(first, maximize=maximize))
            generation += 1
            if optimizer.should_stop():
                rng = np.random.default_rng([self._restarts, generation])
                optimizer = self._begin(rng.random(len(self._axes)))
        return generation, optimizer

    def _begin(self, mean: np.ndarray) -> "cmaes.CMAwM":
        count = len(self._axes)
        return cmaes.CMAwM(
            mean=mean,
            sigma=_STEP_SIZE,
            bounds=np.tile([0.0, 1.0], (count, 1)),
            steps=np.array([1 / axis.steps if axis.steps else 0.0 for axis in self._axes]),
            n_max_resampling=10 * count,
            seed=self._seed,
        )


def _solutions(trials: Sequence[FrozenTrial], *, maximize: bool) -> list[tuple[np.ndarray, float]]:
    """Points and values to be made small; a trial without a value has the worst of the others."""
    signed = [None if t.value is None else -t.value if maximize else t.value for t in trials]
    worst = max((value for value in signed if value is not None), default=0.0)
    points = [np.array(t.system_attrs[POINT]) for t in trials]
    return [(point, worst if value is None else value) for point, value in zip(points, signed, strict=True)]

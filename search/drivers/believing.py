"""Optuna's random sampler over a space of which something is believed: where it would draw evenly, it draws by that."""

from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial

from search.drivers.distributions import coding
from spaces.space import Space


class BelievingSampler(RandomSampler):  # type: ignore[misc]
    """For one suggestion. A parameter without a prior is drawn as `RandomSampler` draws it."""

    def __init__(self, space: Space, *, seed: int) -> None:
        super().__init__(seed=seed)
        self._believed = {d.name: d for d in space.dimensions if d.prior is not None}
        # its own stream: beside one without beliefs, the draws of the other parameters stay as they were
        self._draws = np.random.default_rng([seed, 1])

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        dimension = self._believed.get(param_name)
        if dimension is None:
            return super().sample_independent(study, trial, param_name, param_distribution)
        return coding(dimension.domain).inside(dimension.sample(self._draws))

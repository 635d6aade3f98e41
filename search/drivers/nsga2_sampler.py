"""Optuna's NSGA-II without what it keeps in the study: parents are derived from the told trials alone.

Optuna stores the parents of a generation when its first trial is asked for. A restored driver has no such store, and
would choose other parents when trials of the generation before have ended late.
"""

from optuna import Study
from optuna.samplers import NSGAIISampler
from optuna.trial import FrozenTrial


class DerivedNsga2(NSGAIISampler):  # type: ignore[misc]
    """NSGA-II for one suggestion. Parameters that not all trials have are drawn at random.

    Source: Deb et al. 2002.
    """

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of `generation`, chosen generation by generation from the first on; none for generation 0."""
        parents: list[FrozenTrial] = []
        for before in range(generation):
            population = self.get_population(study, before)
            parents = self._elite_population_selection_strategy(study, population + parents)
        return parents

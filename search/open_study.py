"""A study file with its folder and its prepared data: what turns a suggestion into a task. Runs nothing."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.config import Config
from models.spec.code import CodeSpec
from models.training.graph_key import graph_key
from search.duplicates import size_of
from search.folder import StudyFolder
from search.found import Found
from search.spec import StudyFile
from search.study import Params, Suggestion
from search.trial import TrialTask
from search.variants import DataVariants

GRAPHS_LOOKED_AT = 40
"""Configurations that are drawn to see how many have a graph in common."""


@dataclass(frozen=True, slots=True)
class OpenStudy:
    """An opened study: its file, its folder, its prepared data, and what the user's own code was found to ask for."""

    file: StudyFile
    folder: StudyFolder
    data: DataVariants
    found: Found | None = None

    @classmethod
    def open(cls, file: StudyFile) -> "OpenStudy":
        folder = StudyFolder(Path(file.spec.folder) / file.spec.study)
        return cls(file, folder, DataVariants(folder.data, seed=file.spec.seed))

    def seed_of(self, number: int) -> int:
        """The seed of trial `number`; a repeat has that of its round."""
        return int(np.random.SeedSequence([self.file.spec.seed, number]).generate_state(1)[0])

    def task_of(self, suggestion: Suggestion) -> TrialTask:
        """What a worker is handed for `suggestion`."""
        config = self.file.config(suggestion.params)
        objective = self.file.objective
        if self.file.is_own_objective:
            return self._own_task(suggestion, config)
        data, dataset = self.data.of(config)
        return TrialTask(
            number=suggestion.number,
            config=config.to_json(),
            objective=objective,
            seed=suggestion.repeat.seed if suggestion.repeat else self.seed_of(suggestion.number),
            epochs=suggestion.epochs,
            folder=self.folder.trial(suggestion.number),
            data=data,
            resume=suggestion.resume,
            graph=graph_key(config.model, config.training, signature=dataset.signature, objective=objective),
            further=tuple(aim.name for aim in self.file.aims[1:]),
            known=self.found.known if self.found else {},
            written=tuple(self.file.spec.model.space) if isinstance(self.file.spec.model, CodeSpec) else (),
            study_seed=self.file.spec.seed,
        )

    def _own_task(self, suggestion: Suggestion, config: Config) -> TrialTask:
        """Of an objective of the user's own code, which has its own data and trains by itself."""
        return TrialTask(
            number=suggestion.number,
            config=config.to_json(),
            objective=self.file.objective,
            seed=self.seed_of(suggestion.number),
            epochs=suggestion.epochs,
            folder=self.folder.trial(suggestion.number),
            data=self.folder.data,
            resume=suggestion.resume,
            study_seed=self.file.spec.seed,
            own_objective=self.file.spec.study,
        )

    def why_infeasible(self, params: Params) -> str | None:
        """The first limit that `params` breaks, with its value, or None."""
        if not self.file.limits:
            return None
        _, dataset = self.data.of(self.file.config(params))
        return self.file.broken_limit(params, dataset.signature)

    @property
    def configurations(self) -> int | None:
        """How many different configurations there are, those outside the limits included; None for endless, and where
        a function of the user's own trains, whose parameters are not known before."""
        return None if self.file.is_own_objective else size_of(self.file.space)

    @property
    def stint(self) -> int:
        """The fewest epochs that a trial should train at a time: 1, or a tenth of all where most trials have a traced
        graph of their own, which takes as long to make as many epochs do."""
        tenth = -(-self.file.max_epochs // 10)
        if isinstance(self.file.spec.model, CodeSpec):
            return tenth
        rng = np.random.default_rng(self.file.spec.seed)
        params = [self.file.space.sample(rng) for _ in range(GRAPHS_LOOKED_AT)]
        configs = [self.file.config(some) for some in params]
        signature = self.data.of(configs[0])[1].signature
        graphs = {graph_key(c.model, c.training, signature=signature, objective=self.file.objective) for c in configs}
        return 1 if len(graphs) <= GRAPHS_LOOKED_AT / 2 else tenth

    @property
    def mean_epochs(self) -> float | None:
        """What the budget leaves for a trial, where it bounds their number and not the time; a third of all epochs at
        most, as most trials are not worth all of them."""
        budget = self.file.spec.budget
        if budget.trials is None or budget.time is not None:
            return None
        third = self.file.max_epochs / 3
        return third if budget.epochs is None else min(third, budget.epochs / budget.trials)

    def epochs_of(self, params: Params) -> int:
        """The epochs that the configuration of `params` trains."""
        return self.file.config(params).training.epochs

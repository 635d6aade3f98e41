"""Optuna's TPE without what it reads again: the same suggestions, from what is known of finished trials already.

Optuna's own walks over all trials for every group of parameters, three times over, and a sampler that is made anew for
each suggestion begins with nothing. Here trials are divided once a suggestion, and the parameters of finished trials
are kept as numbers. What remains is the model: it grows with the trials that it is made of.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import _split_trials, default_gamma, default_gamma_multiobjective
from optuna.search_space.group_decomposed import _GroupDecomposedSearchSpace, _SearchSpaceGroup
from optuna.trial import FrozenTrial, TrialState

_TOLD = (TrialState.COMPLETE, TrialState.PRUNED)


class Observations:
    """The parameters of finished trials as Optuna's numbers, one row a trial; NaN where a trial has no such parameter.

    One for all suggestions of a study; it begins anew for another one.
    """

    def __init__(self) -> None:
        self._study: Study | None = None
        self._columns: dict[str, int] = {}
        self._rows = np.empty((0, 0))
        self._known: set[int] = set()

    def learn(self, study: Study, trials: Sequence[FrozenTrial]) -> None:
        """Takes up those of the finished `trials` that are new."""
        if study is not self._study:
            self._study, self._columns, self._known = study, {}, set()
            self._rows = np.empty((0, 0))
        for trial in trials:
            number = trial.number
            if number in self._known:
                continue
            for name in trial.params:
                self._columns.setdefault(name, len(self._columns))
            self._make_room(number + 1)
            self._rows[number] = self.row(trial.params, trial.distributions)
            self._known.add(number)

    def of(self, trials: Sequence[FrozenTrial]) -> np.ndarray:
        """(n_trials, n_columns) of finished trials that are known."""
        return self._rows[[trial.number for trial in trials]]

    def row(self, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]) -> np.ndarray:
        """(n_columns,) of one trial; a parameter that no finished trial has is left out."""
        row = np.full(self._rows.shape[1], np.nan)
        for name, value in params.items():
            if name in self._columns:
                row[self._columns[name]] = distributions[name].to_internal_repr(value)
        return row

    def columns(self, names: Sequence[str]) -> list[int] | None:
        """The places of these parameters; None when no finished trial has one of them."""
        return [self._columns[name] for name in names] if self._columns.keys() >= set(names) else None

    def _make_room(self, trials: int) -> None:
        held = self._rows
        if trials <= held.shape[0] and len(self._columns) <= held.shape[1]:
            return
        # twice the trials, so that rows are moved a few times only
        self._rows = np.full((max(held.shape[0], 2 * trials), len(self._columns)), np.nan)
        self._rows[: held.shape[0], : held.shape[1]] = held


class RememberingTpe(TPESampler):  # type: ignore[misc]
    """Multivariate TPE over groups of parameters, which counts running trials as bad; for one suggestion.

    observations: of the study; one for all suggestions.

    With several objectives, the good trials are those of the best ranks, and of the last rank that fits the part of
    them that covers most.

    Source: Bergstra et al. 2011; Falkner et al. 2018 for multivariate; optuna #5299 for groups; Ozaki et al. 2022 for
    several objectives.
    """

    def __init__(self, observations: Observations, *, seed: int, startup: int) -> None:
        super().__init__(seed=seed, n_startup_trials=startup, multivariate=True, group=True, constant_liar=True)
        self._group_decomposed_search_space = DistinctGroups(True)
        self._observations = observations
        self._divided: tuple[int, list[FrozenTrial], list[FrozenTrial]] | None = None
        self._read: dict[int, np.ndarray] = {}

    def _sample(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        below, above = self._divide(study, trial)
        model_below = self._build_parzen_estimator(study, search_space, below, handle_below=True)
        model_above = self._build_parzen_estimator(study, search_space, above, handle_below=False)
        samples = model_below.sample(self._rng.rng, self._n_ei_candidates)
        gains = self._compute_acquisition_func(samples, model_below, model_above)
        best = TPESampler._compare(samples, gains)
        return {name: held.to_external_repr(best[name]) for name, held in search_space.items()}

    def _divide(self, study: Study, trial: FrozenTrial) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
        """The good trials and the others, divided once for all groups of one suggestion."""
        if self._divided is None or self._divided[0] != trial.number:
            known = study._get_trials(deepcopy=False, states=(*_TOLD, TrialState.RUNNING), use_cache=False)
            others = [t for t in known if t.number != trial.number]
            told = sum(t.state is not TrialState.RUNNING for t in others)
            gamma = default_gamma_multiobjective if study._is_multi_objective() else default_gamma
            self._divided = (trial.number, *_split_trials(study, others, gamma(told)))
            self._observations.learn(study, [t for t in others if t.state is not TrialState.RUNNING])
            self._read.clear()
        return self._divided[1:]

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, np.ndarray]:
        names = list(search_space)
        columns = self._observations.columns(names)
        if columns is None:
            return super()._get_internal_repr(trials, search_space, study)  # type: ignore[no-any-return]
        found = self._rows(trials, study)[:, columns]
        found = found[~np.isnan(found).any(axis=1)]
        return {name: np.ascontiguousarray(found[:, k]) for k, name in enumerate(names)}

    def _rows(self, trials: list[FrozenTrial], study: Study) -> np.ndarray:
        """One row of numbers a trial, in their order; read once a suggestion."""
        if id(trials) not in self._read:
            finished = [trial for trial in trials if trial.state is not TrialState.RUNNING]
            rows = self._observations.of(finished)
            if len(finished) < len(trials):
                rows = self._with_running(trials, rows, study)
            self._read[id(trials)] = rows
        return self._read[id(trials)]

    def _with_running(self, trials: list[FrozenTrial], finished: np.ndarray, study: Study) -> np.ndarray:
        assert self._search_space_group is not None
        known = {name: held for space in self._search_space_group.search_spaces for name, held in space.items()}
        rows = np.empty((len(trials), finished.shape[1]))
        running = np.array([trial.state is TrialState.RUNNING for trial in trials])
        rows[~running] = finished
        for place in np.flatnonzero(running):
            trial = trials[place]
            rows[place] = self._observations.row(self._get_params(trial, study), {**known, **trial.distributions})
        return rows


class DistinctGroups(_GroupDecomposedSearchSpace):  # type: ignore[misc]
    """The groups of parameters that trials have in common, found from one trial of each kind.

    Optuna's own adds every trial, which changes nothing after the first one with the same parameters.
    """

    def calculate(self, study: Study, use_cache: bool = False) -> _SearchSpaceGroup:
        groups, seen = _SearchSpaceGroup(), set()
        for trial in study._get_trials(deepcopy=False, states=_TOLD, use_cache=use_cache):
            names = frozenset(trial.distributions)
            if names not in seen:
                seen.add(names)
                groups.add_distributions(trial.distributions)
        return groups

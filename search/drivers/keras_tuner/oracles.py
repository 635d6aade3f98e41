"""KerasTuner's oracles, kept in memory and drawn from a seed for each suggestion.

With `service` the only code that imports keras_tuner, and with it TensorFlow: it runs in a process of its own.

Beside the public protocol, these parts of KerasTuner 1.4 are reached into: `_save_trial`, `_record_values`,
`_duplicate`, `_max_collisions` and `_seed_state` of every oracle; `_random_state`, `_make_gpr` and `_vectorize_trials`
of the Bayesian one; the brackets of Hyperband; `_ordered_ids` and `_populate_next` of the grid.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras_tuner import HyperParameters, Objective
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    GridSearchOracle,
    HyperbandOracle,
    RandomSearchOracle,
)
from keras_tuner.src.engine import conditions, hyperparameters
from keras_tuner.src.tuners.gridsearch import LinkedList

OBJECTIVE = "objective"
EPOCHS, INITIAL_EPOCH, TRIAL_ID = "tuner/epochs", "tuner/initial_epoch", "tuner/trial_id"
"""Where Hyperband hides a trial's budget and the trial that it promotes."""
MOST_COLLISIONS = 500
"""So many draws in a row that were tried before mean that the space is exhausted; KerasTuner gives up after 20."""
RESTARTS = 20
"""Of the search for the kernel's parameters, as KerasTuner has it."""
NO_LIMIT = 1 << 40
"""The loop decides when failures end a study."""

Values = dict[str, Any]


class InMemory:
    """What all oracles have in common here: no files, no counting of failures, no retries.

    forced: the values of the next trial, when it is taken up and not suggested.
    may_start: whether a new configuration may be suggested, where there are rounds.
    numbers: the study's number of each trial.
    """

    forced: Values | None = None
    may_start = True
    numbers: Mapping[str, int]
    trials: dict[str, Any]
    ongoing_trials: dict[str, Any]
    start_order: list[str]
    hyperparameters: HyperParameters
    verbose: int
    _max_collisions: int

    def save(self) -> None:
        """The record of the study is what is stored."""

    def _save_trial(self, trial: Any) -> None:
        """As `save`."""

    def _record_values(self, trial: Any) -> None:
        """What the user's code did not ask for has its default, which is what KerasTuner takes an inactive one for."""
        held = trial.hyperparameters
        for hp in held.space:
            if held.is_active(hp):
                held.values.setdefault(hp.name, hp.default)
        super()._record_values(trial)  # type: ignore[misc]

    def reseed(self, seed: int) -> None:
        """What is drawn next depends on `seed` alone."""
        self._seed_state = seed

    def populate_space(self, trial_id: str) -> Values:
        if self.forced is not None:
            values, self.forced = self.forced, None
            return {"status": "RUNNING", "values": values}
        found: Values = self.suggested(trial_id)
        return found

    def suggested(self, trial_id: str) -> Values:
        """What KerasTuner suggests."""
        found: Values = super().populate_space(trial_id)  # type: ignore[misc]
        return found

    def restored(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """All of `rows` have been taken up."""


class Random(InMemory, RandomSearchOracle):  # type: ignore[misc]
    """Independent random configurations, none twice."""


class Bayesian(InMemory, BayesianOptimizationOracle):  # type: ignore[misc]
    """A Gaussian process with upper confidence bound; made anew for each suggestion, so that nothing is left over."""

    def reseed(self, seed: int) -> None:
        super().reseed(seed)
        self.seed = seed
        self._random_state = np.random.RandomState(seed)
        self.gpr = self._make_gpr()

    def suggested(self, trial_id: str) -> Values:
        found = super().suggested(trial_id)
        if found["status"] == "RUNNING" and self._duplicate(found["values"]):
            # the process may insist on one configuration for ever
            return self._random_populate_space()  # type: ignore[no-any-return]
        return found

    def _vectorize_trials(self) -> Any:
        """Fits the process to what has ended before it is asked about what still runs."""
        running, trials = self.ongoing_trials, self.trials
        if running:
            self.ongoing_trials = {}
            self.trials = {id_: trial for id_, trial in trials.items() if trial.status == "COMPLETED"}
            x, y = super()._vectorize_trials()
            self.ongoing_trials, self.trials = running, trials
            self.gpr.set_params(n_restarts_optimizer=0)
            self.gpr.fit(x, y)
            self.gpr = self.gpr.set_params(n_restarts_optimizer=RESTARTS)
        return super()._vectorize_trials()


class Grid(InMemory, GridSearchOracle):  # type: ignore[misc]
    """Every combination once. KerasTuner waits for the end of a trial before it says the next; here it need not."""

    _populate_next: list[str]

    def suggested(self, trial_id: str) -> Values:
        self._populate_next = [id_ for id_ in self._populate_next if self._is_on_grid(id_)]
        begun, is_first = self.start_order, not any(map(self._is_on_grid, self.trials))
        if is_first:
            self.start_order = []
        found = super().suggested(trial_id)
        self.start_order = begun
        if found["status"] == "RUNNING" and not is_first:
            self._populate_next.append(trial_id)
        return found

    def restored(self, rows: Sequence[Mapping[str, Any]]) -> None:
        known = [id_ for id_ in self.trials if self._is_on_grid(id_)]
        space = [(hp.name, [hp.default, *hp.values]) for hp in self.hyperparameters.space]

        def place(id_: str) -> list[int]:
            # in the order of `GridSearchOracle._compare`: the default first
            values = self._values_of(id_)
            return [listed.index(values[name]) if name in values else 0 for name, listed in space]

        self._ordered_ids = LinkedList()
        for id_ in sorted(known, key=place):
            self._ordered_ids.insert(id_)
        self._populate_next = known

    def _values_of(self, id_: str) -> Values:
        values: Values = self.trials[id_].hyperparameters.values
        return values

    def _is_on_grid(self, id_: str) -> bool:
        """Whether a grid has the configuration; that of another sampler need not be on it."""
        values = self._values_of(id_)
        active = [hp for hp in self.hyperparameters.space if all(c.is_active(values) for c in hp.conditions)]
        return all(hp.name in values and values[hp.name] in (hp.default, *hp.values) for hp in active)


class Hyperband(InMemory, HyperbandOracle):  # type: ignore[misc]
    """Hyperband without an end of its own: the study's budget ends it.

    Where no new configuration may be suggested, the last bracket is taken for as large as it is.
    """

    def suggested(self, trial_id: str) -> Values:
        for bracket in self._brackets:
            for trials in bracket["rounds"]:
                # equal scores are told apart by age, whatever the order of the promotions
                trials.sort(key=lambda info: self.numbers[info["id"]])
        return super().suggested(trial_id)

    def restored(self, rows: Sequence[Mapping[str, Any]]) -> None:
        slots: dict[int, tuple[Values, str]] = {}
        for id_, row in zip(self.trials, rows, strict=True):
            bracket, past = slots[row["number"]] if row["round"] else (self._with_room(), None)
            if row["round"] < len(bracket["rounds"]):
                bracket["rounds"][row["round"]].append({"past_id": past, "id": id_})
            slots[row["number"]] = bracket, id_

    def _with_room(self) -> Values:
        """The bracket in which the next trial begins: they fill one after the other."""
        last: Values = self._brackets[-1]
        if len(last["rounds"][0]) < self._get_size(last["bracket_num"], 0):
            return last
        self._increment_bracket_num()
        self._start_new_bracket()
        return self._brackets[-1]  # type: ignore[no-any-return]

    def _random_trial(self, trial_id: str, bracket: Values) -> Values:
        return super()._random_trial(trial_id, bracket) if self.may_start else {"status": "IDLE"}

    def _get_size(self, bracket_num: int, round_num: int) -> int:
        size: int = super()._get_size(bracket_num, round_num)
        if self.may_start or self._brackets[-1]["bracket_num"] != bracket_num:
            return size
        begun: int = len(self._brackets[-1]["rounds"][0])
        return min(size, math.ceil(begun / float(self.factor**round_num)))

    def _remove_completed_brackets(self) -> None:
        if self.may_start:
            super()._remove_completed_brackets()

    def _increment_bracket_num(self) -> None:
        if self.may_start:
            super()._increment_bracket_num()

    def _start_new_bracket(self) -> None:
        if self.may_start:
            super()._start_new_bracket()


ORACLES = {"random": Random, "bayesian": Bayesian, "hyperband": Hyperband, "grid": Grid}


def space_of(configs: Sequence[Mapping[str, Any]]) -> HyperParameters:
    """The search space of the hyperparameters, as `hyperparameters.Coded` writes them."""
    space = HyperParameters()
    for config in configs:
        arguments = {key: value for key, value in config.items() if key not in ("kind", "conditions")}
        parents = [conditions.Parent(name, values) for name, values in config["conditions"]]
        made = getattr(hyperparameters, config["kind"])(**arguments, conditions=parents)
        space.merge([made])
    space.values = {}
    return space


def make(setup: Mapping[str, Any]) -> Any:
    """The oracle of `setup`: its name, space, direction, largest number of epochs, and number of random trials."""
    common = {
        "objective": Objective(OBJECTIVE, setup["direction"]),
        "hyperparameters": space_of(setup["space"]),
        "seed": 1,
        "max_retries_per_trial": 0,
        "max_consecutive_failed_trials": NO_LIMIT,
    }
    name = setup["oracle"]
    own: Values = {"max_trials": None}
    if name == "hyperband":
        own = {"max_epochs": setup["max_epochs"], "hyperband_iterations": None}
    elif name == "bayesian":
        own["num_initial_points"] = setup["startup_trials"]
    oracle = ORACLES[name](**common, **own)
    oracle.verbose = 0
    oracle._max_collisions = MOST_COLLISIONS
    return oracle

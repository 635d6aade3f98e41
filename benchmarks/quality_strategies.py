"""The searches that are compared, each behind the simulator's four calls: `setup`, `next`, `report`, `ended`."""

import importlib.util
import math
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.recorded_curves import space_of
from models.objective import Direction
from search.drivers.freeze_thaw.policy import FreezeThaw
from search.drivers.freeze_thaw.seen import Memory, Seen, Start, State
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from search.ports import Rested
from search.pruning.registry import make_pruner
from search.resting import RestingTrials
from search.standings import Standings
from search.study import Cause, Curve, Order, Outcome, Suggestion, TrialState


class Ours:
    """The multi-fidelity policy of this project."""

    def setup(self, problem: Any, seed: int, workers: int) -> None:
        self._policy = FreezeThaw(space_of(problem), max_epochs=problem.R, sign=problem.sign, seed=seed)
        self._memory = Memory()
        self._seen: dict[int, Seen] = {}

    def next(self, worker: int) -> tuple[int, dict[str, Any]]:
        choice, self._memory = self._policy.propose(list(self._seen.values()), self._memory)
        if isinstance(choice, Start):
            number, params, values = len(self._seen), choice.params, ()
        else:
            number = choice.number
            params, values = dict(self._seen[number].params), self._seen[number].values
        self._seen[number] = Seen(number, params, values, State.RUNNING, choice.until)
        return number, params

    def report(self, number: int, epoch: int, value: float) -> bool:
        trial = self._seen[number]
        self._seen[number] = Seen(number, trial.params, (*trial.values, value), State.RUNNING, trial.until)
        return epoch < trial.until

    def ended(self, number: int, epoch: int, finished: bool) -> None:
        trial = self._seen[number]
        state = State.COMPLETE if finished else State.PAUSED
        self._seen[number] = Seen(number, trial.params, trial.values, state)


class DriverAndPruner:
    """A driver and a pruner of this project, as the coordinator uses them: paused trials go on before new ones begin.

    At the end of the budget no trial is trained further, as the simulator has no such end.
    """

    def __init__(self, sampler: str, pruner: str, **options: Any) -> None:
        self._sampler, self._pruner, self._options = sampler, pruner, options

    def setup(self, problem: Any, seed: int, workers: int) -> None:
        self._direction = Direction.MAXIMIZE if problem.sign > 0 else Direction.MINIMIZE
        setup = DriverSetup(space_of(problem), self._sampler, self._direction, problem.R, seed)
        self._driver = make_driver("optuna", setup)
        self._rule = make_pruner(self._pruner, self._options, direction=self._direction, max_epochs=problem.R)
        self._standings = Standings(self._direction, self._rule.group)
        self._resting = RestingTrials(self._direction, self._rule.group)
        self._asked: dict[int, Suggestion] = {}
        self._values: dict[int, list[float]] = {}
        self._last: dict[int, Order] = {}

    def next(self, worker: int) -> tuple[int, dict[str, Any]] | None:
        promotion = self._rule.promote(self._resting, self._standings.beside, more=True)
        if promotion is not None:
            number = promotion.number
            self._resting.remove(number)
            self._resting.goes_on_from(number, len(self._values[number]))
            return number, dict(self._asked[number].params)
        suggestion = self._driver.ask(len(self._asked))
        if suggestion is None:
            return None
        self._asked[suggestion.number] = suggestion
        self._values[suggestion.number] = []
        return suggestion.number, dict(suggestion.params)

    def report(self, number: int, epoch: int, value: float) -> bool:
        values = self._values[number]
        values.append(value)
        self._standings.report(number, epoch, value)
        decision = self._rule.decide(Curve(number, tuple(values)), self._standings.beside(number))
        self._last[number] = decision.order
        return decision.order is Order.GO_ON

    def ended(self, number: int, epoch: int, finished: bool) -> None:
        values = self._values[number]
        best = max(values) if self._direction is Direction.MAXIMIZE else min(values)
        if self._last[number] is Order.PAUSE and not finished:
            self._resting.add(Rested(number, len(values), best))
            self._driver.paused(number, values)
            return
        if finished:
            self._standings.complete(number)
        state, cause = (TrialState.COMPLETE, Cause.FINISHED) if finished else (TrialState.PRUNED, Cause.PRUNED)
        self._driver.tell(
            number, Outcome(state, cause, objective=best, best_epoch=1 + values.index(best), epochs=epoch)
        )


class Optuna:
    """A sampler and a pruner of Optuna's through `ask` and `tell`; a trial is told its best value."""

    def __init__(self, sampler: str, pruner: str) -> None:
        self._sampler, self._pruner = sampler, pruner

    def setup(self, problem: Any, seed: int, workers: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        samplers = {
            "random": optuna.samplers.RandomSampler,
            "tpe": optuna.samplers.TPESampler,
            "gp": optuna.samplers.GPSampler,
        }
        pruners = {
            "none": optuna.pruners.NopPruner,
            "median": optuna.pruners.MedianPruner,
            "halving": optuna.pruners.SuccessiveHalvingPruner,
            "hyperband": lambda: optuna.pruners.HyperbandPruner(max_resource=problem.R),
        }
        self._sign, self._params = problem.sign, problem.space.params
        self._study = optuna.create_study(
            direction=problem.direction, sampler=samplers[self._sampler](seed=seed), pruner=pruners[self._pruner]()
        )
        self._trials: dict[int, Any] = {}
        self._best: dict[int, float] = {}

    def next(self, worker: int) -> tuple[int, dict[str, Any]]:
        trial = self._study.ask()
        for p in self._params:
            suggest = trial.suggest_int if p.integer else trial.suggest_float
            suggest(p.name, p.low, p.high, log=p.log)
        self._trials[trial.number], self._best[trial.number] = trial, -math.inf
        return trial.number, dict(trial.params)

    def report(self, number: int, epoch: int, value: float) -> bool:
        trial = self._trials[number]
        self._best[number] = max(self._best[number], self._sign * value)
        trial.report(value, epoch)
        return not trial.should_prune()

    def ended(self, number: int, epoch: int, finished: bool) -> None:
        import optuna

        trial = self._trials.pop(number)
        if finished:
            self._study.tell(trial, self._sign * self._best.pop(number))
        else:
            self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)


class KerasTunerHyperband:
    """KerasTuner's Hyperband oracle; a trial of a later round goes on from its earlier one, as its tuner does."""

    def setup(self, problem: Any, seed: int, workers: int) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras_tuner

        hyperparameters = keras_tuner.HyperParameters()
        for p in problem.space.params:
            make = hyperparameters.Int if p.integer else hyperparameters.Float
            make(p.name, p.low, p.high, sampling="log" if p.log else "linear")
        direction = "max" if problem.sign > 0 else "min"
        self._oracle = keras_tuner.oracles.HyperbandOracle(
            objective=keras_tuner.Objective("value", direction),
            max_epochs=problem.R,
            hyperband_iterations=1000,
            # KerasTuner takes 0 for "any seed"
            seed=seed + 1,
            hyperparameters=hyperparameters,
        )
        self._folder = tempfile.TemporaryDirectory()
        self._oracle.verbose = 0
        self._oracle._set_project_dir(Path(self._folder.name), "kt")
        self._names = [p.name for p in problem.space.params]
        self._sign = problem.sign
        self._roots: dict[str, int] = {}
        self._running: dict[int, tuple[Any, int, list[float]]] = {}

    def next(self, worker: int) -> tuple[int, dict[str, Any]] | None:
        trial = self._oracle.create_trial(f"worker{worker}")
        if trial.status != "RUNNING":
            return None
        values = trial.hyperparameters.values
        parent = values.get("tuner/trial_id")
        number = self._roots[parent] if parent else len(set(self._roots.values()))
        self._roots[trial.trial_id] = number
        self._running[number] = (trial, int(values["tuner/epochs"]), [])
        return number, {name: values[name] for name in self._names}

    def report(self, number: int, epoch: int, value: float) -> bool:
        _, until, values = self._running[number]
        values.append(value)
        return epoch < until

    def ended(self, number: int, epoch: int, finished: bool) -> None:
        trial, _, values = self._running.pop(number)
        best = max(values) if self._sign > 0 else min(values)
        self._oracle.update_trial(trial.trial_id, {"value": best}, step=epoch)
        trial.status = "COMPLETED"
        self._oracle.end_trial(trial)


Maker = Callable[[], Any]

STRATEGIES: dict[str, Maker] = {
    "ours": Ours,
    "our tpe + asha": lambda: DriverAndPruner("tpe", "asha"),
    "our tpe + hyperband": lambda: DriverAndPruner("tpe", "hyperband"),
    "our tpe + stopping hyperband": lambda: DriverAndPruner("tpe", "hyperband", promote=False),
    "our random + hyperband": lambda: DriverAndPruner("random", "hyperband"),
    "our random + stopping hyperband": lambda: DriverAndPruner("random", "hyperband", promote=False),
    "optuna random": lambda: Optuna("random", "none"),
    "optuna tpe": lambda: Optuna("tpe", "none"),
    "optuna tpe + median": lambda: Optuna("tpe", "median"),
    "optuna tpe + halving": lambda: Optuna("tpe", "halving"),
    "optuna tpe + hyperband": lambda: Optuna("tpe", "hyperband"),
    "optuna gp": lambda: Optuna("gp", "none"),
    "kerastuner hyperband": KerasTunerHyperband,
}
NEEDS = {"optuna gp": "torch", "kerastuner hyperband": "keras_tuner"}


def why_not(name: str) -> str | None:
    """What is missing for a strategy; None when nothing is."""
    package = NEEDS.get(name)
    missing = package is not None and importlib.util.find_spec(package) is None
    return f"{name} needs {package}, which is not installed" if missing else None

"""The searches of others, each behind the simulator's four calls: `setup`, `next`, `report`, `ended`."""

import importlib.util
import math
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


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

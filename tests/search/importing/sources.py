"""Earlier searches as other tools leave them, made by the tools themselves or written as they write."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import optuna

TEXT = """\
study: new
data: sklearn:iris
objective: val_accuracy
model: {layers: 1, units: {int: [8, 64]}}
training: {epochs: 6, learning_rate: {float: [1e-3, 1e-1], log: true}, optimizer: {choice: [adam, sgd]}, momentum: 0.9}
search: {sampler: tpe, pruner: none}
budget: {trials: 4}
ensemble: none
tracking: none
"""
"""The study that imports. `momentum` is fixed."""


def optuna_study(path: Path, *, name: str = "tuned", direction: str = "maximize", trials: int = 12) -> optuna.Study:
    """A study of Optuna's with complete, pruned and failed trials; `learning_rate` goes beyond the new range."""
    path.write_bytes(_stored(name, direction, trials))
    return optuna.load_study(study_name=name, storage=f"sqlite:///{path}")


@cache
def _stored(name: str, direction: str, trials: int) -> bytes:
    """The file of the study; making it takes a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        study = optuna.create_study(
            storage=f"sqlite:///{path}",
            study_name=name,
            direction=direction,
            sampler=optuna.samplers.RandomSampler(seed=1),
        )
        study.optimize(_objective, n_trials=trials, catch=(ValueError,))
        return path.read_bytes()


def _objective(trial: optuna.Trial) -> float:
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
    units = trial.suggest_int("units", 8, 64)
    trial.suggest_categorical("optimizer", ["adam", "sgd"])
    for epoch in range(3):
        trial.report(rate + epoch / 100, epoch)
    if trial.number % 6 == 4:
        raise optuna.TrialPruned
    if trial.number % 6 == 5:
        raise ValueError("no")
    return rate + units / 100


def keras_tuner_trial(
    number: int, values: dict[str, Any], *, score: float | None = 0.9, status: str = "COMPLETED", **metrics: list[float]
) -> dict[str, Any]:
    """The content of a `trial.json`, as KerasTuner 1.4 writes it."""
    observed = {
        name: {
            "direction": "min" if "loss" in name else "max",
            "observations": [{"value": [value], "step": step} for step, value in enumerate(told)],
        }
        for name, told in metrics.items()
    }
    return {
        "trial_id": f"{number:04d}",
        "hyperparameters": {"space": [], "values": values},
        "metrics": {"metrics": observed},
        "score": score,
        "best_step": 0,
        "status": status,
        "message": None,
    }


def keras_tuner_project(folder: Path, *trials: dict[str, Any]) -> Path:
    """A project folder with these trials."""
    folder.mkdir(parents=True)
    (folder / "oracle.json").write_text(json.dumps({"ongoing_trials": {}, "end_order": []}))
    for number, trial in enumerate(trials):
        path = folder / f"trial_{number:04d}" / "trial.json"
        path.parent.mkdir()
        path.write_text(json.dumps(trial))
    return folder

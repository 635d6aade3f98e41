"""The tools that are compared: each trains a list of configurations in this process and gives their best values."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.workloads import keras_model

Run = Callable[[Sequence[dict[str, Any]], Path, Path], list[float]]
"""(configurations, folder of the prepared data, scratch folder) -> best validation accuracy of each."""


def ours(configurations: Sequence[dict[str, Any]], data: Path, scratch: Path) -> list[float]:
    """This project's trial core, with everything that it does in a study: reports, CSV log, bundle, predictions."""
    from models.config import Config
    from models.data.dataset import open_dataset
    from models.objective import Direction, Objective
    from models.spec.data import DataSpec
    from models.spec.families import spec_of
    from models.spec.training import TrainingSpec
    from models.training.graphs import Graphs
    from search.study import Decision, Outcome
    from search.trial import Calls, TrialTask, Warm, run_trial

    warm = Warm(Graphs(), {data: open_dataset(data)})
    objective = Objective("val_accuracy", Direction.MAXIMIZE)
    calls = Calls(started=lambda epoch, trained_s: None, epoch=lambda report: Decision.go_on())
    values = []
    for number, written in enumerate(configurations):
        model = spec_of(written["model"]["family"]).model_validate(written["model"])
        training = TrainingSpec.model_validate(written["training"])
        config = Config(DataSpec(source="sklearn:digits"), model, training)  # type: ignore[arg-type]
        task = TrialTask(
            number, config.to_json(), objective, number, training.epochs, scratch / f"{number}", data, resume=False
        )
        outcome = run_trial(task, calls, warm=warm)
        assert isinstance(outcome, Outcome), "nothing asks this trial to pause"
        if outcome.objective is None:
            raise RuntimeError(outcome.traceback)
        values.append(outcome.objective)
    return values


def optuna_loop(configurations: Sequence[dict[str, Any]], data: Path, scratch: Path) -> list[float]:
    """The loop of Optuna's Keras tutorial: clear the session, build, fit, return the validation value."""
    import keras
    import optuna

    rows = _rows(data)

    def objective(trial: Any) -> float:
        keras.backend.clear_session()
        written = configurations[trial.suggest_int("k", 0, len(configurations) - 1)]
        model = keras_model(written, rows.shape, rows.n_outputs)
        options = written["training"]
        fitted = model.fit(
            *rows.train,
            validation_data=rows.validation,
            batch_size=options["batch_size"],
            epochs=options["epochs"],
            verbose=0,
        )
        return float(max(fitted.history["val_accuracy"]))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    for k in range(len(configurations)):
        study.enqueue_trial({"k": k})
    study.optimize(objective, n_trials=len(configurations))
    return [float(trial.value) for trial in study.trials if trial.value is not None]


def keras_tuner(configurations: Sequence[dict[str, Any]], data: Path, scratch: Path) -> list[float]:
    """KerasTuner's RandomSearch, whose oracle gives the list's configurations one after another."""
    import keras_tuner as kt

    rows = _rows(data)

    class Listed(kt.oracles.RandomSearchOracle):  # type: ignore[misc]
        def populate_space(self, trial_id: str) -> dict[str, Any]:
            return {"status": "RUNNING", "values": {"k": int(trial_id)}}

    class Tuner(kt.RandomSearch):  # type: ignore[misc]
        def _configure_tensorboard_dir(self, *args: Any, **kwargs: Any) -> None:
            """Leaves out an import of tensorboard, which KerasTuner needs and does not ask for."""

        def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> Any:
            options = configurations[trial.hyperparameters.get("k")]["training"]
            sizes = {"batch_size": options["batch_size"], "epochs": options["epochs"]}
            return super().run_trial(trial, *args, **kwargs, **sizes)

    def build(hyperparameters: Any) -> Any:
        k = hyperparameters.Int("k", 0, len(configurations) - 1)
        return keras_model(configurations[k], rows.shape, rows.n_outputs)

    objective = kt.Objective("val_accuracy", "max")
    tuner = Tuner(build, objective=objective, max_trials=len(configurations), directory=scratch, project_name="kt")
    listed = Listed(objective=objective, max_trials=len(configurations))
    listed._set_project_dir(scratch, "kt")
    listed.hyperparameters, listed.verbose = tuner.oracle.hyperparameters, 0
    tuner.oracle = listed
    with (scratch / "kt.log").open("w") as log, contextlib.redirect_stdout(log):
        tuner.search(*rows.train, validation_data=rows.validation, verbose=0)
    return [float(trial.score) for trial in tuner.oracle.trials.values()]


TOOLS: dict[str, Run] = {"ours": ours, "optuna": optuna_loop, "kerastuner": keras_tuner}
PROCESSES_OF_THEIR_OWN = ("ours", "optuna")
"""Tools that train in several processes; KerasTuner needs a server and a machine name for each to do so."""


class _rows:  # noqa: N801  # called like a function
    """Prepared arrays as `model.fit` takes them."""

    def __init__(self, data: Path) -> None:
        from models.data.dataset import open_dataset

        opened = open_dataset(data)
        self.train = (opened.train.x[:], opened.train.y)
        self.validation = (opened.validation.x[:], opened.validation.y)
        self.shape, self.n_outputs = opened.signature.input_shape, opened.signature.n_outputs

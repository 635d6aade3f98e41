"""The tools that are compared: each makes ready to train a list of configurations, and then gives their best values."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.workloads import keras_model

Train = Callable[[], list[float]]
"""Trains all configurations: the best validation accuracy of each."""
Tool = Callable[[Sequence[dict[str, Any]], Path, Path, int], Train]
"""(configurations, folder of the prepared data, scratch folder, workers) -> what trains them."""


def ours(configurations: Sequence[dict[str, Any]], data: Path, scratch: Path, workers: int) -> Train:
    """This project's whole loop: coordinator, worker processes, record on disk, event log, CSV logs, bundles."""
    from benchmarks.whole_loop import CONFIGURATION, OBJECTIVE, WholeLoop
    from models.config import Config
    from models.data.dataset import open_dataset
    from models.spec.data import DataSpec
    from models.spec.families import spec_of
    from models.spec.training import TrainingSpec
    from models.training.graph_key import graph_key
    from search.study import Suggestion
    from search.trial import TrialTask

    signature = open_dataset(data).signature
    epochs = configurations[0]["training"]["epochs"]

    def task_of(suggestion: Suggestion) -> TrialTask:
        written = configurations[int(suggestion.params[CONFIGURATION])]
        model = spec_of(written["model"]["family"]).model_validate(written["model"])
        training = TrainingSpec.model_validate(written["training"])
        config = Config(DataSpec(source="sklearn:digits"), model, training)  # type: ignore[arg-type]
        folder = scratch / "study" / f"{suggestion.number}"
        graph = graph_key(model, training, signature=signature, objective=OBJECTIVE)
        return TrialTask(
            suggestion.number, config.to_json(), OBJECTIVE, suggestion.number, epochs, folder, data,
            resume=False, graph=graph,
        )  # fmt: skip

    return WholeLoop(task_of, scratch / "study", n=len(configurations), epochs=epochs, workers=workers).run


def optuna_loop(configurations: Sequence[dict[str, Any]], data: Path, scratch: Path, workers: int) -> Train:
    """The loop of Optuna's Keras tutorial: clear the session, build, fit, return the validation value."""
    import keras
    import optuna

    rows = Rows(data)

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

    def train() -> list[float]:
        study.optimize(objective, n_trials=len(configurations))
        return [float(trial.value) for trial in study.trials if trial.value is not None]

    return train


def keras_tuner(configurations: Sequence[dict[str, Any]], data: Path, scratch: Path, workers: int) -> Train:
    """KerasTuner's RandomSearch, whose oracle gives the list's configurations one after another."""
    import keras_tuner as kt

    rows = Rows(data)

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

    def train() -> list[float]:
        with (scratch / "kt.log").open("w") as log, contextlib.redirect_stdout(log):
            tuner.search(*rows.train, validation_data=rows.validation, verbose=0)
        return [float(trial.score) for trial in tuner.oracle.trials.values()]

    return train


TOOLS: dict[str, Tool] = {"ours": ours, "optuna": optuna_loop, "kerastuner": keras_tuner}
HAS_WORKERS = ("ours",)
"""Tools that keep their own workers. Of the others as many processes run as there are workers, each with its share of
the list: more than their users have without a database (Optuna) or a server of their own (KerasTuner)."""


class Rows:
    """Prepared arrays as `model.fit` takes them."""

    def __init__(self, data: Path) -> None:
        from models.data.dataset import open_dataset

        opened = open_dataset(data)
        self.train = (opened.train.x[:], opened.train.y)
        self.validation = (opened.validation.x[:], opened.validation.y)
        self.shape, self.n_outputs = opened.signature.input_shape, opened.signature.n_outputs

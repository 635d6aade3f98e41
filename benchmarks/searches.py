"""A whole search on the digits, as each tool's users run it: one command from its start to its best value.

The same space, epochs and number of trials. Ours: the command line with the median pruner and two workers. Optuna: the
tutorial's loop with its median pruner and a callback that reports. KerasTuner: RandomSearch, which has no pruning.
Both in one process with TensorFlow's own choice of threads, as their tutorials run. Each has its default sampler.
"""

import csv
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

EPOCHS = 15
BATCH_SIZE = 32
STUDY = """\
study: search
data: sklearn:digits
objective: val_accuracy
model: {{layers: {{int: [1, 3]}}, units: {{int: [32, 256], log: true}}, dropout: {{float: [0.05, 0.5]}}}}
training: {{epochs: {epochs}, batch_size: {batch_size}, learning_rate: {{float: [1e-4, 3e-2], log: true}}}}
search: {{pruner: median}}
budget: {{trials: {trials}}}
workers: 2
ensemble: none
tracking: none
"""
"""The space of `_model` in the words of a study file; the other tools neither track nor build an ensemble."""


def compared(tools: list[str], *, trials: int, rounds: int) -> str:
    """The table of whole searches: medians over rounds, in which tools take turns."""
    measured: dict[str, list[tuple[float, float]]] = {tool: [] for tool in tools}
    for _ in range(rounds):
        for tool, times in measured.items():
            with tempfile.TemporaryDirectory() as scratch:
                begun = time.perf_counter()
                best = COMMANDS[tool](trials, Path(scratch))
                times.append((time.perf_counter() - begun, best))
            print(f"  search {tool}: {times[-1][0]:.1f} s, best {best:.4f}", file=sys.stderr, flush=True)
    lines = [
        f"### search: {trials} trials of at most {EPOCHS} epochs, median pruning, whole commands",
        "| tool | wall s | trials an hour | ours is | best value |",
        "|---|---|---|---|---|",
    ]
    wall = {tool: statistics.median(s for s, _ in times) for tool, times in measured.items()}
    for tool, times in measured.items():
        faster = f"{wall[tool] / wall['ours']:.1f} times as fast" if "ours" in wall else "-"
        best = statistics.median(value for _, value in times)
        lines.append(f"| {tool} | {wall[tool]:.1f} | {3600 * trials / wall[tool]:,.0f} | {faster} | {best:.4f} |")
    return "\n".join([*lines, ""])


def _ours(trials: int, scratch: Path) -> float:
    file = scratch / "search.yaml"
    file.write_text(STUDY.format(epochs=EPOCHS, batch_size=BATCH_SIZE, trials=trials))
    _output([sys.executable, "-m", "search", "run", str(file)], scratch)
    with (scratch / "studies" / "search" / "leaderboard.csv").open() as leaderboard:
        return float(next(csv.DictReader(leaderboard))["objective"])


def _other(name: str) -> Any:
    def run(trials: int, scratch: Path) -> float:
        printed = _output([sys.executable, "-m", "benchmarks.searches", name, str(trials), str(scratch)], scratch)
        found = re.search(r"^best (.*)$", printed, re.MULTILINE)
        assert found, "the search prints its best value"
        return float(found[1])

    return run


COMMANDS = {"ours": _ours, "optuna": _other("optuna"), "kerastuner": _other("kerastuner")}


def _output(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def _digits() -> Any:
    """Training and validation rows as the study file splits them: the same shares, scaled alike."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    x, _, y, _ = train_test_split((x / 16.0).astype("float32"), y, test_size=0.2, random_state=0, stratify=y)
    return train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)


def _model(layers: int, units: int, rate: float, learning_rate: float) -> Any:
    import keras

    hidden: list[Any] = []
    for _ in range(layers):
        hidden += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(rate)]
    model = keras.Sequential([keras.Input((64,)), *hidden, keras.layers.Dense(10, activation="softmax")])
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _optuna(trials: int, scratch: Path) -> float:
    import keras
    import optuna

    x, x_validation, y, y_validation = _digits()

    class Reports(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self, trial: Any) -> None:
            super().__init__()
            self._trial = trial

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._trial.report(logs["val_accuracy"], epoch)
            if self._trial.should_prune():
                raise optuna.TrialPruned

    def objective(trial: Any) -> float:
        keras.backend.clear_session()
        model = _model(
            trial.suggest_int("layers", 1, 3),
            trial.suggest_int("units", 32, 256, log=True),
            trial.suggest_float("dropout", 0.05, 0.5),
            trial.suggest_float("learning_rate", 1e-4, 3e-2, log=True),
        )
        fitted = model.fit(
            x, y, validation_data=(x_validation, y_validation), batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0,
            callbacks=[Reports(trial)],
        )  # fmt: skip
        return float(max(fitted.history["val_accuracy"]))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
    study.optimize(objective, n_trials=trials)
    return float(study.best_value)


def _keras_tuner(trials: int, scratch: Path) -> float:
    import keras_tuner as kt

    x, x_validation, y, y_validation = _digits()

    class Tuner(kt.RandomSearch):  # type: ignore[misc]
        def _configure_tensorboard_dir(self, *args: Any, **kwargs: Any) -> None:
            """Leaves out an import of tensorboard, which KerasTuner needs and does not ask for."""

    def build(hp: Any) -> Any:
        return _model(
            hp.Int("layers", 1, 3),
            hp.Int("units", 32, 256, sampling="log"),
            hp.Float("dropout", 0.05, 0.5),
            hp.Float("learning_rate", 1e-4, 3e-2, sampling="log"),
        )

    tuner = Tuner(build, objective=kt.Objective("val_accuracy", "max"), max_trials=trials, directory=scratch)
    rows = {"validation_data": (x_validation, y_validation), "batch_size": BATCH_SIZE, "epochs": EPOCHS}
    tuner.search(x, y, **rows, verbose=0)
    return float(tuner.oracle.get_best_trials(1)[0].score)


if __name__ == "__main__":
    search = {"optuna": _optuna, "kerastuner": _keras_tuner}[sys.argv[1]]
    print(f"\nbest {search(int(sys.argv[2]), Path(sys.argv[3]))}")

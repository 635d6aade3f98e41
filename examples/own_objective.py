"""An Optuna objective for `own_objective.yaml`: it builds, trains and reports by itself, as it did under Optuna."""

import functools

import keras
import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class PruningCallback(keras.callbacks.Callback):
    """What `optuna_integration.KerasPruningCallback` does."""

    def __init__(self, trial, monitor):
        super().__init__()
        self.trial, self.monitor = trial, monitor

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs[self.monitor], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned(f"pruned after epoch {epoch}")


@functools.cache
def rows():
    """Read once by each worker, which trains many trials."""
    x, y = load_digits(return_X_y=True)
    return train_test_split(x / 16, y, test_size=0.25, random_state=0)


def objective(trial):
    """Validation accuracy of a network of dense layers."""
    x, x_validation, y, y_validation = rows()
    model = keras.Sequential([keras.layers.Input((64,))])
    for i in range(trial.suggest_int("n_layers", 1, 3)):
        model.add(keras.layers.Dense(trial.suggest_int(f"n_units_l{i}", 8, 128, log=True), activation="relu"))
    model.add(keras.layers.Dropout(trial.suggest_float("dropout", 0.0, 0.5)))
    model.add(keras.layers.Dense(10, activation="softmax"))
    rate = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[
        trial.suggest_categorical("optimizer", ["adam", "rmsprop"])
    ]
    model.compile(optimizer(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    trial.set_user_attr("params", model.count_params())
    model.fit(
        x,
        y,
        batch_size=trial.suggest_categorical("batch_size", [32, 64, 128]),
        epochs=12,
        validation_data=(x_validation, y_validation),
        callbacks=[PruningCallback(trial, "val_accuracy")],
        verbose=0,
    )
    return model.evaluate(x_validation, y_validation, verbose=0)[1]


if __name__ == "__main__":  # as it was run before; not when a study file names it
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
    study.optimize(objective, n_trials=20)

"""What is trained: small data sets, fixed lists of configurations, and the plain Keras model of each.

Widths are choices, as most studies write them; `digits-free` draws every width from a range, so that hardly two
trials have the same graph.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """A data source by name, and what is the same in all configurations."""

    name: str
    family: str
    epochs: int
    batch_size: int
    widths: tuple[int, ...]
    free: bool = False


WORKLOADS = {
    w.name: w
    for w in (
        Workload("digits", "mlp", 15, 32, (64, 128)),
        Workload("digits-free", "mlp", 15, 32, (16, 256), free=True),
        Workload("table", "mlp", 10, 128, (128,)),
        Workload("cnn", "cnn", 5, 64, (16, 32)),
        Workload("bilstm", "rnn", 10, 64, (32, 32)),
    )
}


def configurations(workload: Workload, n: int) -> list[dict[str, Any]]:
    """The first `n` configurations of a workload's list; always the same."""
    return [_configuration(workload, np.random.default_rng([5, k])) for k in range(n)]


def _configuration(workload: Workload, rng: np.random.Generator) -> dict[str, Any]:
    rate = float(10 ** rng.uniform(-3.5, -2))
    training = {"epochs": workload.epochs, "batch_size": workload.batch_size, "learning_rate": rate}
    if workload.family == "cnn":
        model: dict[str, Any] = {"blocks": 2, "filters": list(workload.widths), "head": 64, "batch_norm": False}
        return {"model": {"family": "cnn", **model, "dropout": float(rng.uniform(0.1, 0.5))}, "training": training}
    if workload.family == "rnn":
        stack = {"layers": len(workload.widths), "units": list(workload.widths), "bidirectional": True}
        rates = [float(rate) for rate in rng.uniform(0.05, 0.4, len(workload.widths))]
        return {"model": {"family": "rnn", **stack, "dropout": rates}, "training": training}
    layers = int(rng.integers(1, 4))
    units = [int(rng.choice(workload.widths))] * layers
    if workload.free:
        units = [int(unit) for unit in rng.integers(workload.widths[0], workload.widths[1] + 1, layers)]
    rates = [float(rate) for rate in rng.uniform(0.05, 0.5, layers)]
    return {"model": {"family": "mlp", "layers": layers, "units": units, "dropout": rates}, "training": training}


def write_source(workload: Workload, folder: Path) -> str:
    """The workload's data as a source that a study file may name."""
    if workload.name.startswith("digits"):
        return "sklearn:digits"
    rng = np.random.default_rng(0)
    if workload.family == "cnn":
        y = rng.integers(0, 10, 12_500)
        x = np.clip(rng.normal(size=(10, 28, 28))[y] * 60 + rng.normal(size=(12_500, 28, 28)) * 90 + 128, 0, 255)
        x = x.astype(np.uint8)
    elif workload.family == "rnn":
        x, y = _ordered_peaks(10_500, rng)
    else:
        x = rng.normal(size=(62_500, 50)).astype(np.float32)
        y = (x[:, :10] @ rng.normal(size=10) + x[:, 0] * x[:, 1] > 0).astype(np.int64)
    np.savez(folder / "rows.npz", x=x, y=y)
    return str(folder / "rows.npz")


def data_section(workload: Workload, source: str) -> dict[str, Any]:
    """What a study file says under `data` for the `source` that `write_source` gave."""
    named = {"target": "y"} if source.endswith(".npz") else {}
    return {"source": source, **named, **({"windows": True} if workload.family == "rnn" else {})}


def _ordered_peaks(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Windows (n, 20, 8) of noise with a peak in each of the first two features, and which peak comes first."""
    x = rng.normal(size=(n, 20, 8)).astype(np.float32)
    first, second = np.argsort(rng.random((n, 20)), axis=1)[:, :2].T
    x[np.arange(n), first, 0] += 2.5
    x[np.arange(n), second, 1] += 2.5
    return x, (first < second).astype(np.int64)


def keras_model(configuration: dict[str, Any], input_shape: tuple[int, ...], n_outputs: int) -> Any:
    """The configuration as users write it in plain Keras, compiled."""
    import keras

    model = configuration["model"]
    layers: list[Any] = [keras.Input(input_shape)]
    if model["family"] == "cnn":
        for filters in model["filters"]:
            layers.append(keras.layers.Conv2D(filters, 3, padding="same", activation="relu"))
            layers.append(keras.layers.MaxPooling2D())
            layers.append(keras.layers.Dropout(model["dropout"]))
        layers.append(keras.layers.GlobalAveragePooling2D())
        layers.append(keras.layers.Dense(model["head"], activation="relu"))
        layers.append(keras.layers.Dropout(model["dropout"]))
    elif model["family"] == "rnn":
        for i, (units, rate) in enumerate(zip(model["units"], model["dropout"], strict=True), start=1):
            lstm = keras.layers.LSTM(units, return_sequences=i < len(model["units"]))
            layers.append(keras.layers.Bidirectional(lstm))
            layers.append(keras.layers.Dropout(rate))
    else:
        if len(input_shape) > 1:
            layers.append(keras.layers.Flatten())
        for units, rate in zip(model["units"], model["dropout"], strict=True):
            layers.append(keras.layers.Dense(units, activation="relu"))
            layers.append(keras.layers.Dropout(rate))
    layers.append(keras.layers.Dense(n_outputs, activation="sigmoid" if n_outputs == 1 else "softmax"))
    made = keras.Sequential(layers)
    made.compile(
        optimizer=keras.optimizers.Adam(configuration["training"]["learning_rate"]),
        loss="binary_crossentropy" if n_outputs == 1 else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return made

"""Trials that share a graph are as if each had been alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.objective import Direction, Objective
from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.training import TrainingSpec
from models.training.graph_key import graph_key
from models.training.graphs import Graphs

Make = Callable[..., Any]
LOSS = Objective("val_loss", Direction.MINIMIZE)


def mlp(rate: float, l2: float) -> MlpSpec:
    """Other numbers and other widths for every `rate`."""
    units = [round(20 * rate) + 3, round(40 * rate)]
    values = {"layers": 2, "units": units, "dropout": [rate, rate / 2], "batch_norm": True}
    return MlpSpec.model_validate({**values, "regularizer": "l2", "l2": l2})


def cnn(rate: float, l2: float) -> CnnSpec:
    turned = {"shift": rate, "rotation": rate / 3, "zoom": rate / 2}
    widths = {"filters": round(20 * rate) + 1, "head": round(30 * rate) + 2}
    values = {"blocks": 1, **widths, "dropout": rate, "augmentation": turned}
    return CnnSpec.model_validate({**values, "regularizer": "l2", "l2": l2})


def rnn(rate: float, l2: float) -> RnnSpec:
    values = {"layers": 2, "units": [6, 4], "bidirectional": True, "dropout": [rate, rate / 2]}
    return RnnSpec.model_validate({**values, "regularizer": "l2", "l2": l2})


def numbers(k: int, optimizer: str = "adamw") -> dict[str, Any]:
    """Trial k of four whose graphs are equal."""
    by_optimizer: dict[str, dict[str, Any]] = {
        "adamw": {"beta_1": 0.9 - k / 20, "beta_2": 0.99 - k / 50, "weight_decay": 0.01 * (k + 1)},
        "nadam": {"beta_1": 0.9 - k / 20},
        "sgd": {"momentum": 0.9 - k / 5},
        "rmsprop": {"rho": 0.9 - k / 5, "momentum": 0.2 + k / 10},
    }
    common = {"learning_rate": 0.01 * (k + 1), "label_smoothing": 0.02 * (k + 1), "batch_size": 20 + 4 * k}
    return {"optimizer": optimizer, "epochs": 3, "clip_norm": 0.5 + k, **common, **by_optimizer[optimizer]}


CASES = [
    pytest.param(mlp, (5,), "adamw", id="mlp-adamw"),
    *(pytest.param(mlp, (5,), name, id=f"mlp-{name}", marks=pytest.mark.slow) for name in ("nadam", "sgd", "rmsprop")),
    pytest.param(cnn, (8, 8, 1), "adamw", id="cnn-adamw", marks=pytest.mark.slow),
    pytest.param(rnn, (6, 3), "adamw", id="rnn-adamw", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("spec", "shape", "optimizer"), CASES)
def test_a_trial_after_three_others_equals_one_alone_bit_for_bit(
    trial: Make, spec: Make, shape: tuple[int, ...], optimizer: str
) -> None:
    def made(k: int, graphs: Graphs) -> Any:
        return trial(numbers(k, optimizer), model=spec(0.1 + k / 10, 0.01 * (k + 1)), shape=shape, graphs=graphs)

    alone = made(3, Graphs())
    expected = alone.run(seed=7)
    shared = Graphs()
    others = [made(k, shared).run(seed=k).history for k in range(3)]
    last = made(3, shared)
    result = last.run(seed=7)
    assert len(shared) == 1, "all four must have had the same graph"
    assert result.history == expected.history
    assert all(history != result.history for history in others)
    for one, other in zip(last.weights(), alone.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


DATA = Signature("multiclass", (5,), 3, ("a", "b", "c"), ("y",), 60)


def key(model: dict[str, Any] | None = None, **training: Any) -> str:
    spec = MlpSpec.model_validate({"layers": 1, "units": 8, **(model or {})})
    return graph_key(spec, TrainingSpec.model_validate(training), signature=DATA, objective=LOSS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": {"dropout": 0.1}}, {"model": {"dropout": 0.2}}),
        ({"model": {"units": 8}}, {"model": {"units": 9}}),
        ({"model": {"l2": 0.1}}, {"model": {"l2": 0.2}}),
        ({"learning_rate": 0.1}, {"learning_rate": 0.2}),
        ({"batch_size": 32}, {"batch_size": 64}),
        ({"epochs": 3}, {"epochs": 4}),
        ({"optimizer": "sgd", "momentum": 0.1}, {"optimizer": "sgd", "momentum": 0.2}),
        ({"clip_value": 0.1}, {"clip_value": 0.2}),
        ({"schedule": "cosine"}, {"schedule": "step"}),
        ({"early_stopping": {"patience": 3}}, {}),
    ],
    ids=str,
)
def test_trials_that_differ_in_numbers_share_a_graph(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert key(**one) == key(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": {"dropout": 0.1}}, {"model": {"dropout": 0.0}}),
        ({"model": {"units": 8, "residual": True}}, {"model": {"units": 9, "residual": True}}),
        ({"model": {"layers": 1}}, {"model": {"layers": 2}}),
        ({"model": {"activation": "relu"}}, {"model": {"activation": "tanh"}}),
        ({"model": {"regularizer": "l1"}}, {"model": {"regularizer": "l2"}}),
        ({"optimizer": "adam"}, {"optimizer": "adamw"}),
        ({"optimizer": "sgd", "momentum": 0.1}, {"optimizer": "sgd"}),
        ({"optimizer": "sgd", "momentum": 0.1, "nesterov": True}, {"optimizer": "sgd", "momentum": 0.1}),
        ({"clip_value": 0.1}, {"clip_norm": 0.1}),
        ({"loss": "focal"}, {}),
        ({"label_smoothing": 0.1}, {}),
        ({"metrics": ["auc"]}, {}),
        ({"class_weights": "balanced"}, {}),
    ],
    ids=str,
)
def test_trials_that_differ_in_more_do_not(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert key(**one) != key(**other)


def test_the_model_that_is_trained_says_the_widths_of_its_trial(trial: Make) -> None:
    graphs = Graphs()
    for rate in (0.3, 0.5):
        last = trial({"epochs": 1}, model=mlp(rate, rate / 10), graphs=graphs)
        last.run()
        named = [last.built.get_layer(f"hidden_{i}") for i in (1, 2)]
        assert [layer.units for layer in named] == list(last.model.units)
        assert [layer.kernel.shape[-1] for layer in named] == list(last.model.units)
    assert len(graphs) == 1


def test_the_graphs_that_are_kept_are_those_used_last(trial: Make) -> None:
    graphs = Graphs(kept=2)

    def train(layers: int) -> Any:
        made = trial({"epochs": 1}, model=MlpSpec.model_validate({"layers": layers, "units": 3}), graphs=graphs)
        made.run()
        return made.built

    first, second = train(1), train(2)
    assert train(1) is first
    train(3)
    assert len(graphs) == 2
    assert train(1) is first
    assert train(2) is not second


def test_the_model_for_saving_has_stock_layers_the_trials_numbers_and_its_weights(trial: Make, tiny: Make) -> None:
    graphs = Graphs()
    for rate in (0.3, 0.5):
        last = trial({"epochs": 1}, model=mlp(rate, rate / 10), graphs=graphs)
        last.run()
    (graph,) = graphs._graphs.values()
    plain = graph.plain_model()
    layer = plain.get_layer("hidden_1_dropout")
    assert (layer.rate, plain.get_layer("hidden_2_dropout").rate) == (0.5, 0.25)
    assert plain.get_layer("hidden_1").kernel_regularizer.l2 == pytest.approx(0.05)
    assert {type(layer).__module__.partition(".")[0] for layer in plain.layers} == {"keras"}
    assert plain.get_layer("hidden_1").units == last.model.units[0], "the widths are the last trial's too"
    x = tiny().validation.x
    np.testing.assert_allclose(np.asarray(plain(x)), graph.predict(x), rtol=1e-6)


def test_a_recurrent_model_for_saving_has_keras_own_layers(trial: Make, tiny: Make, tmp_path: Path) -> None:
    graphs = Graphs()
    trial({"epochs": 2}, model=rnn(0.2, 0.01), shape=(6, 3), graphs=graphs).run()
    (graph,) = graphs._graphs.values()
    graph.plain_model().save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    kinds = {type(layer).__module__.partition(".")[0] for layer in again._flatten_layers(include_self=False)}
    assert kinds == {"keras"}
    assert again.get_layer("recurrent_2").backward_layer.kernel_regularizer.l2 == pytest.approx(0.01)
    x = tiny(shape=(6, 3)).validation.x
    np.testing.assert_allclose(np.asarray(again(x)), graph.predict(x), rtol=1e-5)

"""The numbers of a configuration: what a trained graph takes as input, so that trials which differ in nothing else
share one. Knows no framework.

A number of 0 is off: the graph has no place for it. So the names of a configuration's numbers belong to its graph,
and their values do not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.training import TrainingSpec

Numbers = Mapping[str, float]
"""By name: `<layer>.<attribute>`, `l1` and `l2` for every penalty, `optimizer.<attribute>`, `label_smoothing`."""

OPTIMIZER_NUMBERS = {
    "sgd": ("momentum",),
    "rmsprop": ("momentum", "rho"),
    "adam": ("beta_1", "beta_2"),
    "nadam": ("beta_1", "beta_2"),
    "adamw": ("beta_1", "beta_2", "weight_decay"),
}
CLIPPING = {"clip_norm": "global_clipnorm", "clip_value": "clipvalue"}
"""Keys of a study file and what Keras' optimizers call them."""


def numbers(model: Any, training: TrainingSpec) -> dict[str, float]:
    """All numbers of a configuration that are not 0; of a family that names none, training's only."""
    named = {
        **_shared(model).numbers(model),
        **{f"optimizer.{name}": getattr(training, name) for name in OPTIMIZER_NUMBERS[training.optimizer]},
        **{f"optimizer.{keras_name}": getattr(training, name) for name, keras_name in CLIPPING.items()},
        "label_smoothing": training.label_smoothing,
    }
    return {name: float(value) for name, value in named.items() if value}


def fixed_parts(model: Any) -> dict[str, Any]:
    """What of a model's configuration is no number, as JSON values: its layers and their widths."""
    return _without(model.model_dump(mode="json"), _shared(model).keys)


def traced_parts(model: Any) -> dict[str, Any]:
    """What of a model's configuration belongs to its traced graph: `fixed_parts` without the widths that are open."""
    return _without(fixed_parts(model), open_widths(model))


def open_widths(model: Any) -> frozenset[str]:
    """The keys of a model's configuration that hold widths, if one graph trains them all; otherwise none."""
    return _shared(model).widths(model)


@dataclass(frozen=True, slots=True)
class Shared:
    """What trials of a family can differ in and still share a graph.

    numbers: the numbers of a configuration. keys: those of its spec that speak of nothing else. widths: those that
    hold widths, where they can be left open; what is there or not must not hang on them.
    """

    numbers: Callable[[Any], dict[str, float]]
    keys: frozenset[str]
    widths: Callable[[Any], frozenset[str]]


def _shared(model: Any) -> Shared:
    """Of a family without an entry in FAMILIES, trials share a graph when their whole configuration is the same."""
    return FAMILIES.get(model.family, Shared(lambda _: {}, frozenset(), lambda _: frozenset()))


def _of_mlp(model: MlpSpec) -> dict[str, float]:
    rates = {f"hidden_{i}_dropout.rate": rate for i, rate in enumerate(model.dropout, start=1)}
    return {**rates, **_penalties(model)}


def _of_cnn(model: CnnSpec) -> dict[str, float]:
    dropped = [*(f"block_{i}" for i in range(1, len(model.filters) + 1)), *(["head"] if model.head else [])]
    return {
        **{f"{name}_dropout.rate": model.dropout for name in dropped},
        **{name: getattr(model.augmentation, name) for name in ("shift", "rotation", "zoom")},
        **_penalties(model),
    }


def _of_rnn(model: RnnSpec) -> dict[str, float]:
    rates = {f"recurrent_{i}_dropout.rate": rate for i, rate in enumerate(model.dropout, start=1)}
    return {**rates, **_penalties(model)}


def _penalties(model: MlpSpec | CnnSpec | RnnSpec) -> dict[str, float]:
    return {kind: getattr(model, kind) for kind in ("l1", "l2") if kind in model.regularizer.split("_")}


_PENALTY_KEYS = frozenset({"l1", "l2", "regularizer", "dropout", "others"})


def _widths_of_mlp(model: MlpSpec) -> frozenset[str]:
    # a skip has a projection only where two widths differ
    return frozenset() if model.residual else frozenset({"units"})


def _widths_of_cnn(model: CnnSpec) -> frozenset[str]:
    if model.convolution != "standard":
        return frozenset()
    return frozenset({"filters", "head"} if model.head else {"filters"})


FAMILIES = {
    "mlp": Shared(_of_mlp, _PENALTY_KEYS, _widths_of_mlp),
    "cnn": Shared(
        _of_cnn, _PENALTY_KEYS | {"augmentation.shift", "augmentation.rotation", "augmentation.zoom"}, _widths_of_cnn
    ),
    "rnn": Shared(_of_rnn, _PENALTY_KEYS, lambda model: frozenset()),
}


def _without(values: dict[str, Any], keys: frozenset[str], prefix: str = "") -> dict[str, Any]:
    return {
        name: _without(value, keys, f"{prefix}{name}.") if isinstance(value, dict) else value
        for name, value in values.items()
        if f"{prefix}{name}" not in keys
    }

"""Several trained models and their preprocessing as one Keras model that takes raw rows and averages them.

Stock layers only, so that the saved file loads with plain Keras in safe mode, without this project.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from models.blocks.raw_inputs import raw_input_graph
from models.data.preprocessor import Preprocessor

Tensor = Any


@dataclass(frozen=True, slots=True)
class Part:
    """A model on prepared rows, the preprocessing that it was trained with, and its share of the blend."""

    model: Any
    preprocessor: Preprocessor
    weight: float


def blend_graph(parts: Sequence[Part]) -> Any:
    """A `keras.Model` from raw rows (inputs as `raw_input_graph`) to the weighted mean of the parts' outputs.

    Parts with equal preprocessing share one graph of it. The models of `parts` are renamed.
    Raises: ValueError when the parts do not take the same raw rows.
    """
    inputs, prepared = raw_input_graph(parts[0].preprocessor)
    names = _Names([tensor.name for tensor in _flat(inputs)] + ["prepare"])
    graphs = {parts[0].preprocessor.dumps(): prepared}
    weighted = []
    for k, part in enumerate(parts, start=1):
        key = part.preprocessor.dumps()
        if key not in graphs:
            graphs[key] = _shared(part.preprocessor, inputs, names.free(f"prepare_{k}"))
        part.model.name = names.free(f"member_{k}")  # equal names do not save
        outputs = part.model(graphs[key], training=False)
        weighted.append(keras.layers.Rescaling(part.weight, name=names.free(f"weight_{k}"))(outputs))
    blend = keras.layers.Add(name=names.free("blend"))(weighted) if len(weighted) > 1 else weighted[0]
    return keras.Model(inputs, blend, name="ensemble")


class _Names:
    """Layer names that are not taken: an input is named as its column, which may be called anything."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def free(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _shared(preprocessor: Preprocessor, inputs: dict[str, Tensor] | Tensor, name: str) -> Tensor:
    """The prepared rows of another preprocessing of the same raw inputs."""
    own_inputs, prepared = raw_input_graph(preprocessor)
    own, shared = _flat(own_inputs), _flat(inputs)
    if [(t.name, t.shape, t.dtype) for t in own] != [(t.name, t.shape, t.dtype) for t in shared]:
        raise ValueError(
            f"members take different raw rows: {', '.join(t.name for t in shared)} against "
            f"{', '.join(t.name for t in own)}"
        )
    return keras.Model(own, prepared, name=name)(shared)


def _flat(inputs: dict[str, Tensor] | Tensor) -> list[Tensor]:
    return [inputs[name] for name in sorted(inputs)] if isinstance(inputs, dict) else [inputs]

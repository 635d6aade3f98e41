"""First weights and random states of a model, from a seed and their place in it alone.

Keras draws them from the state of the process, so that they depend on what was built before. Here a model that has
trained other trials begins with the very weights, and goes through the very dropout masks, of a new one.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

RANDOM_STATE = "seed_generator_state"
"""Keras' name for the variable of a layer's random generator."""


class Seedbed:
    """What the variables of `model` begin with; to be made before anything is trained."""

    def __init__(self, model: keras.Model) -> None:
        self._plots = list(_plots(model))

    @property
    def is_complete(self) -> bool:
        """Whether every variable that began with random values can be drawn again by an initializer of its layer."""
        return all(maker is not None or _is_even(first) for _, maker, first in self._plots)

    def sow(self, seed: int) -> None:
        """Give every variable its first value under `seed`."""
        for place, (variable, maker, first) in enumerate(self._plots):
            drawn = int(np.random.SeedSequence([seed, place]).generate_state(1)[0] >> 1)
            if variable.name == RANDOM_STATE:
                variable.assign([drawn, 0])
            elif maker is None:
                variable.assign(first)
            else:
                again = type(maker).from_config({**maker.get_config(), "seed": drawn})
                variable.assign(again(variable.shape, dtype=variable.dtype))


def _plots(model: keras.Model) -> Iterator[tuple[Any, Any, Any]]:
    """Each variable once, with its random initializer or None, and a copy of its value."""
    seen: set[int] = set()
    for layer in reversed(list(model._flatten_layers(include_self=False))):  # inner layers first: theirs they are
        makers = {
            name.removesuffix("_initializer"): value
            for name, value in vars(layer).items()
            if name.endswith("_initializer") and hasattr(value, "seed")
        }
        for variable in layer.variables:
            if id(variable) not in seen:
                seen.add(id(variable))
                yield variable, makers.get(variable.name.removesuffix("_kernel")), np.array(variable)


def _is_even(values: Any) -> bool:
    return values.ndim < 2 or bool((values == values.flat[0]).all())

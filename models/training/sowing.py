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
    """What the variables of `model`, or of a copy of it, begin with; to be made before anything is trained."""

    def __init__(self, model: keras.Model) -> None:
        self._plots = list(_plots(model))

    @property
    def is_complete(self) -> bool:
        """Whether every variable that began with random values can be drawn again by an initializer of its layer."""
        return all(maker is not None or _is_even(first) for _, maker, first in self._plots)

    def values(self, seed: int) -> list[Any]:
        """The first value of every variable under `seed`, in the order of `variables`."""
        return [
            _first_value(plot, int(np.random.SeedSequence([seed, place]).generate_state(1)[0] >> 1))
            for place, plot in enumerate(self._plots)
        ]


def _first_value(plot: Any, drawn: int) -> Any:
    variable, maker, first = plot
    if variable.name == RANDOM_STATE:
        return np.array([drawn, 0], first.dtype)
    if maker is None:
        return first
    again = type(maker).from_config({**maker.get_config(), "seed": drawn})
    return again(variable.shape, dtype=variable.dtype)


def variables(model: keras.Model) -> list[keras.Variable]:
    """The variables of a model that a seed decides or a new trial resets; the same order for a copy of the model."""
    return [variable for variable, _, _ in _plots(model)]


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

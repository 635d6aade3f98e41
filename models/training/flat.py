"""Keras' optimizers over all weights at once: one update of a long vector in place of one a weight.

A step of a small network is made of hundreds of operations that do hardly anything; most of them are an optimizer's,
some 25 for every weight. Every optimizer here works entry by entry, so that it gives the same numbers for the
gradients laid end to end; its own code runs, on one variable.
"""

import math
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from models.training.widths import reopen


class Flat(keras.optimizers.Optimizer):  # type: ignore[misc]
    """Mixed in before an optimizer that works entry by entry; its slots are vectors (n_parameters,)."""

    def build(self, variables: list[Any]) -> None:
        """`variables`: the weights, in the order of the gradients that `apply` will get."""
        self._targets = [variable.value for variable in variables]
        n_parameters = sum(math.prod(variable.shape) for variable in variables)
        # stands for all weights where the optimizer asks for one; what it would assign goes to the weights
        self._all = keras.Variable(tf.zeros(n_parameters), name="all", trainable=True)
        self._untrack_variable(self._all)  # it has no state
        before = len(self.variables)
        super().build([self._all])
        for slot in self.variables[before:]:
            if tuple(slot.shape) == (n_parameters,):
                reopen(slot, tf.TensorShape([None]))

    def apply(self, grads: list[Any], trainable_variables: Any = None) -> None:
        # clipped while they are apart: the norm of a sum in another order is another number
        clipped = super()._clip_gradients(list(grads))
        flat = tf.concat([tf.reshape(gradient, [-1]) for gradient in clipped], axis=0)
        super().apply([flat], [self._all])

    def assign_add(self, variable: Any, value: Any) -> None:
        if variable is self._all.value:
            for target, part in self._parts(value):
                target.assign_add(part)
        else:
            super().assign_add(variable, value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        if variable is self._all.value:
            for target, part in self._parts(value):
                target.assign_sub(part)
        else:
            super().assign_sub(variable, value)

    def _parts(self, value: Any) -> Iterator[tuple[Any, Any]]:
        """Every weight with its part of the vector `value`."""
        if all(target.shape.is_fully_defined() for target in self._targets):
            shapes = [target.shape for target in self._targets]
            sizes = [shape.num_elements() for shape in shapes]
        else:
            shapes = [tf.shape(target) for target in self._targets]
            sizes = [tf.reduce_prod(shape) for shape in shapes]
        for target, part, shape in zip(self._targets, tf.split(value, sizes), shapes, strict=True):
            yield target, tf.reshape(part, shape)

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        """Done already, in `apply`."""
        return grads

    def _apply_weight_decay(self, variables: Any) -> None:
        """Weight by weight: some are left alone, by their names."""
        super()._apply_weight_decay(self._targets)


class FlatSGD(Flat, keras.optimizers.SGD):  # type: ignore[misc]
    """Keras' SGD."""


class FlatRMSprop(Flat, keras.optimizers.RMSprop):  # type: ignore[misc]
    """Keras' RMSprop."""


class FlatAdam(Flat, keras.optimizers.Adam):  # type: ignore[misc]
    """Keras' Adam."""


class FlatAdamW(Flat, keras.optimizers.AdamW):  # type: ignore[misc]
    """Keras' AdamW."""


class FlatNadam(Flat, keras.optimizers.Nadam):  # type: ignore[misc]
    """Keras' Nadam."""


FLAT = {"sgd": FlatSGD, "rmsprop": FlatRMSprop, "adam": FlatAdam, "adamw": FlatAdamW, "nadam": FlatNadam}
"""By the name that a study file gives an optimizer."""

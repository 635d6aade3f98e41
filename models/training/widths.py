"""Layers that leave their widths open: one traced graph trains networks of any width.

A graph whose weights have shapes of their own is traced anew for every width that a study tries. Here the variables
take values of any width, and what depends on it is asked for while the graph runs.
"""

from typing import Any

import keras
import tensorflow as tf

from models.blocks.outputs import OUTPUT


class OpenDense(keras.layers.Dense):  # type: ignore[misc]
    """Keras' dense layer; the bias is added by the operation that can be fused, which Keras takes for known widths."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = tf.matmul(inputs, self.kernel)
        return tf.nn.bias_add(x, self.bias) if self.use_bias else x


class OpenConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """Keras' convolution, without its look at the number of channels."""

    def call(self, inputs: Any) -> Any:
        x = tf.nn.convolution(inputs, self.kernel, strides=list(self.strides), padding=self.padding.upper())
        return tf.nn.bias_add(x, self.bias) if self.use_bias else x


OPEN: dict[type[keras.Layer], type[keras.Layer]] = {
    keras.layers.Dense: OpenDense,
    keras.layers.Conv2D: OpenConv2D,
}
"""Layers that give up their widths, by the stock layer that they stand for; none of them has an activation."""


def open_widths(model: keras.Model) -> None:
    """Lets the weights of `model`, which is not compiled yet, take values of other widths than it was built with."""
    for layer in model.layers:
        for variable in layer.weights:
            reopen(variable, _open(layer, variable.shape))


def reopen(variable: keras.Variable, shape: tf.TensorShape) -> None:
    """Lets `variable` take values of any shape that `shape` allows; to be called before anything refers to it."""
    before = variable.value
    variable._value = tf.Variable(
        before, trainable=before.trainable, name=variable.name, dtype=before.dtype, shape=shape
    )


def assign(variable: keras.Variable, value: Any) -> None:
    """Give `variable` a `value`; where its shape is open, Keras takes that of the value for it."""
    variable._shape = tuple(value.shape)
    variable.value.assign(value)


def name_widths(model: keras.Model) -> None:
    """Lets the layers of `model` say the widths that they have now, for callbacks that ask them."""
    for layer in model.layers:
        if isinstance(layer, OpenDense):
            layer.units = layer.kernel.shape[-1]
        elif isinstance(layer, OpenConv2D):
            layer.filters = layer.kernel.shape[-1]


def _open(layer: keras.Layer, shape: Any) -> tf.TensorShape:
    """All axes that may be a width: the last two, but the number of outputs."""
    sides = list(shape)
    for axis in range(max(0, len(sides) - 2), len(sides)):
        sides[axis] = None
    if layer.name == OUTPUT:
        sides[-1] = shape[-1]
    return tf.TensorShape(sides)

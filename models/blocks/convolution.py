"""One block of convolutions with pooling and dropout. Knows no family."""

from dataclasses import dataclass

import keras

from models.blocks.style import Style, drop

POOLINGS = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}


@dataclass(frozen=True, slots=True)
class BlockShape:
    """`convolutions` layers of `filters` with a `kernel` x `kernel` window, then pooling and dropout.

    convolution: standard or separable. pooling: max, average or none.
    """

    filters: int
    convolutions: int
    kernel: int
    convolution: str
    pooling: str
    dropout: float


def convolution_block(x: keras.KerasTensor, shape: BlockShape, *, style: Style, name: str) -> keras.KerasTensor:
    """`convolutions` x (convolution -> [batch norm] -> activation), 2x2 pooling, dropout; (n, h, w, filters).

    Pooling is left out when the map is already narrower than 2.
    """
    for i in range(1, shape.convolutions + 1):
        layer = f"{name}_conv_{i}"
        x = style.activate(_convolution(shape, style, layer)(x), layer)
    if shape.pooling in POOLINGS and min(x.shape[1], x.shape[2]) >= 2:
        x = POOLINGS[shape.pooling](2, name=f"{name}_pool")(x)
    return drop(x, shape.dropout, name)


def _convolution(shape: BlockShape, style: Style, name: str) -> keras.Layer:
    if shape.convolution == "separable":
        return keras.layers.SeparableConv2D(
            shape.filters,
            shape.kernel,
            padding="same",
            use_bias=not style.batch_norm,
            depthwise_regularizer=style.regularizer(),
            pointwise_regularizer=style.regularizer(),
            name=name,
        )
    return keras.layers.Conv2D(
        shape.filters,
        shape.kernel,
        padding="same",
        use_bias=not style.batch_norm,
        kernel_regularizer=style.regularizer(),
        name=name,
    )

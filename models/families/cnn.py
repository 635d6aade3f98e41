"""Convolutional network: blocks of convolutions, global average, an optional dense head."""

import keras

from models.blocks.augmentation import augment
from models.blocks.convolution import BlockShape, convolution_block
from models.blocks.outputs import outputs
from models.blocks.style import Style, drop
from models.families.errors import refuse_unfit
from models.signature import Signature
from models.spec.cnn import CnnSpec


def build(config: CnnSpec, signature: Signature) -> keras.Model:
    """An uncompiled model from prepared images (n, height, width, channels) to (n, n_outputs).

    Raises: FamilyError when the rows are not images.
    """
    refuse_unfit(config.family, signature)
    style = Style.of(config)
    inputs = keras.Input(signature.input_shape, name="rows")
    x = augment(inputs, config.augmentation)
    for i, (filters, convolutions) in enumerate(zip(config.filters, config.convolutions, strict=True), start=1):
        shape = BlockShape(
            filters=filters,
            convolutions=convolutions,
            kernel=config.kernel,
            convolution=config.convolution,
            pooling=config.pooling,
            dropout=config.dropout,
        )
        x = convolution_block(x, shape, style=style, name=f"block_{i}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    if config.head:
        x = keras.layers.Dense(config.head, kernel_regularizer=style.regularizer(), name="head")(x)
        x = keras.layers.Activation(style.activation, name="head_activation")(x)
        x = drop(x, config.dropout, "head")
    return keras.Model(inputs, outputs(x, signature), name="cnn")

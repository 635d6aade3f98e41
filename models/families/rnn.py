"""Recurrent network: LSTM or GRU layers, one or all of the last one's steps, an optional dense head."""

import keras

from models.blocks.outputs import outputs
from models.blocks.recurrent import RecurrentShape, recurrent
from models.blocks.style import Style
from models.families.errors import refuse_unfit
from models.signature import Signature
from models.spec.rnn import RnnSpec


def build(config: RnnSpec, signature: Signature) -> keras.Model:
    """An uncompiled model from prepared windows (n, steps, features) to (n, n_outputs).

    Raises: FamilyError when the rows are not windows.
    """
    refuse_unfit(config.family, signature)
    style = Style.of(config)
    inputs = x = keras.Input(signature.input_shape, name="rows")
    for i, (units, dropout) in enumerate(zip(config.units, config.dropout, strict=True), start=1):
        shape = RecurrentShape(
            cell=config.cell,
            units=units,
            bidirectional=config.bidirectional,
            layer_norm=config.layer_norm,
            dropout=dropout,
            end=config.pooling if i == len(config.units) else "all",
        )
        x = recurrent(x, shape, style=style, name=f"recurrent_{i}")
    if config.head:
        x = keras.layers.Dense(config.head, kernel_regularizer=style.regularizer(), name="head")(x)
        x = keras.layers.Activation(style.activation, name="head_activation")(x)
    return keras.Model(inputs, outputs(x, signature), name="rnn")

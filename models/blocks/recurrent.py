"""One recurrent layer with its normalisation, pooling and dropout. Knows no family."""

from dataclasses import dataclass

import keras

from models.blocks.style import Style, drop

CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
POOLINGS = {"average": keras.layers.GlobalAveragePooling1D, "max": keras.layers.GlobalMaxPooling1D}


@dataclass(frozen=True, slots=True)
class RecurrentShape:
    """One layer of `units` a direction.

    cell: lstm or gru. end: what is kept of the steps: all, last, average or max.
    """

    cell: str
    units: int
    bidirectional: bool
    layer_norm: bool
    dropout: float
    end: str


def recurrent(x: keras.KerasTensor, shape: RecurrentShape, *, style: Style, name: str) -> keras.KerasTensor:
    """Recurrent layer -> [layer norm] -> [pooling over the steps] -> [dropout].

    x: (n, steps, features). Gives (n, steps, width) with `end: all`, else (n, width); the width is `units`, or
    twice that for two directions.
    """
    # dropout is a layer of its own: inside the recurrence it would keep GPUs from using their own kernel
    layer = CELLS[shape.cell](
        shape.units,
        kernel_regularizer=style.regularizer(),
        return_sequences=shape.end != "last",
        name=f"{name}_{shape.cell}" if shape.bidirectional else name,
    )
    x = keras.layers.Bidirectional(layer, name=name)(x) if shape.bidirectional else layer(x)
    if shape.layer_norm:
        x = keras.layers.LayerNormalization(name=f"{name}_norm")(x)
    if shape.end in POOLINGS:
        x = POOLINGS[shape.end](name=f"{name}_pool")(x)
    return drop(x, shape.dropout, name)

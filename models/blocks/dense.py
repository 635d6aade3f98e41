"""One hidden dense layer with its normalisation, activation, skip and dropout. Knows no family."""

from dataclasses import dataclass

import keras

from models.blocks.style import Style, drop


@dataclass(frozen=True, slots=True)
class HiddenShape:
    """One hidden layer: its width, the rate of the dropout after it, and whether a skip leads around it."""

    units: int
    dropout: float
    residual: bool


def hidden(x: keras.KerasTensor, shape: HiddenShape, *, style: Style, name: str) -> keras.KerasTensor:
    """Dense -> [batch norm] -> activation -> [+ skip] -> [dropout]; shape (n, units).

    The skip is `x` itself, or its projection without bias when the widths differ (He et al. 2016, eq. 2).
    """
    units = shape.units
    y = keras.layers.Dense(
        units,
        use_bias=not style.batch_norm,  # the norm's own shift makes a bias useless
        kernel_regularizer=style.regularizer(),
        name=name,
    )(x)
    y = style.activate(y, name)
    if shape.residual:
        if x.shape[-1] != units:
            projection = keras.layers.Dense(
                units, use_bias=False, kernel_regularizer=style.regularizer(), name=f"{name}_skip"
            )
            x = projection(x)
        y = keras.layers.Add(name=f"{name}_add")([x, y])
    return drop(y, shape.dropout, name)

"""Multilayer perceptron: dense layers, one after another, with an optional skip around each."""

import keras

from models.blocks.dense import HiddenShape, hidden
from models.blocks.outputs import outputs
from models.blocks.style import Style
from models.signature import Signature
from models.spec.mlp import MlpSpec


def build(config: MlpSpec, signature: Signature) -> keras.Model:
    """An uncompiled model from prepared rows (n, *input_shape) to (n, n_outputs)."""
    style = Style.of(config)
    inputs = keras.Input(signature.input_shape, name="rows")
    x = keras.layers.Flatten(name="flatten")(inputs) if len(signature.input_shape) > 1 else inputs
    for i, (units, dropout) in enumerate(zip(config.units, config.dropout, strict=True), start=1):
        x = hidden(x, HiddenShape(units, dropout, config.residual), style=style, name=f"hidden_{i}")
    return keras.Model(inputs, outputs(x, signature), name="mlp")

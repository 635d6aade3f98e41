"""The model that a trial is held against: stock layers, the trial's first weights and its dropout masks."""

from typing import Any

import keras

from models.families.registry import build
from models.signature import Signature
from models.training.dropout import ThriftyDropout
from models.training.sowing import Seedbed, variables


def stock_model(config: Any, signature: Signature, *, seed: int) -> keras.Model:
    """Uncompiled. Dropout is ours, as Keras would draw other masks from the same seed; it is Keras' layer otherwise."""
    model = keras.models.clone_model(build(config, signature), clone_function=_clone)
    for variable, value in zip(variables(model), Seedbed(model).values(seed), strict=True):
        variable.assign(value)
    return model


def _clone(layer: keras.Layer) -> keras.Layer:
    kind = ThriftyDropout if type(layer) is keras.layers.Dropout else type(layer)
    return kind.from_config(layer.get_config())

"""The end of every model: probabilities, or values in the target's own units for regression."""

import keras

from models.signature import Signature

OUTPUT = "output"
"""The name of the dense layer at the end, whose width is that of the targets."""
LAST_ACTIVATIONS = {"binary": "sigmoid", "multiclass": "softmax"}


def outputs(x: keras.KerasTensor, signature: Signature) -> keras.KerasTensor:
    """A dense layer and the task's last step; (n, n_outputs), float32 whatever the precision before it.

    Regression: the dense layer speaks in standard deviations from the mean, the rescaling after it in raw
    units, so the net starts at the right height and every target weighs alike.
    """
    x = keras.layers.Dense(signature.n_outputs, name=OUTPUT)(x)
    if signature.task == "regression":
        scale, offset = list(signature.target_std), list(signature.target_mean)
        return keras.layers.Rescaling(scale, offset, dtype="float32", name="values")(x)
    return keras.layers.Activation(LAST_ACTIVATIONS[signature.task], dtype="float32", name="probabilities")(x)

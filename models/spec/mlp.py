"""What a user may write under `model` for dense networks."""

from typing import Annotated

from models.spec.entries import OneOf, Spec
from models.spec.knobs import BoolKnob, ChoiceKnob, FloatKnob, IntKnob
from models.spec.others import Others

ACTIVATIONS = ("relu", "gelu", "silu", "elu", "selu", "leaky_relu", "tanh", "sigmoid", "softplus")
REGULARIZERS = ("none", "l1", "l2", "l1_l2")
L1_APPLIES = "regularizer in [l1, l1_l2]"
L2_APPLIES = "regularizer in [l2, l1_l2]"


class MlpSpec(Spec):
    """A stack of dense layers.

    An input of rank above 1 is flattened. Then for each hidden layer i: Dense(units[i], use_bias = not
    batch_norm, kernel_regularizer) -> [BatchNormalization(momentum 0.9)] -> activation -> [+ skip] ->
    [Dropout(dropout[i])]. The skip (`residual`) is the input of the layer, through a Dense projection without
    bias where the widths differ.
    Then Dense(n_outputs) with bias; sigmoid, softmax or, for regression, a Rescaling to the target's units.
    In a configuration `units` and `dropout` are tuples with one value for each layer.
    """

    family: Annotated[str, OneOf("the family of models", names=("mlp",))] = "mlp"
    others: Annotated[str | None, Others()] = None
    layers: Annotated[int, IntKnob("hidden layers", low=1, high=64, space={"int": [1, 4]})] = 2
    units: Annotated[
        tuple[int, ...],
        IntKnob(
            "width of a hidden layer",
            low=1,
            high=65_536,
            per="layers",
            space={"int": [16, 256], "log": True, "per": "layers"},
        ),
    ] = (64,)
    activation: Annotated[
        str,
        ChoiceKnob("activation of hidden layers", choices=ACTIVATIONS, space={"choice": ["relu", "gelu", "tanh"]}),
    ] = "relu"
    batch_norm: Annotated[
        bool, BoolKnob("batch normalization before every activation", space={"choice": [False, True]})
    ] = False
    dropout: Annotated[
        tuple[float, ...],
        FloatKnob(
            "share of a hidden layer's outputs that is dropped in training",
            low=0,
            high=1,
            open_high=True,
            per="layers",
            space={"float": [0.0, 0.5]},
        ),
    ] = (0.0,)
    regularizer: Annotated[str, ChoiceKnob("penalty on the weights of hidden layers", choices=REGULARIZERS)] = "none"
    l1: Annotated[float, FloatKnob("strength of the l1 penalty", low=0, high=10, applies=L1_APPLIES)] = 1e-4
    l2: Annotated[float, FloatKnob("strength of the l2 penalty", low=0, high=10, applies=L2_APPLIES)] = 1e-4
    residual: Annotated[bool, BoolKnob("a skip connection around every hidden layer")] = False

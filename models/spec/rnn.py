"""What a user may write under `model` for recurrent networks on windows of steps."""

from typing import Annotated

from models.spec.entries import OneOf, Spec
from models.spec.knobs import BoolKnob, ChoiceKnob, FloatKnob, IntKnob
from models.spec.mlp import ACTIVATIONS, L1_APPLIES, L2_APPLIES, REGULARIZERS
from models.spec.others import Others


class RnnSpec(Spec):
    """A stack of recurrent layers, what is kept of the last one's steps, and a dense head, on (steps, features).

    For each layer i: LSTM or GRU(units[i], kernel_regularizer, Keras' defaults else), in a Bidirectional that
    joins both directions where `bidirectional` says so -> [LayerNormalization] -> [Dropout(dropout[i])]. Every
    layer gives its output at every step, but for the last one under `pooling: last`, which gives that after its
    last step, of both directions if there are two. Under `pooling: average` and `max` the last layer's outputs
    are pooled over the steps, before its dropout.
    With head > 0: Dense(head, with bias, kernel_regularizer) -> head_activation. Then Dense(n_outputs) with
    bias; sigmoid, softmax or, for regression, a Rescaling to the target's units. The penalty is on the kernels
    that weigh a layer's inputs, not on the recurrent ones. In a configuration `units` and `dropout` are tuples
    with one value for each layer.
    """

    family: Annotated[str, OneOf("the family of models", names=("rnn",))] = "rnn"
    others: Annotated[str | None, Others()] = None
    cell: Annotated[
        str, ChoiceKnob("the kind of recurrent layer", choices=("lstm", "gru"), space={"choice": ["lstm", "gru"]})
    ] = "lstm"
    layers: Annotated[int, IntKnob("recurrent layers", low=1, high=16, space={"int": [1, 2]})] = 1
    units: Annotated[
        tuple[int, ...],
        IntKnob(
            "width of a recurrent layer, in each direction",
            low=1,
            high=8_192,
            per="layers",
            space={"int": [16, 128], "log": True, "per": "layers"},
        ),
    ] = (64,)
    bidirectional: Annotated[bool, BoolKnob("read the steps in both directions", space={"choice": [False, True]})] = (
        False
    )
    pooling: Annotated[
        str,
        ChoiceKnob(
            "what is kept of the last layer's steps",
            choices=("last", "average", "max"),
            space={"choice": ["last", "average", "max"]},
        ),
    ] = "last"
    layer_norm: Annotated[
        bool, BoolKnob("layer normalization of every recurrent layer's outputs", space={"choice": [False, True]})
    ] = False
    dropout: Annotated[
        tuple[float, ...],
        FloatKnob(
            "share of a recurrent layer's outputs that is dropped in training",
            low=0,
            high=1,
            open_high=True,
            per="layers",
            space={"float": [0.0, 0.5]},
        ),
    ] = (0.0,)
    head: Annotated[
        int,
        IntKnob(
            "units of the dense layer after the recurrent ones; 0 for none",
            low=0,
            high=65_536,
            space={"choice": [0, 32, 64, 128], "ordered": True},
        ),
    ] = 0
    head_activation: Annotated[
        str,
        ChoiceKnob(
            "activation of the head",
            choices=ACTIVATIONS,
            applies="head > 0",
            space={"choice": ["relu", "gelu", "tanh"]},
        ),
    ] = "relu"
    regularizer: Annotated[
        str, ChoiceKnob("penalty on the weights that hidden layers give their inputs", choices=REGULARIZERS)
    ] = "none"
    l1: Annotated[float, FloatKnob("strength of the l1 penalty", low=0, high=10, applies=L1_APPLIES)] = 1e-4
    l2: Annotated[float, FloatKnob("strength of the l2 penalty", low=0, high=10, applies=L2_APPLIES)] = 1e-4

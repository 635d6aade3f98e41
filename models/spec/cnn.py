"""What a user may write under `model` for convolutional networks on images."""

from typing import Annotated

from models.spec.entries import OneOf, Spec
from models.spec.knobs import BoolKnob, ChoiceKnob, FloatKnob, IntKnob
from models.spec.mlp import ACTIVATIONS, L1_APPLIES, L2_APPLIES, REGULARIZERS
from models.spec.others import Others
from models.spec.sections import Section


class AugmentationSpec(Spec):
    """Random changes of training images; all off by default. They hold no weights."""

    flip: Annotated[bool, BoolKnob("mirror left and right")] = False
    shift: Annotated[float, FloatKnob("largest shift, as a share of height and width; 0 is off", low=0, high=0.5)] = 0.0
    rotation: Annotated[float, FloatKnob("largest rotation, as a share of a full turn; 0 is off", low=0, high=0.5)] = (
        0.0
    )
    zoom: Annotated[float, FloatKnob("largest change of size, as a share; 0 is off", low=0, high=0.9)] = 0.0


class CnnSpec(Spec):
    """Blocks of convolutions, global average pooling, and a dense head, on inputs (height, width, channels).

    Augmentation first. Then for each block b: convolutions[b] times [Conv2D or SeparableConv2D(filters[b],
    kernel, padding "same", use_bias = not batch_norm, kernel_regularizer) -> [BatchNormalization(momentum 0.9)] ->
    activation], then 2x2 pooling with stride 2 (none where height or width is already below 2), then
    [Dropout(dropout)].
    Then GlobalAveragePooling2D; with head > 0: Dense(head, with bias, kernel_regularizer) -> activation ->
    [Dropout(dropout)]. Then Dense(n_outputs) with bias; sigmoid, softmax or, for regression, a Rescaling.
    A separable convolution's regularizer is on both of its kernels. In a configuration `filters` and
    `convolutions` are tuples with one value for each block.
    """

    family: Annotated[str, OneOf("the family of models", names=("cnn",))] = "cnn"
    others: Annotated[str | None, Others()] = None
    blocks: Annotated[int, IntKnob("blocks of convolutions", low=1, high=12, space={"int": [2, 4]})] = 3
    filters: Annotated[
        tuple[int, ...],
        IntKnob(
            "channels of a block",
            low=1,
            high=8_192,
            per="blocks",
            space={"int": [16, 128], "log": True, "per": "blocks"},
        ),
    ] = (32,)
    kernel: Annotated[
        int,
        ChoiceKnob(
            "height and width of a convolution's kernel",
            choices=(1, 3, 5, 7, 9, 11),
            space={"choice": [3, 5], "ordered": True},
        ),
    ] = 3
    convolution: Annotated[str, ChoiceKnob("the kind of convolution", choices=("standard", "separable"))] = "standard"
    convolutions: Annotated[
        tuple[int, ...],
        IntKnob("convolutions in a block", low=1, high=8, per="blocks", space={"int": [1, 2]}),
    ] = (1,)
    pooling: Annotated[
        str,
        ChoiceKnob(
            "how a block halves height and width",
            choices=("max", "average", "none"),
            space={"choice": ["max", "average"]},
        ),
    ] = "max"
    activation: Annotated[
        str,
        ChoiceKnob("activation of hidden layers", choices=ACTIVATIONS, space={"choice": ["relu", "gelu"]}),
    ] = "relu"
    batch_norm: Annotated[
        bool,
        BoolKnob("batch normalization before every convolution's activation", space={"choice": [False, True]}),
    ] = True
    dropout: Annotated[
        float,
        FloatKnob(
            "share of outputs dropped in training, after every block and after the head",
            low=0,
            high=1,
            open_high=True,
            space={"float": [0.0, 0.5]},
        ),
    ] = 0.0
    head: Annotated[
        int,
        IntKnob(
            "units of the dense layer after the blocks; 0 for none",
            low=0,
            high=65_536,
            space={"choice": [0, 64, 128, 256], "ordered": True},
        ),
    ] = 64
    regularizer: Annotated[str, ChoiceKnob("penalty on the weights of hidden layers", choices=REGULARIZERS)] = "none"
    l1: Annotated[float, FloatKnob("strength of the l1 penalty", low=0, high=10, applies=L1_APPLIES)] = 1e-4
    l2: Annotated[float, FloatKnob("strength of the l2 penalty", low=0, high=10, applies=L2_APPLIES)] = 1e-4
    augmentation: Annotated[
        AugmentationSpec,
        Section("random changes of training images", AugmentationSpec, none=True, off=True),
    ] = AugmentationSpec()

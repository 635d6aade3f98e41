"""The number of weights of a model from its configuration alone, so that limits need no framework.

The architectures are those that the docstrings of MlpSpec and CnnSpec fix; Keras's `count_params` says the
same.
"""

import math

from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec

_NORM = 4
"""Weights of a batch normalization a channel: scale, offset, and the moving mean and variance."""


def n_params(config: MlpSpec | CnnSpec, signature: Signature) -> int:
    """Weights of the model, those that are not trained included.

    Raises ValueError for a cnn on rows that are not (height, width, channels).
    """
    if isinstance(config, CnnSpec):
        return _cnn(config, signature)
    return _mlp(config, signature)


def _dense(inputs: int, outputs: int, *, bias: bool = True) -> int:
    return inputs * outputs + (outputs if bias else 0)


def _mlp(config: MlpSpec, signature: Signature) -> int:
    width = math.prod(signature.input_shape)
    total = 0
    for units in config.units:
        total += _dense(width, units, bias=not config.batch_norm)
        total += _NORM * units if config.batch_norm else 0
        if config.residual and width != units:
            total += _dense(width, units, bias=False)
        width = units
    return total + _dense(width, signature.n_outputs)


def _cnn(config: CnnSpec, signature: Signature) -> int:
    if len(signature.input_shape) != 3:
        raise ValueError(
            f"a cnn takes images (height, width, channels), but a row has the shape {signature.input_shape}; "
            "write `family: mlp`"
        )
    channels = signature.input_shape[2]
    total = 0
    for filters, convolutions in zip(config.filters, config.convolutions, strict=True):
        for _ in range(convolutions):
            total += _convolution(config, channels, filters)
            total += _NORM * filters if config.batch_norm else 0
            channels = filters
    if config.head > 0:
        total += _dense(channels, config.head)
        channels = config.head
    return total + _dense(channels, signature.n_outputs)


def _convolution(config: CnnSpec, channels: int, filters: int) -> int:
    area = config.kernel**2
    bias = 0 if config.batch_norm else filters
    if config.convolution == "separable":
        return area * channels + channels * filters + bias
    return area * channels * filters + bias

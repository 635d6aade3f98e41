"""The number of weights of a model from its configuration alone, so that limits need no framework.

The architectures are those that the docstrings of MlpSpec, CnnSpec and RnnSpec fix; Keras's `count_params` says
the same.
"""

import math

from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.shapes import misfit

_NORM = 4
"""Weights of a batch normalization a channel: scale, offset, and the moving mean and variance."""

_SCALE_AND_OFFSET = 2
"""Weights of a layer normalization a feature."""

_GATES = {"lstm": (4, 1), "gru": (3, 2)}
"""Gates of a cell and biases of a gate: Keras' GRU has one bias before and one after its reset gate."""


def n_params(config: MlpSpec | CnnSpec | RnnSpec, signature: Signature) -> int:
    """Weights of the model, those that are not trained included.

    Raises ValueError for rows that the family does not take.
    """
    unfit = misfit(config.family, signature.input_shape)
    if unfit is not None:
        raise ValueError("; ".join(unfit))
    if isinstance(config, CnnSpec):
        return _cnn(config, signature)
    if isinstance(config, RnnSpec):
        return _rnn(config, signature)
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


def _rnn(config: RnnSpec, signature: Signature) -> int:
    width = signature.input_shape[1]
    directions = 2 if config.bidirectional else 1
    total = 0
    for units in config.units:
        total += directions * _recurrent(config.cell, width, units)
        width = directions * units
        total += _SCALE_AND_OFFSET * width if config.layer_norm else 0
    if config.head > 0:
        total += _dense(width, config.head)
        width = config.head
    return total + _dense(width, signature.n_outputs)


def _recurrent(cell: str, inputs: int, units: int) -> int:
    gates, biases = _GATES[cell]
    return gates * units * (inputs + units + biases)

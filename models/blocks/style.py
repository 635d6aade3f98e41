"""What all layers of one model have in common: activation, normalisation and the penalty on their kernels."""

from dataclasses import dataclass

import keras

from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec

NORM_MOMENTUM = 0.9
"""Of the moving mean and variance of a batch normalization. Keras' own 0.99 is still far behind after some hundreds of
steps, so that the first epochs of a good model are validated as if it were a bad one, and a search stops it; see
docs/decisions/batch-normalization.md."""


@dataclass(frozen=True, slots=True)
class Style:
    """`l1` and `l2` are 0 where the regularizer does not use them."""

    activation: str
    batch_norm: bool
    l1: float
    l2: float

    @staticmethod
    def of(config: MlpSpec | CnnSpec | RnnSpec) -> "Style":
        """The style that a configuration asks for; the strength of an unused regularizer is left out."""
        if isinstance(config, RnnSpec):
            activation, batch_norm = config.head_activation, False
        else:
            activation, batch_norm = config.activation, config.batch_norm
        return Style(
            activation=activation,
            batch_norm=batch_norm,
            l1=config.l1 if config.regularizer in ("l1", "l1_l2") else 0.0,
            l2=config.l2 if config.regularizer in ("l2", "l1_l2") else 0.0,
        )

    def regularizer(self) -> keras.Regularizer | None:
        """A fresh penalty on a kernel, or None when both strengths are 0."""
        return keras.regularizers.L1L2(l1=self.l1, l2=self.l2) if self.l1 or self.l2 else None

    def activate(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """`x` normalised, where the style says so, and activated."""
        if self.batch_norm:
            x = keras.layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{name}_norm")(x)
        return keras.layers.Activation(self.activation, name=f"{name}_activation")(x)


def drop(x: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    """`x` behind a dropout layer, or `x` itself when the rate is 0."""
    return keras.layers.Dropout(rate, name=f"{name}_dropout")(x) if rate else x

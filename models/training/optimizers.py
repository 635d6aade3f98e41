"""Keras optimizers from a configuration. The numbers of an optimizer are gathered here and nowhere else."""

from dataclasses import dataclass

import keras

from models.spec.training import TrainingSpec
from models.training.errors import TrainingError

NOT_DECAYED = ("bias", "gamma", "beta")
"""Variables that weight decay leaves alone: a small bias or norm scale does not make a net smoother."""


@dataclass(frozen=True, slots=True)
class OptimizerNumbers:
    """All numbers that an optimizer may need; clipping is off at 0."""

    learning_rate: float
    momentum: float
    beta_1: float
    beta_2: float
    rho: float
    weight_decay: float
    clip_norm: float
    clip_value: float

    @staticmethod
    def of(training: TrainingSpec) -> "OptimizerNumbers":
        return OptimizerNumbers(
            learning_rate=training.learning_rate,
            momentum=training.momentum,
            beta_1=training.beta_1,
            beta_2=training.beta_2,
            rho=training.rho,
            weight_decay=training.weight_decay,
            clip_norm=training.clip_norm,
            clip_value=training.clip_value,
        )


def optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    """A fresh optimizer; the learning rate is a variable that callbacks may set."""
    numbers = OptimizerNumbers.of(training)
    name, rate = training.optimizer, numbers.learning_rate
    clipping = _clipping(numbers)
    if name == "sgd":
        return keras.optimizers.SGD(rate, momentum=numbers.momentum, nesterov=training.nesterov, **clipping)
    if name == "rmsprop":
        return keras.optimizers.RMSprop(rate, rho=numbers.rho, momentum=numbers.momentum, **clipping)
    betas = {"beta_1": numbers.beta_1, "beta_2": numbers.beta_2}
    if name == "adamw":
        made = keras.optimizers.AdamW(rate, weight_decay=numbers.weight_decay, **betas, **clipping)
        made.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
        return made
    if name == "nadam":
        return keras.optimizers.Nadam(rate, **betas, **clipping)
    return keras.optimizers.Adam(rate, **betas, **clipping)


def _clipping(numbers: OptimizerNumbers) -> dict[str, float]:
    """Keras' argument for clipping by the norm of all gradients together, or entry by entry."""
    if numbers.clip_norm and numbers.clip_value:
        raise TrainingError(
            f"training.clip_value: {numbers.clip_value:g} cannot be combined with clip_norm "
            f"{numbers.clip_norm:g}; set one of them to 0"
        )
    if numbers.clip_norm:
        return {"global_clipnorm": numbers.clip_norm}
    return {"clipvalue": numbers.clip_value} if numbers.clip_value else {}

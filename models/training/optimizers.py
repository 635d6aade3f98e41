"""Keras optimizers from a configuration. The numbers of an optimizer are gathered here and nowhere else."""

from dataclasses import dataclass
from typing import Any

import keras

from models.spec.training import TrainingSpec
from models.training.errors import TrainingError
from models.training.flat import FLAT

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


STOCK = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
}


def optimizer(training: TrainingSpec, *, flat: bool = False) -> keras.optimizers.Optimizer:
    """A fresh optimizer; the learning rate is a variable that callbacks may set. `flat`: over all weights at once."""
    numbers = OptimizerNumbers.of(training)
    name = training.optimizer
    made = (FLAT if flat else STOCK)[name](**_arguments(name, numbers, training.nesterov), **_clipping(numbers))
    if name == "adamw":
        made.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    return made


def _arguments(name: str, numbers: OptimizerNumbers, nesterov: bool) -> dict[str, Any]:
    rate = {"learning_rate": numbers.learning_rate}
    if name == "sgd":
        return {**rate, "momentum": numbers.momentum, "nesterov": nesterov}
    if name == "rmsprop":
        return {**rate, "rho": numbers.rho, "momentum": numbers.momentum}
    decay = {"weight_decay": numbers.weight_decay} if name == "adamw" else {}
    return {**rate, "beta_1": numbers.beta_1, "beta_2": numbers.beta_2, **decay}


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

"""How the learning rate changes over the epochs. Plain numbers, no framework.

The rate is set once an epoch, so an epoch can run as one traced call, and depends on the epoch's number only.
"""

import math

from models.spec.training import TrainingSpec


def rate_factor(training: TrainingSpec, epoch: int) -> float:
    """The learning rate of `epoch` (from 1) as a fraction of `training.learning_rate`.

    Warm-up rises in equal steps, w epochs below the full rate: 1/(w+1), 2/(w+1), ...; then the schedule
    starts at 1. With t epochs since the warm-up:
    constant: 1. exponential: decay_rate ** (t / decay_epochs). step: the same with whole steps only.
    cosine: half a cosine over the epochs left, above 0 in the last one.

    Source of the cosine: Loshchilov & Hutter 2017, eq. 5, without restarts.
    """
    warmup = training.warmup_epochs
    if epoch <= warmup:
        return epoch / (warmup + 1)
    passed = epoch - warmup - 1
    if training.schedule == "exponential":
        return float(training.decay_rate ** (passed / training.decay_epochs))
    if training.schedule == "step":
        return float(training.decay_rate ** (passed // training.decay_epochs))
    if training.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * passed / max(1, training.epochs - warmup)))
    return 1.0

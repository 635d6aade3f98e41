"""A model made ready for training: optimizer, loss, named metrics, and a look at one batch."""

from typing import Any

import keras

from models.objective import Objective
from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.errors import TrainingError
from models.training.losses import loss
from models.training.metrics import metrics
from models.training.optimizers import optimizer

STEPS_A_CALL = 64
"""Steps in one traced call at most; between calls Python can react, and more gain nothing measurable."""


def compile_model(
    model: keras.Model, training: TrainingSpec, *, signature: Signature, objective: Objective, steps: int
) -> None:
    """Compile `model` in place. `steps`: batches of an epoch.

    XLA stays off: it takes long to compile a small net (2.5 s against 0.8 s for a first epoch of 2x64 units),
    and the epochs after it are no faster.
    """
    model.compile(
        optimizer=optimizer(training),
        loss=loss(training, signature),
        metrics=metrics((objective.metric.removeprefix("val_"), *training.metrics), signature),
        steps_per_execution=min(steps, STEPS_A_CALL),
        jit_compile=False,
    )


def check_objective(model: keras.Model, x: Any, y: Any, *, objective: Objective) -> None:
    """Run one batch through the compiled model and see that an epoch's logs will hold the objective's metric.

    Nothing is trained or traced, and no random generator moves. Raises TrainingError that lists the logs.
    """
    predictions = model(x, training=False)
    model.compute_loss(x=x, y=y, y_pred=predictions, training=False)
    names = list(model.compute_metrics(x, y, predictions))
    model.reset_metrics()
    logs = [*names, *(f"val_{name}" for name in names), "learning_rate"]
    if objective.metric not in logs:
        raise TrainingError(
            f"objective.metric: {objective.metric} is not in the epochs' logs; there are {', '.join(logs)}"
        )

"""A model made ready for training: optimizer, loss, named metrics, and a look at one batch."""

from typing import Any

import keras

from models.objective import Objective
from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.dials import Board, optimizer_with_dials
from models.training.errors import TrainingError
from models.training.losses import loss
from models.training.metrics import metrics
from models.training.optimizers import optimizer


def compile_model(
    model: keras.Model,
    training: TrainingSpec,
    *,
    signature: Signature,
    objective: Objective,
    board: Board | None = None,
) -> None:
    """Compile `model` in place, built optimizer included; with a `board`, numbers are dials of it, and the optimizer is
    one over all weights at once.

    XLA is off unless asked for: on a CPU it takes long to compile a small net (2.5 s against 0.8 s for a first epoch
    of 2x64 units), and the epochs after it are no faster.
    """
    smoothing = board.dial("label_smoothing") if board else None
    used = optimizer(training, flat=board is not None)
    used.build(model.trainable_variables)
    model.compile(
        optimizer=used if board is None else optimizer_with_dials(used, board),
        loss=loss(training, signature, smoothing=smoothing),
        metrics=metrics((objective.metric.removeprefix("val_"), *training.metrics), signature),
        jit_compile=training.jit_compile,
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

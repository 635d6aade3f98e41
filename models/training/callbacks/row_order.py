"""The order of the training rows, set anew before each epoch."""

from typing import Any

import keras

from models.training.batches import TrainingBatches


class RowOrder(keras.callbacks.Callback):  # type: ignore[misc]
    """Shuffles the rows; the order of an epoch depends on the seed and the epoch only."""

    def __init__(self, batches: TrainingBatches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._batches.arrange(epoch + 1)

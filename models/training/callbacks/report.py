"""The report after each epoch, and the order that comes back for it."""

from collections.abc import Callable
from typing import Any

import keras

from models.training.callbacks.epoch_log import EpochLog
from models.training.life import Life
from models.training.orders import EpochReport, Order

OnEpoch = Callable[[EpochReport], Order]


class Report(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls `on_epoch` once after every epoch and obeys: STOP and PAUSE end training after this epoch.

    An order changes nothing where training ends anyway: after the last epoch, or when a callback has ended
    it. What `on_epoch` raises is kept in the life and stops training; Keras closes everything as always.
    """

    def __init__(self, life: Life, log: EpochLog, on_epoch: OnEpoch) -> None:
        super().__init__()
        self._life = life
        self._log = log
        self._on_epoch = on_epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        life = self._life
        report = EpochReport(life.epoch, dict(life.history[-1]), self._log.seconds)
        try:
            order = self._on_epoch(report)
        except Exception as error:
            life.failure = error
            self.model.stop_training = True
            return
        if order is Order.GO_ON or life.is_over:
            return
        life.end("order" if order is Order.STOP else "pause")
        self.model.stop_training = True

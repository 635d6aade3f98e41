"""All callbacks of a trial as one, for programs that call callbacks themselves and may leave some calls out.

It also sees to it that a training that goes on beyond its end comes to one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from models.training.callbacks.own import BatchHooks
from models.training.errors import TrainingError
from models.training.life import Life


class TrainingOver(BaseException):  # no error: the trial is over, and its training goes on
    """Ends a training that did not heed `stop_training`; passes through a program's own `except Exception`."""


class Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Passes everything on to `crew`, in order; what Keras always calls first is called once, whoever trains.

    metric: without it in an epoch's logs, the epoch is not looked at, and `unmeasured` keeps the names of the logs.
    ready: called before the first epoch and after every one.
    """

    def __init__(
        self, crew: Sequence[keras.callbacks.Callback], life: Life, *, metric: str, ready: Callable[[], None]
    ) -> None:
        super().__init__()
        self._crew = crew
        self.life = life
        self._metric = metric
        self._ready = ready
        self._has_begun = False
        self._is_in_epoch = False
        self.unmeasured: list[str] | None = None

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        for callback in self._crew:
            callback.set_params(params)

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        for callback in self._crew:
            callback.set_model(model)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """A second training of one trial goes on with the first one's callbacks."""
        self._end_at_last()
        if not self._has_begun:
            self._has_begun = True
            self._ready()
            self._pass("on_train_begin", logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Left for `close`: a program may train again."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.on_train_begin()
        if not self._is_in_epoch:
            self._is_in_epoch = True
            self._pass("on_epoch_begin", self.life.epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.on_epoch_begin(epoch)
        self._is_in_epoch = False
        if self._metric not in (logs or {}):
            self.unmeasured = sorted(logs or {})
            return
        self._ready()
        # counted over the trial's whole life, whatever the program counts
        self._pass("on_epoch_end", self.life.epoch, logs)
        if self.life.is_over:
            self.model.stop_training = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._pass("on_test_begin", logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._pass("on_test_end", logs)

    def close(self) -> None:
        """The end of all training."""
        if self._has_begun:
            self._pass("on_train_end", None)

    def _pass(self, hook: str, *arguments: Any) -> None:
        for callback in self._crew:
            getattr(callback, hook)(*arguments)

    def _end_at_last(self) -> None:
        life = self.life
        if life.failure is not None or life.ended_by is not None or life.epoch >= life.total:
            raise TrainingOver


class StepWatch(Watch):
    """One for callbacks of the user's that look at single batches."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pass("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pass("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pass("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pass("on_test_batch_end", batch, logs)


def watch_for(wanted: BatchHooks) -> type[Watch]:
    """The watch that passes on what `wanted` says."""
    return StepWatch if wanted.train or wanted.test else Watch


def missing_metric(metric: str, names: Sequence[str]) -> TrainingError:
    """The error of an objective that the model does not measure."""
    return TrainingError(
        f"objective.metric: the model has no `{metric}`; its epochs have {', '.join(names) or 'no logs'}",
        "name one of these, or give `model.compile` the metric",
    )

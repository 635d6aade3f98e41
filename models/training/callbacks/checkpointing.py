"""Checkpoints as training goes: taken every so many seconds and at a pause, taken up at the beginning."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import keras

from models.training.life import Life
from models.training.plan import Clock


class Stateful(Protocol):
    """A callback with memory. `kind` names its part of a checkpoint; `state` is JSON values."""

    kind: str

    def state(self) -> dict[str, Any]: ...

    def restore(self, state: dict[str, Any]) -> None: ...


class Checkpointing(keras.callbacks.Callback):  # type: ignore[misc]
    """The last callback, because it keeps what the others have made of the epoch.

    It calls `save` at the end of an epoch, when `every_s` seconds have passed since the last or at a pause.
    """

    def __init__(self, life: Life, save: Callable[[], None], *, every_s: float, clock: Clock) -> None:
        super().__init__()
        self._life = life
        self._save = save
        self._every_s = every_s
        self._clock = clock
        self._last = clock()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._life.failure is not None:
            return  # the report of this epoch was lost; after a resume it is made again
        now = self._clock()
        if self._life.ended_by == "pause" or now - self._last >= self._every_s:
            self._save()
            self._last = now


class Restore(keras.callbacks.Callback):  # type: ignore[misc]
    """Gives callbacks their memory back; Keras' own forget it when training begins."""

    def __init__(self, callbacks: list[Stateful], states: Mapping[str, dict[str, Any]]) -> None:
        super().__init__()
        self._callbacks = callbacks
        self._states = states

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        for callback in self._callbacks:
            if callback.kind in self._states:
                callback.restore(self._states[callback.kind])

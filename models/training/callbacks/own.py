"""The user's own callbacks: made anew for every trial, and each in a wrapper that knows whether it ends the trial."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from models.spec.callbacks import OwnCallback
from models.training.errors import TrainingError
from models.training.life import Life
from models.user_code import file_module, named_module
from spaces.problems import did_you_mean

TRAIN_BATCH = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
TEST_BATCH = ("on_test_batch_begin", "on_test_batch_end")
WHOLE = ("on_train_begin", "on_test_begin", "on_test_end")
NUMBERED = ("on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end", *TEST_BATCH)
"""Hooks that are given logs, and those that are given a number too. `on_batch_...` are called by Keras' own
`on_train_batch_...`; training predicts nothing, so there is no `on_predict_...`."""


@dataclass(frozen=True, slots=True)
class BatchHooks:
    """Which batches the user's callbacks look at; `why` says it as a clause, empty if they look at none."""

    train: bool
    test: bool
    why: str


class Own(keras.callbacks.Callback):  # type: ignore[misc]
    """One callback of the user's; what it raises is the trial's error.

    kind: its part of a checkpoint, if it has `state()` and `restore(state)`; else it begins anew when a trial goes on.
    """

    def __init__(self, callback: keras.callbacks.Callback, life: Life, *, place: int) -> None:
        super().__init__()
        self._callback = callback
        self._life = life
        self.name = type(callback).__name__
        remembers = all(callable(getattr(callback, method, None)) for method in ("state", "restore"))
        self.kind = f"callbacks.{place}" if remembers else None

    @property
    def batch_hooks(self) -> tuple[str, ...]:
        """The hooks of single batches that it has."""
        return tuple(hook for hook in (*TRAIN_BATCH, *TEST_BATCH) if _has(self._callback, hook))

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._callback.set_params(params)

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self._callback.set_model(model)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._callback.on_train_end(logs)

    def call(self, hook: str, *arguments: Any) -> None:
        """Pass `hook` on, and note whether training is to end by it."""
        before = self.model.stop_training
        getattr(self._callback, hook)(*arguments)
        if self.model.stop_training and not before:
            self._life.end("callback", stopped_by=self.name)

    def state(self) -> dict[str, Any]:
        """What the callback wants kept. Raises: TrainingError when a checkpoint cannot hold it."""
        state: dict[str, Any] = self._callback.state()
        try:
            json.dumps(state)
        except (TypeError, ValueError) as error:
            raise TrainingError(
                f"`state()` of {self.name} gave what a checkpoint cannot hold ({error})",
                "return numbers, texts, lists and mappings of them",
            ) from error
        return state

    def restore(self, state: dict[str, Any]) -> None:
        self._callback.restore(state)


def _passing(hook: str) -> Callable[..., None]:
    def passed(self: Own, logs: dict[str, Any] | None = None) -> None:
        self.call(hook, logs)

    def passed_with_number(self: Own, number: int, logs: dict[str, Any] | None = None) -> None:
        self.call(hook, number, logs)

    return passed_with_number if hook in NUMBERED else passed


for _hook in (*WHOLE, *NUMBERED):
    setattr(Own, _hook, _passing(_hook))


def own_callbacks(wanted: Sequence[OwnCallback], life: Life) -> list[Own]:
    """New instances of `wanted`. Raises: TrainingError, UserCodeError, and whatever the user's code raises."""
    return [Own(made(own), life, place=place) for place, own in enumerate(wanted)]


def made(own: OwnCallback) -> keras.callbacks.Callback:
    """A new callback. Raises: TrainingError when it is none, UserCodeError, and whatever the user's code raises."""
    module = file_module(Path(own.place), wanted=own.name) if own.is_in_file else named_module(own.place, wanted="Name")
    maker = getattr(module, own.name, None)
    if not callable(maker):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise TrainingError(
            f"training.callbacks: `{own.place}` has no class or function `{own.name}`", did_you_mean(own.name, known)
        )
    callback = maker(**own.options)
    if not isinstance(callback, keras.callbacks.Callback):
        raise TrainingError(
            f"training.callbacks: `{own.call}` made a {type(callback).__name__}, no callback",
            "name a class below keras.callbacks.Callback, or a function that returns an instance of one",
        )
    return callback


def batch_hooks(callbacks: Sequence[keras.callbacks.Callback]) -> BatchHooks:
    """What the user's among `callbacks` need."""
    have = [(own.name, own.batch_hooks) for own in callbacks if isinstance(own, Own) and own.batch_hooks]
    hooks = {hook for _, its in have for hook in its}
    return BatchHooks(
        train=bool(hooks & set(TRAIN_BATCH)),
        test=bool(hooks & set(TEST_BATCH)),
        why=", ".join(f"{name} has {' and '.join(its)}" for name, its in have),
    )


def _has(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Whether `hook` is more than the empty one that every callback has; an instance may have it too."""
    return getattr(getattr(callback, hook), "__func__", None) is not getattr(keras.callbacks.Callback, hook)

"""Callbacks of a user's own, for the tests; named in their study files as `recorders:...`."""

from typing import Any, ClassVar

import keras
import numpy as np

HOOKS = ("no", "callback")


class Whole(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes every hook that is called once an epoch or less: its name, its number, its logs."""

    last: ClassVar["Whole"]

    def __init__(self, stop_after: int = 0, **options: Any) -> None:
        super().__init__()
        self.stop_after = stop_after
        self.options = options
        self.called: list[tuple[str, int | None, dict[str, float]]] = []
        Whole.last = self

    def note(self, hook: str, number: int | None, logs: dict[str, Any] | None) -> None:
        self.called.append((hook, number, dict(logs or {})))

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.note("on_train_begin", None, logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.note("on_train_end", None, logs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.note("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.note("on_epoch_end", epoch, logs)
        if epoch + 1 == self.stop_after:
            self.model.stop_training = True

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.note("on_test_begin", None, logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self.note("on_test_end", None, logs)


class EveryStep(Whole):
    """Notes the hooks of single batches too."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.note("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.note("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.note("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.note("on_test_batch_end", batch, logs)


class Remembers(Whole):
    """Counts epochs, over pauses too."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        self.epochs += 1

    def state(self) -> dict[str, Any]:
        return {"epochs": self.epochs}

    def restore(self, state: dict[str, Any]) -> None:
        self.epochs = state["epochs"]


class RemembersArrays(Remembers):
    def state(self) -> dict[str, Any]:
        return {"weights": np.zeros(2)}


class StopsInside(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training after the first step of the second epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.epoch == 1:
            self.model.stop_training = True


class MaxNorm(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the columns of the first kernel within a norm, after every step."""

    def __init__(self, norm: float) -> None:
        super().__init__()
        self.norm = norm

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        kernel = self.model.get_layer("hidden_1").kernel
        norms = np.linalg.norm(kernel, axis=0, keepdims=True)
        kernel.assign(np.asarray(kernel) * np.minimum(1, self.norm / norms))


class Rates(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the learning rate at the times given, as the hook `when`."""

    def __init__(self, when: str, rates: list[float]) -> None:
        super().__init__()
        self.when = when
        self.rates = rates

    def _set(self, when: str, number: int) -> None:
        if when == self.when and number < len(self.rates):
            self.model.optimizer.learning_rate = self.rates[number]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._set("train begin", 0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._set("epoch begin", epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._set("epoch end", epoch)


class Evaluates(Whole):
    """Uses the model at the end of an epoch as Keras' users do."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        x, y = np.ones((4, 5), np.float32), np.zeros((4, 1), np.int32)
        loss = self.model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
        rows = self.model.predict(x, verbose=0)
        self.note("loss", epoch, {"loss": float(loss), "first": float(rows[0, 0])})


class Breaks(keras.callbacks.Callback):  # type: ignore[misc]
    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        raise RuntimeError("no more disk for pictures")


class Saves(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, path: str, whole: bool) -> None:
        super().__init__()
        self.path = path
        self.whole = whole

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        (self.model.save if self.whole else self.model.save_weights)(self.path)


class Insists(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes back whatever has ended training."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model.stop_training = False


def lambdas() -> keras.callbacks.Callback:
    """A callback that has its hook as an attribute."""
    made = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: made.seen.append(batch))
    made.seen = []
    return made


def no_callback() -> dict[str, int]:
    return {}

"""Numbers of a model and its optimizer as inputs of the traced graph, in the places where Keras keeps constants.

A `Dial` stands where a layer, a regularizer, a loss or an optimizer expects a float, and gives the tensor that the
board holds while a function is traced. So stock classes compute with it, and a new trial only sends other values.
A model with dials is trained and never saved: `TrainingGraph` keeps a plain twin for that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.training.dropout import ThriftyDropout
from models.training.errors import TrainingError
from models.training.numbers import Numbers
from models.training.recurrence import training_class
from models.training.widths import OPEN, open_widths

Form = Callable[[Any], Any]
"""What an attribute holds, made of a number or a dial."""


def _itself(value: Any) -> Any:
    return value


def _negative(value: Any) -> Any:
    return -value


def _range(value: Any) -> Any:
    return (-value, value)


_BOUNDS: dict[str, Form] = {"height_lower": _negative, "height_upper": _itself}
AUGMENTING: dict[type[keras.Layer], dict[str, Form]] = {
    keras.layers.RandomTranslation: {**_BOUNDS, "width_lower": _negative, "width_upper": _itself},
    keras.layers.RandomRotation: {"factor": _range},
    keras.layers.RandomZoom: _BOUNDS,
}
"""Layers that change images by at most a number, and where they keep it."""


class Board:
    """The numbers of the trial that is being traced or run, in the order of `names`."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._rows: list[Any] | None = None

    def values(self, numbers: Numbers) -> NDArray[np.float32]:
        """`numbers` as the tensor that `showing` takes: each with 1 less it, which float32 would round otherwise."""
        return np.array([[numbers[name], 1 - numbers[name]] for name in self.names], np.float32).reshape(-1, 2)

    @contextmanager
    def showing(self, values: Any) -> Iterator[None]:
        """Lets the dials give parts of `values` inside the block."""
        before, self._rows = self._rows, values
        try:
            yield
        finally:
            self._rows = before

    def read(self, name: str, column: int) -> Any:
        assert self._rows is not None, "a dial can be read only while its board is showing"
        return self._rows[self.names.index(name)][column]

    def dial(self, name: str) -> "Dial | None":
        """The dial of a number, or None when it is off."""
        return Dial(self, name) if name in self.names else None


class Dial:
    """A number, never 0, that stands in for a Python float."""

    dtype = tf.float32
    shape = ()

    def __init__(self, board: Board, name: str, sign: int = 1) -> None:
        self._board = board
        self._name = name
        self._sign = sign

    @property
    def tensor(self) -> Any:
        value = self._board.read(self._name, 0)
        return value if self._sign == 1 else -value

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return self.tensor if dtype in (None, tf.float32) else tf.cast(self.tensor, dtype)

    def get_config(self) -> NoReturn:
        """Called when a callback saves the model that is in training. Raises: TrainingError."""
        raise TrainingError(
            "the model of a running trial cannot be saved whole",
            "save its weights; the trial's model is stored in its folder when it ends",
        )

    def __gt__(self, other: float) -> bool:
        assert other == 0, "a dial is known to be above 0 and nothing else"
        return True

    def __neg__(self) -> "Dial":
        return Dial(self._board, self._name, -self._sign)

    def __mul__(self, other: Any) -> Any:
        return self.tensor * other

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        return self.tensor + other

    __radd__ = __add__

    def __truediv__(self, other: Any) -> Any:
        return self.tensor / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.tensor

    def __rsub__(self, other: Any) -> Any:
        if self._sign == 1 and isinstance(other, int | float) and other == 1:
            return self._board.read(self._name, 1)
        return other - self.tensor


def with_dials(plain: keras.Model, board: Board, *, is_open: bool, jit_compile: bool) -> keras.Model:
    """A copy of `plain` with weights of its own, whose numbers are dials of `board`, of open widths if `is_open`.

    jit_compile: whether it will be compiled by XLA, which does not know the kernels of `recurrence`.
    """
    stand_ins: dict[type, type] = {keras.layers.Dropout: ThriftyDropout, **(OPEN if is_open else {})}

    def clone(layer: keras.Layer) -> keras.Layer:
        made: Any = stand_ins.get(type(layer)) or (type(layer) if jit_compile else training_class(layer))
        return made.from_config(layer.get_config())

    made = keras.models.clone_model(plain, clone_function=clone)
    if is_open:
        open_widths(made)
    for owner, attribute, name, form in places(made):
        dial = board.dial(name)
        if dial is not None:
            setattr(owner, attribute, form(dial))
    return made


def optimizer_with_dials(made: keras.optimizers.Optimizer, board: Board) -> keras.optimizers.Optimizer:
    """`made`, which is built, with dials of `board` for its numbers. The learning rate is a variable as ever."""
    for name in board.names:
        owner, _, attribute = name.partition(".")
        if owner == "optimizer":
            setattr(made, attribute, board.dial(name))
    return made


def write_numbers(plain: keras.Model, numbers: Numbers) -> None:
    """Put `numbers` where `plain` keeps its constants."""
    for owner, attribute, name, form in places(plain):
        if name in numbers:
            setattr(owner, attribute, form(numbers[name]))


def places(model: keras.Model) -> Iterator[tuple[Any, str, str, Form]]:
    """Where numbers of a model stand: an object, its attribute, the number's name, and its form there."""
    for layer in model._flatten_layers(include_self=False):  # a recurrent layer's penalty stands in its cell
        if isinstance(layer, keras.layers.Dropout):
            yield layer, "rate", f"{layer.name}.rate", _itself
        for kind, attributes in AUGMENTING.items():
            if isinstance(layer, kind):
                for attribute, form in attributes.items():
                    yield layer, attribute, layer.name, form
        for name, value in vars(layer).items():
            if name.endswith("_regularizer") and isinstance(value, keras.regularizers.L1L2):
                yield value, "l1", "l1", _itself
                yield value, "l2", "l2", _itself

"""A compiled model with its traced functions, made ready for one trial after another that have its graph key."""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.families.registry import build
from models.objective import Objective
from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.class_weights import refuse_unweighable
from models.training.compile import check_objective, compile_model
from models.training.dials import Board, with_dials, write_numbers
from models.training.epochs import chunk_rows, training_epoch, validation_epoch
from models.training.memory import watched
from models.training.numbers import Numbers, fixed_parts, numbers, open_widths
from models.training.predict import Predict, predict_with, prediction
from models.training.rows import Columns
from models.training.sowing import Seedbed, variables
from models.training.stepwise import Hooks, Steps
from models.training.widths import assign, name_widths


class TrainingGraph:
    """Trains trials one at a time. Nothing of a trial is left after the next `begin`.

    model: what is trained; callbacks read and write it as any compiled Keras model. Its numbers are dials, so it is
        not for saving: `plain_model` is.
    """

    def __init__(self, config: Any, training: TrainingSpec, *, signature: Signature, objective: Objective) -> None:
        """Raises: TrainingError and FamilyError when the configuration does not fit the data."""
        self._signature = signature
        self._take_plain(config)
        self._board = Board(sorted(numbers(config, training)))
        self.model = with_dials(
            self._plain, self._board, is_open=bool(open_widths(config)), jit_compile=training.jit_compile
        )
        refuse_unweighable(training, signature)
        compile_model(self.model, training, signature=signature, objective=objective, board=self._board)
        self._check(config, training, objective)
        self._sown = variables(self.model)
        self._optimizer_begins = [np.array(variable) for variable in self.model.optimizer.variables]
        self._train = training_epoch(self.model, self._board)
        self._validate = validation_epoch(self.model, self._board)
        self._predict: Predict = prediction(self.model)
        self._numbers: Numbers = {}
        self._values: Any = None
        self._batch_size: Any = None

    @property
    def is_reusable(self) -> bool:
        """Whether a further trial can begin with weights of its own."""
        return self._seedbed.is_complete

    def begin(self, config: Any, training: TrainingSpec, *, seed: int) -> None:
        """Make ready for a trial of the same key: its widths, numbers, first weights, and a fresh optimizer."""
        if fixed_parts(config) != self._fixed:
            self._take_plain(config)
        self._numbers = numbers(config, training)
        self._values = tf.constant(self._board.values(self._numbers))
        self._batch_size = tf.constant(training.batch_size)
        for variable, value in zip(self._sown, self._seedbed.values(seed), strict=True):
            assign(variable, value)
        name_widths(self.model)
        n_parameters = sum(math.prod(variable.shape) for variable in self.model.trainable_variables)
        for variable, value in zip(self.model.optimizer.variables, self._optimizer_begins, strict=True):
            is_slot = variable.value.shape.rank == 1
            assign(variable, np.full(n_parameters, value[0]) if is_slot else value)
        self.model.optimizer.learning_rate = training.learning_rate
        self.model.reset_metrics()
        self.model.stop_training = False
        # what Keras has traced for a callback that called `evaluate`, with the last trial's numbers in it
        self.model.train_function = self.model.test_function = self.model.predict_function = None

    def showing(self) -> AbstractContextManager[None]:
        """Lets callbacks use the model inside the block: its numbers are there."""
        return self._board.showing(self._values)

    def train_epoch(
        self, columns: Columns, order: NDArray[np.int64], *, hooks: Hooks | None = None
    ) -> dict[str, float]:
        """Train one epoch over `columns` in that `order`; its logs. With `hooks`, step by step."""
        rows, size = tf.constant(order), self._batch_size
        if hooks is None:
            return _numbers(self._train(self._values, columns.tensors, rows, size))
        return _numbers(self._steps.train((self._values, columns.tensors, rows), int(size), hooks))

    def validate(self, columns: Columns, *, hooks: Hooks | None = None) -> dict[str, float]:
        """The logs of rows that are not trained on. With `hooks`, step by step."""
        if hooks is None:
            return _numbers(self._validate(self._values, columns.tensors, tf.constant(self._chunk)))
        return _numbers(self._steps.test((self._values, columns.tensors), int(self._batch_size), hooks))

    def predict(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Predictions (n_rows, n_outputs) for prepared rows. Raises: OutOfMemory."""
        return predict_with(self._predict, x, self.model.output_shape[-1], batch_size=self._chunk)

    def plain_model(self) -> keras.Model:
        """A model of stock layers with this trial's numbers and present weights; the next trial's call changes it."""
        write_numbers(self._plain, self._numbers)
        self._plain.set_weights(self.model.get_weights())
        return self._plain

    @property
    def n_params(self) -> int:
        """Weights of this trial's model, those that are not trained included."""
        return int(self._plain.count_params())

    @cached_property
    def _steps(self) -> Steps:
        """Made when the first trial needs it: tracing takes its time."""
        return Steps(self.model, self._board)

    def _take_plain(self, config: Any) -> None:
        """Build the stock model of `config`: what is exported, and what says how weights begin."""
        self._fixed = fixed_parts(config)
        self._plain = build(config, self._signature)
        self._seedbed = Seedbed(self._plain)
        self._chunk = chunk_rows(self._plain)

    def _check(self, config: Any, training: TrainingSpec, objective: Objective) -> None:
        """Build what Keras builds late, such as some metrics, and look at the logs of one made-up batch."""
        signature = self._signature
        x = np.zeros((2, *signature.input_shape), np.float32)
        dtype = np.float32 if signature.task == "regression" else np.int32
        y = np.zeros((2, signature.n_outputs if signature.task == "regression" else 1), dtype)
        values = tf.constant(self._board.values(numbers(config, training)))
        with watched("building"), self._board.showing(values):
            check_objective(self.model, x, y, objective=objective)


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}

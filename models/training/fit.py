"""Training of one configuration, from the first epoch or from a checkpoint, to its end or a pause."""

from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.data.dataset import Dataset, Part
from models.signature import Signature
from models.spec.training import TrainingSpec
from models.training.batches import TrainingBatches, evaluation_batches
from models.training.callbacks.checkpointing import Restore, Stateful
from models.training.callbacks.crew import crew, stateful
from models.training.callbacks.report import OnEpoch
from models.training.callbacks.row_order import RowOrder
from models.training.checkpoint import Checkpoint, CheckpointFile
from models.training.class_weights import balanced
from models.training.compile import check_objective, compile_model
from models.training.errors import CheckpointError, TrainingError
from models.training.life import Life
from models.training.memory import watched
from models.training.plan import FitPlan, FitResult


def fit(
    model: keras.Model,
    dataset: Dataset,
    plan: FitPlan,
    *,
    on_epoch: OnEpoch,
    checkpoint: CheckpointFile | None = None,
) -> FitResult:
    """Train `model` in place; it then holds the weights of the best epoch, or of the last by `plan`'s wish.

    on_epoch: called once after every epoch. What it raises ends training gently and is raised again here.
    checkpoint: where the trial is kept while it trains. If the file is there, training goes on after its
        epoch, bit for bit as if it had never stopped; epochs between that one and an interruption are trained
        and reported again. The caller deletes the file when the trial's results are safe.

    Raises: TrainingError (the configuration does not fit the data), CheckpointError (delete the file and
        begin anew), OutOfMemory.
    """
    with watched("training"):
        batches = _prepare(model, dataset, plan)
        run = _Run(model, plan, Life(plan.training.epochs), checkpoint, plan.clock())
        if checkpoint is not None and checkpoint.exists():
            run.resume(checkpoint.read())
        if not run.life.is_over:
            run.train(batches, dataset.validation, on_epoch)
        return run.finish()


def _prepare(model: keras.Model, dataset: Dataset, plan: FitPlan) -> TrainingBatches:
    """Compile the model, try it on one batch, and lay out the training rows."""
    training, signature = plan.training, dataset.signature
    columns = _training_columns(dataset.train, training, signature)
    batches = TrainingBatches(columns, batch_size=training.batch_size, seed=plan.seed)
    compile_model(model, training, signature=signature, objective=plan.objective, steps=batches.steps)
    x, y = (column[: training.batch_size] for column in columns[:2])
    check_objective(model, x, y, objective=plan.objective)
    return batches


def _training_columns(part: Part, training: TrainingSpec, signature: Signature) -> tuple[NDArray[Any], ...]:
    columns = _columns(part)
    if training.class_weights == "none":
        return columns
    if signature.task == "regression":
        raise TrainingError(
            f"training.class_weights: {training.class_weights} weighs classes, but the targets are numbers; "
            "leave it out"
        )
    return (*columns, balanced(np.asarray(part.y), len(signature.classes)))


def _columns(part: Part) -> tuple[NDArray[Any], ...]:
    """Rows and targets; codes as a column (n, 1), because some losses and metrics count axes."""
    y = np.asarray(part.y)
    return np.asarray(part.x), y.reshape(len(y), -1)


@dataclass(slots=True)
class _Run:
    """One call of fit: the model, the trial's life, and the callbacks whose memory a checkpoint keeps."""

    model: keras.Model
    plan: FitPlan
    life: Life
    checkpoint: CheckpointFile | None
    begun: float
    stateful: list[Stateful] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    def train(self, batches: TrainingBatches, validation: Part, on_epoch: OnEpoch) -> None:
        callbacks = crew(self.plan, self.life, on_epoch=on_epoch, save=self.save)
        self.stateful = stateful(callbacks)
        self.model.fit(
            batches.dataset,
            validation_data=evaluation_batches(_columns(validation)),
            initial_epoch=self.life.epoch,
            epochs=self.life.total,
            shuffle=False,
            verbose=0,
            callbacks=[RowOrder(batches), *callbacks, Restore(self.stateful, self.states)],
        )
        if self.life.failure is not None:
            raise self.life.failure
        if self.life.ended_by == "pause" and self.checkpoint is None:
            raise ValueError(
                f"the trial was told to pause after epoch {self.life.epoch}, but it has no checkpoint file"
            )

    def finish(self) -> FitResult:
        """Put the right weights into the model and sum up."""
        if self.life.best_weights is not None and self.plan.training.restore_best:
            self.model.set_weights(self.life.best_weights)
        return self.life.result(self.plan.objective, seconds=self._seconds())

    def save(self) -> None:
        """Write the checkpoint, if the trial has one."""
        if self.checkpoint is None:
            return
        life = replace(self.life, trained_s=self._seconds())
        self.checkpoint.write(
            Checkpoint(
                model=[np.asarray(variable) for variable in self.model.variables],
                optimizer=[np.asarray(variable) for variable in self.model.optimizer.variables],
                best_weights=self.life.best_weights,
                state={"life": life.to_json(), "callbacks": {c.kind: c.state() for c in self.stateful}},
            )
        )

    def resume(self, saved: Checkpoint) -> None:
        """Take up the trial where `saved` left it. Raises CheckpointError when it is of another model."""
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        pairs = ((self.model.variables, saved.model), (optimizer.variables, saved.optimizer))
        for variables, values in pairs:
            if [tuple(v.shape) for v in variables] != [v.shape for v in values]:
                where = self.checkpoint.path if self.checkpoint else "the checkpoint"
                raise CheckpointError(f"{where}: is of another configuration; delete it to train from the first epoch")
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self.life.restore(saved.state["life"], saved.best_weights)
        self.states = saved.state["callbacks"]

    def _seconds(self) -> float:
        return self.life.trained_s + self.plan.clock() - self.begun

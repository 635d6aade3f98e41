"""Training of one configuration, from the first epoch or from a checkpoint, to its end or a pause."""

from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from models.training.callbacks.checkpointing import Restore, Stateful
from models.training.callbacks.crew import crew, stateful
from models.training.callbacks.own import BatchHooks, batch_hooks
from models.training.callbacks.report import OnEpoch
from models.training.checkpoint import Checkpoint, CheckpointFile
from models.training.errors import CheckpointError
from models.training.graph import TrainingGraph
from models.training.graphs import Begun
from models.training.life import Life
from models.training.memory import watched
from models.training.plan import FitPlan, FitResult
from models.training.rows import Columns, epoch_order


def fit(
    begun: Begun,
    plan: FitPlan,
    *,
    on_epoch: OnEpoch,
    checkpoint: CheckpointFile | None = None,
) -> FitResult:
    """Train the model of a trial that has begun; it then holds the weights of the best epoch, or of the last by
    `plan`'s wish.

    on_epoch: called once after every epoch. What it raises ends training gently and is raised again here.
    checkpoint: where the trial is kept while it trains. If the file is there, training goes on after its
        epoch, bit for bit as if it had never stopped; epochs between that one and an interruption are trained
        and reported again. The caller deletes the file when the trial's results are safe.

    Raises: CheckpointError (delete the file and begin anew), OutOfMemory.
    """
    with watched("training"):
        run = _Run(begun.graph, plan, Life(plan.training.epochs), checkpoint, plan.clock())
        if checkpoint is not None and checkpoint.exists():
            run.resume(checkpoint.read())
        if not run.life.is_over:
            run.train(begun.training, begun.validation, on_epoch)
        return run.finish()


@dataclass(slots=True)
class _Run:
    """One call of fit: the graph, the trial's life, and the callbacks whose memory a checkpoint keeps."""

    graph: TrainingGraph
    plan: FitPlan
    life: Life
    checkpoint: CheckpointFile | None
    begun: float
    stateful: list[Stateful] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def model(self) -> keras.Model:
        return self.graph.model

    def train(self, training: Columns, validation: Columns, on_epoch: OnEpoch) -> None:
        callbacks = crew(self.plan, self.life, on_epoch=on_epoch, save=self.save)
        self.stateful = stateful(callbacks)
        watching = keras.callbacks.CallbackList(
            [*callbacks, Restore(self.stateful, self.states)],
            model=self.model,
            verbose=0,
            epochs=self.life.total,
            steps=-(-training.n_rows // self.plan.training.batch_size),
        )
        wanted = batch_hooks(callbacks)
        self.life.by_step = wanted.why
        with self.graph.showing():
            self._loop(training, validation, watching, wanted)
        if self.life.failure is not None:
            raise self.life.failure
        if self.life.ended_by == "pause" and self.checkpoint is None:
            raise ValueError(
                f"the trial was told to pause after epoch {self.life.epoch}, but it has no checkpoint file"
            )

    def _loop(
        self, training: Columns, validation: Columns, watching: keras.callbacks.CallbackList, wanted: BatchHooks
    ) -> None:
        """All epochs that are left, with the hooks called in Keras' order."""
        watching.on_train_begin()
        logs: dict[str, float] = {}
        for epoch in range(self.life.epoch, self.life.total):
            watching.on_epoch_begin(epoch)
            order = epoch_order(training.n_rows, seed=self.plan.seed, epoch=epoch + 1)
            logs = self.graph.train_epoch(training, order, hooks=watching if wanted.train else None)
            watching.on_test_begin()
            tested = self.graph.validate(validation, hooks=watching if wanted.test else None)
            watching.on_test_end(tested)
            logs |= {f"val_{name}": value for name, value in tested.items()}
            watching.on_epoch_end(epoch, logs)
            if self.model.stop_training or self.life.ended_by is not None:
                break
        watching.on_train_end(logs)

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
        pairs = ((self.model.variables, saved.model), (self.model.optimizer.variables, saved.optimizer))
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

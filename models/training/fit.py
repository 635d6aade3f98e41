"""Training of one configuration, from the first epoch or from a checkpoint, to its end or a pause."""

from dataclasses import dataclass

import keras

from models.training.callbacks.checkpointing import Restore
from models.training.callbacks.crew import crew, stateful
from models.training.callbacks.own import BatchHooks, batch_hooks
from models.training.callbacks.report import OnEpoch
from models.training.checkpoint import CheckpointFile
from models.training.graph import TrainingGraph
from models.training.graphs import Begun
from models.training.keeping import Keeping
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
        life = Life(plan.training.epochs)
        run = _Run(begun.graph, plan, Keeping(begun.graph.model, plan, life, checkpoint, plan.clock()))
        if checkpoint is not None and checkpoint.exists():
            run.keeping.resume(checkpoint.read())
        if not life.is_over:
            run.train(begun.training, begun.validation, on_epoch)
        return run.keeping.finish()


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of fit: the graph, and what is kept of the trial."""

    graph: TrainingGraph
    plan: FitPlan
    keeping: Keeping

    def train(self, training: Columns, validation: Columns, on_epoch: OnEpoch) -> None:
        keeping, life = self.keeping, self.keeping.life
        callbacks = crew(self.plan, life, on_epoch=on_epoch, save=keeping.save)
        keeping.stateful = stateful(callbacks)
        watching = keras.callbacks.CallbackList(
            [*callbacks, Restore(keeping.stateful, keeping.states)],
            model=self.graph.model,
            verbose=0,
            epochs=life.total,
            steps=-(-training.n_rows // self.plan.training.batch_size),
        )
        wanted = batch_hooks(callbacks)
        life.by_step = wanted.why
        with self.graph.showing():
            self._loop(training, validation, watching, wanted)

    def _loop(
        self, training: Columns, validation: Columns, watching: keras.callbacks.CallbackList, wanted: BatchHooks
    ) -> None:
        """All epochs that are left, with the hooks called in Keras' order."""
        life, model = self.keeping.life, self.graph.model
        watching.on_train_begin()
        logs: dict[str, float] = {}
        for epoch in range(life.epoch, life.total):
            watching.on_epoch_begin(epoch)
            order = epoch_order(training.n_rows, seed=self.plan.seed, epoch=epoch + 1)
            logs = self.graph.train_epoch(training, order, hooks=watching if wanted.train else None)
            watching.on_test_begin()
            tested = self.graph.validate(validation, hooks=watching if wanted.test else None)
            watching.on_test_end(tested)
            logs |= {f"val_{name}": value for name, value in tested.items()}
            watching.on_epoch_end(epoch, logs)
            if model.stop_training or life.ended_by is not None:
                break
        watching.on_train_end(logs)

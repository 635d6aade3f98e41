"""Training of a model that the user's own code has built, from the first epoch or from a checkpoint."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.code.feeding import Feed
from models.code.hyperparameters import HyperParameters
from models.code.ordered import OrderedRows, can_be_ordered
from models.code.program import Program
from models.code.watch import TrainingOver, Watch, missing_metric, watch_for
from models.training.callbacks.checkpointing import Restore
from models.training.callbacks.crew import crew, stateful
from models.training.callbacks.own import batch_hooks
from models.training.callbacks.report import OnEpoch
from models.training.checkpoint import CheckpointFile
from models.training.errors import TrainingError
from models.training.keeping import Keeping
from models.training.life import Life
from models.training.memory import watched
from models.training.plan import FitPlan, FitResult

_NAMED = ("epochs", "batch_size", "initial_epoch", "verbose")
"""Arguments that `HyperModel.fit` gets when it names them; otherwise it may pass its own on to `model.fit`."""


@dataclass(frozen=True, slots=True)
class Built:
    """A model with the program and the parameters that made it. scheduled: as in `crew`."""

    model: keras.Model
    program: Program
    hp: HyperParameters
    scheduled: bool = False


def fit_own(
    built: Built,
    feed: Feed,
    plan: FitPlan,
    *,
    on_epoch: OnEpoch,
    ready: Callable[[], None],
    checkpoint: CheckpointFile | None = None,
) -> FitResult:
    """Train the model; it then holds the weights of the best epoch, or of the last by `plan`'s wish.

    ready: called before the first epoch, and before every report: by then, parameters may have been asked for.
    on_epoch, checkpoint: as in `models.training.fit.fit`. A training loop of the program's own begins its count anew
        when a trial goes on, with the weights of the checkpoint.

    Raises: CheckpointError, OutOfMemory, TrainingError, and whatever the program raises.
    """
    with watched("training"):
        life = Life(plan.training.epochs)
        keeping = Keeping(built.model, plan, life, checkpoint, plan.clock())
        if checkpoint is not None and checkpoint.exists():
            _make_variables(built.model, feed)
            keeping.resume(checkpoint.read())
        if life.is_over:
            ready()
        else:
            _Run(built, feed, plan, keeping).train(on_epoch, ready)
        return keeping.finish()


def check_objective(built: Built, feed: Feed, metric: str) -> None:
    """Sees on two rows that an epoch's logs will have `metric`. Raises: TrainingError, and what the model raises."""
    if built.program.fit is not None:
        return  # what it reports is its own
    with watched("building"):
        x, y = feed.few()
        names = list(built.model.evaluate(x, y, verbose=0, return_dict=True))
        built.model.reset_metrics()
    logs = [*names, *(f"val_{name}" for name in names)]
    if metric not in logs:
        raise missing_metric(metric, logs)


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of `fit_own`."""

    built: Built
    feed: Feed
    plan: FitPlan
    keeping: Keeping

    def train(self, on_epoch: OnEpoch, ready: Callable[[], None]) -> None:
        life, model, metric = self.keeping.life, self.built.model, self.plan.objective.metric
        callbacks = crew(self.plan, life, on_epoch=on_epoch, save=self.keeping.save, scheduled=self.built.scheduled)
        self.keeping.stateful = stateful(callbacks)
        wanted = batch_hooks(callbacks)
        everyone = [*callbacks, Restore(self.keeping.stateful, self.keeping.states)]
        watch = watch_for(wanted)(everyone, life, metric=metric, ready=ready)
        watch.set_model(model)
        model.stop_training = False
        fit = _Fit(model, model.fit, watch, self.plan, resumed=life.epoch)
        model.__dict__["fit"] = fit
        try:
            returned = self._fit(watch, fit)
            self._take(returned, watch, was_called=fit.was_called)
        except TrainingOver:
            pass
        finally:
            model.__dict__.pop("fit", None)
        if model.stop_training and not life.is_over:
            life.end("callback", stopped_by="its own training")
        watch.close()

    def _fit(self, watch: Watch, fit: "_Fit") -> Any:
        program, feed = self.built.program, self.feed
        if program.fit is None:
            given = {} if feed.y is None else {"y": feed.y}
            return fit(x=feed.x, **given, validation_data=feed.validation, callbacks=[watch])
        return _called(program.fit, self.built, feed, watch, self._offered())

    def _offered(self) -> dict[str, Any]:
        training = self.plan.training
        offered = (training.epochs, training.batch_size, self.keeping.life.epoch, 0)
        return dict(zip(_NAMED, offered, strict=True))

    def _take(self, returned: Any, watch: Watch, *, was_called: bool) -> None:
        """What a training of its own returns, where it has told of no epoch: one epoch with these metrics.

        was_called: whether it has called `model.fit`, whose epochs may lack the objective that it returns.
        """
        life, metric = self.keeping.life, self.plan.objective.metric
        if life.failure is not None or life.epoch > 0:
            return
        logs = _metrics(returned, metric)
        if watch.unmeasured is not None and not was_called and not isinstance(returned, Mapping):
            logs = {}  # its own loop has told of epochs without the metric: a bare number may be any
        if metric in logs:
            watch.on_epoch_end(0, logs)
            return
        names = watch.unmeasured if watch.unmeasured is not None else sorted(logs)
        if not names and self.built.program.fit is not None:
            raise TrainingError(
                f"model.code: the `fit` of `{self.built.program.reference}` returned nothing and called no callback",
                f"call `on_epoch_end` of its `callbacks`, or return `{metric}`",
            )
        raise missing_metric(metric, names)


class _Fit:
    """`model.fit` of one trial: what the program leaves out is taken from the study."""

    def __init__(
        self, model: keras.Model, original: Callable[..., Any], watch: Watch, plan: FitPlan, *, resumed: int
    ) -> None:
        self._model = model
        self._original = original
        self._parameters = inspect.signature(original)
        self._watch = watch
        self._plan = plan
        self._resumed = resumed
        self.was_called = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.was_called = True
        given = self._parameters.bind_partial(*args, **kwargs).arguments
        given |= given.pop("kwargs", {})
        training = self._plan.training
        given.setdefault("epochs", training.epochs)
        given.setdefault("verbose", 0)
        if "initial_epoch" not in given:
            # epochs of an earlier process are those of the first trainings
            skipped = min(self._resumed, int(given["epochs"]))
            self._resumed -= skipped
            given["initial_epoch"] = skipped
        callbacks = list(given.get("callbacks") or [])
        given["callbacks"] = callbacks if self._watch in callbacks else [*callbacks, self._watch]
        if given.get("y") is not None:
            given.setdefault("batch_size", training.batch_size)
        if can_be_ordered(given):
            given.pop("shuffle", None)
            size = int(given.pop("batch_size") or training.batch_size)
            given.setdefault("validation_batch_size", size)
            rows = OrderedRows(given["x"], given.pop("y"), batch_size=size, seed=self._plan.seed, life=self._watch.life)
            given |= {"x": rows.batches, "shuffle": False, "callbacks": [rows, *given["callbacks"]]}
        elif isinstance(given.get("x"), tf.data.Dataset):
            given.setdefault("shuffle", False)  # it has an order of its own, and Keras warns otherwise
        return self._original(**given)


def _called(fit: Callable[..., Any], built: Built, feed: Feed, watch: Watch, offered: Mapping[str, Any]) -> Any:
    """The program's own `fit`, called as KerasTuner's `search(x, y, validation_data=...)` would have it called."""
    parameters = list(inspect.signature(fit).parameters.values())[2:]
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    data = (feed.x,) if feed.y is None else (feed.x, feed.y)
    keywords = {name: value for name, value in offered.items() if name in named or _is_keyword(parameters, name)}
    keywords |= {"validation_data": feed.validation, "callbacks": [watch]}
    if not named or named[0] == "x" or named[0] in keywords:
        return fit(built.hp, built.model, **dict(zip(("x", "y"), data, strict=False)), **keywords)
    return fit(built.hp, built.model, *data, **keywords)


def _is_keyword(parameters: list[inspect.Parameter], name: str) -> bool:
    return any(p.name == name and p.kind is p.KEYWORD_ONLY for p in parameters)


def _metrics(returned: Any, metric: str) -> dict[str, float]:
    """What a `HyperModel.fit` may return: the objective, or metrics by name; nothing of a History."""
    if isinstance(returned, bool):
        return {}
    if isinstance(returned, int | float | np.number) or getattr(returned, "shape", None) == ():
        return {metric: float(returned)}
    if isinstance(returned, Mapping):
        return {str(name): float(value) for name, value in returned.items()}
    return {}


def _make_variables(model: keras.Model, feed: Feed) -> None:
    """Builds what is built late, so that there is something to restore."""
    if not model.built:
        model(feed.few()[0])
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)

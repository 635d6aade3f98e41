"""The one trial core: what a worker does with a task, whoever suggested it and wherever it runs.

Builds the model, trains it, stores its best weights and predictions. Knows no driver, record, tracker or process.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.bundle import discard_bundle, is_complete, load_bundle, save_bundle
from models.code.hyperparameters import Known
from models.config import Config
from models.data.dataset import Dataset, open_dataset
from models.objective import Objective
from models.own_traceback import error_words, own_traceback
from models.spec.code import CodeSpec
from models.training.checkpoint import CheckpointFile
from models.training.errors import CheckpointError
from models.training.orders import EpochReport, Order
from search.failing import is_no_configuration
from search.study import Cause, Decision, Outcome, Settled, TrialState
from search.telling import LOG_NAME

CHECKPOINT_NAME = "checkpoint"


@dataclass(frozen=True, slots=True)
class TrialTask:
    """Everything that a worker needs for one trial; picklable and free of frameworks.

    config: `models.config.Config.to_json`. folder: the trial's own. data: the prepared data set's.
    epochs: the epoch to train to; 0 to store what the checkpoint holds and train nothing.
    resume: whether to go on from the checkpoint in `folder`, if there is one.
    graph: the key of its traced graph; a worker that has trained one of the same key has it warm.
    further: the objectives after the first, by name; empty for one objective, and then nothing is measured for them.
    known, written, study_seed: for a model of the user's own code: what the study knows of its parameters, those that
        the study file states, and what decides those that were not suggested.
    own_objective: the name of the study, where the user's own code is an Optuna objective and not a model.
    """

    number: int
    config: dict[str, Any]
    objective: Objective
    seed: int
    epochs: int
    folder: Path
    data: Path
    resume: bool
    graph: str = ""
    further: tuple[str, ...] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    study_seed: int = 0
    own_objective: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """The trial has paused after `epoch`; its checkpoint is on disk."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Calls:
    """What the core tells its worker: every trained epoch, and first the logs of the epochs that it goes on from (none
    for a new trial) with the seconds trained until then. settled: what a model of the user's own code has asked for.
    """

    started: Callable[[Sequence[Mapping[str, float]], float], None]
    epoch: Callable[[EpochReport], Decision]
    settled: Callable[[Settled], None] = lambda event: None


@dataclass(slots=True)
class Warm:
    """What a process keeps between trials: opened data sets by folder, and `models.training.graphs.Graphs`.

    measured: metrics that a model of the user's own code was seen to have. feeds: rows for such models.
    """

    graphs: Any
    datasets: dict[Path, Dataset] = field(default_factory=dict)
    measured: set[str] = field(default_factory=set)
    feeds: dict[Path, Any] = field(default_factory=dict)


def delete_checkpoint(folder: Path) -> None:
    """Deletes the checkpoint of the trial in `folder`, if it has one: it will not go on."""
    CheckpointFile(folder / CHECKPOINT_NAME).delete()


def run_trial(task: TrialTask, calls: Calls, *, warm: Warm) -> Outcome | Left:
    """Trains one trial to its end. Never raises for what the model or the user's code does: that is an outcome."""
    from models.training.errors import OutOfMemory

    if task.resume and is_complete(task.folder):
        # a process died after the trial was stored and before it was recorded
        return _stored_outcome(task, calls)
    try:
        try:
            return _train(task, calls, warm)
        except CheckpointError:
            # a whole file, but of another version or configuration
            return _train(dataclasses.replace(task, resume=False), calls, warm)
    except OutOfMemory as error:
        warm.graphs.clear()
        return Outcome(TrialState.PRUNED, Cause.OUT_OF_MEMORY, f"out of memory: {error}")
    except Exception as error:  # the model is the user's: whatever it raises belongs to the trial
        warm.graphs.clear()
        if is_no_configuration(error):
            return Outcome(TrialState.PRUNED, Cause.PRUNED, error_words(error))
        return Outcome(TrialState.FAILED, Cause.ERROR, error_words(error), traceback=own_traceback(error))


def _train(task: TrialTask, calls: Calls, warm: Warm) -> Outcome | Left:
    if task.own_objective:
        from search.own_objective import run_objective

        return run_objective(task, calls)
    from models.training.fit import fit
    from models.training.plan import FitPlan

    if task.data not in warm.datasets:
        warm.datasets[task.data] = open_dataset(task.data)
    dataset, config = warm.datasets[task.data], Config.from_json(task.config)
    task.folder.mkdir(parents=True, exist_ok=True)
    checkpoint, history, trained_s = taken_up(task)
    epochs = task.epochs or len(history)
    if epochs == 0:
        calls.started(history, trained_s)
        return Outcome(TrialState.PRUNED, Cause.FINISHED, "there is no checkpoint to store")
    training = config.training
    if epochs < training.epochs:
        # a trial that is only closed: nothing is left to train, so that the schedule does not matter
        training = training.model_copy(update={"epochs": epochs})
    plan = FitPlan(training, task.objective, task.seed, csv_log=task.folder / LOG_NAME)
    if isinstance(config.model, CodeSpec):
        from search.own_trial import Kept, train_own

        return train_own(task, calls, config=config, plan=plan, kept=Kept(dataset, warm.measured, warm.feeds))
    calls.started(history, trained_s)
    begun = warm.graphs.begin(config.model, plan, dataset)
    n_params = begun.graph.n_params if task.further else None

    def on_epoch(report: EpochReport) -> Order:
        return calls.epoch(dataclasses.replace(report, n_params=n_params) if n_params else report).order

    result = fit(begun, plan, on_epoch=on_epoch, checkpoint=checkpoint)
    if result.ended_by == "pause":
        return Left(result.epochs)
    predictions, model = _predictions(begun.graph, dataset), begun.graph.plain_model()
    if task.further:
        result = dataclasses.replace(result, costs=_costs(task, model, dataset, result))
    save_bundle(task.folder, model=model, config=config, result=result, predictions=predictions)
    checkpoint.delete()
    return outcome_of(dataclasses.asdict(result), task)


def _costs(task: TrialTask, model: Any, dataset: Dataset, result: Any) -> Mapping[str, float]:
    from models.training.costs import measure

    return measure(task.further, model, dataset.validation.x[:1], result=result)


def taken_up(task: TrialTask) -> tuple[CheckpointFile, Sequence[Mapping[str, float]], float]:
    """The trial's checkpoint file, the logs that it holds, and the seconds trained until then.

    A damaged one is dropped, and the trial begins anew.
    """
    file = CheckpointFile(task.folder / CHECKPOINT_NAME)
    if not task.resume:
        file.delete()
        discard_bundle(task.folder)
    if not file.exists():
        return file, (), 0.0
    try:
        life = file.read().state["life"]
        return file, life["history"], float(life["trained_s"])
    except CheckpointError:
        file.delete()
        return file, (), 0.0


def _predictions(graph: Any, dataset: Dataset) -> dict[str, Any]:
    """Predictions of the best epoch by part; the study's ensemble is weighed from these alone."""
    parts = {"validation": dataset.validation, "test": dataset.test}
    return {name: graph.predict(part.x) for name, part in parts.items() if part is not None}


def _stored_outcome(task: TrialTask, calls: Calls) -> Outcome:
    result = load_bundle(task.folder).result
    calls.started(result["history"], float(result["seconds"]))
    return outcome_of(result, task)


_CAUSES = {
    "epochs": Cause.FINISHED,
    "early stopping": Cause.EARLY_STOPPED,
    "nan": Cause.NAN,
    "target": Cause.TARGET,
    "callback": Cause.CALLBACK,
    "order": Cause.FINISHED,
}


def outcome_of(result: Mapping[str, Any], task: TrialTask) -> Outcome:
    """The outcome of a `FitResult`'s fields. A trial without a finite objective is pruned, so that samplers learn."""
    epoch, value = int(result["best_epoch"]), float(result["objective"])
    cause = _CAUSES[result["ended_by"]]
    known = epoch > 0 and math.isfinite(value)
    metrics = {**result["history"][epoch - 1], **result.get("costs", {})} if known else {}
    lacking = ["the objective"]
    if known:
        lacking = [name for name in task.further if not math.isfinite(metrics.get(name, math.nan))]
    if lacking:
        known, cause, metrics = False, Cause.NAN, {}
    reason = f"stopped by {result['stopped_by']}" if result.get("stopped_by") else ""
    if cause is Cause.NAN:
        reason = f"{lacking[0] if lacking else 'the objective'} is not a number"
    return Outcome(
        state=TrialState.PRUNED if cause is Cause.NAN else TrialState.COMPLETE,
        cause=cause,
        reason=reason,
        objective=value if known else None,
        best_epoch=epoch if known else 0,
        epochs=int(result["epochs"]),
        seconds=float(result["seconds"]),
        metrics={name: float(value) for name, value in metrics.items()},
    )

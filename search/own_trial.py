"""A trial whose model the user's own code builds: what a worker does with it in place of `search.trial`'s own way."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import save_bundle
from models.code.asked import Asked
from models.code.hyperparameters import HyperParameters
from models.config import Config
from models.data.dataset import Dataset
from models.signature import Signature
from models.spec.code import CodeSpec
from models.training.checkpoint import CheckpointFile
from models.training.orders import EpochReport, Order
from models.training.plan import FitPlan
from search.study import Outcome, Settled
from search.trial import Calls, Left, TrialTask, outcome_of, taken_up
from spaces.problems import Value

SLACK = 1e-3
"""Probabilities are taken for such when they are off by so little."""


def draw_of(study_seed: int, number: int) -> Callable[[Asked], Value]:
    """How a parameter is drawn that nobody has suggested: decided by the study's seed, the trial and its name."""

    def draw(asked: Asked) -> Value:
        return asked.domain.sample(np.random.default_rng([study_seed, number, *asked.name.encode()]))

    return draw


@dataclass(frozen=True, slots=True)
class Kept:
    """What the process has: the data, the metrics that the program's models were seen to measure, rows by folder."""

    dataset: Dataset
    measured: set[str]
    feeds: dict[Path, Any]


def train_own(task: TrialTask, calls: Calls, *, config: Config, plan: FitPlan, kept: Kept) -> Outcome | Left:
    """Builds and trains the model of the user's code to its end or a pause, and stores what came of it."""
    assert isinstance(config.model, CodeSpec)
    from models.code.building import clear

    draw = draw_of(task.study_seed, task.number)
    hp = HyperParameters(config.model.space, draw, known=task.known, written=task.written)
    checkpoint, history, trained_s = taken_up(task)
    # a trial that has trained has settled: what is asked for late, such as by a `fit`, was asked for then
    before = {name: value for name, value in config.model.space.items() if history and name not in task.written}
    telling = _Telling(task.number, hp, calls, lambda: calls.started(history, trained_s), before)
    try:
        return _trained(_Trial(task, config, plan, telling, checkpoint), kept)
    finally:
        telling.ready()  # also of a trial that has failed: what it asked for says why
        clear()


@dataclass(slots=True)
class _Telling:
    """Tells the coordinator, before anything else of a trial, which parameters it really has.

    before: those that it had settled when it was paused or interrupted.
    """

    number: int
    hp: HyperParameters
    calls: Calls
    begin: Callable[[], None]
    before: Mapping[str, Value] = field(default_factory=dict)
    told: Mapping[str, Value] | None = field(default=None, init=False)
    asked: int = field(default=0, init=False)

    def ready(self) -> None:
        """To be called before the first epoch and before every report; tells what is new."""
        used, asked = {**self.before, **self.hp.used}, len(self.hp.places)
        is_first = self.told is None
        if used != self.told or asked != self.asked:
            self.told, self.asked = used, asked
            self.calls.settled(Settled(self.number, used, self.hp.dimensions, self.hp.places))
        if is_first:
            self.begin()

    def epoch(self, report: EpochReport) -> Order:
        return self.calls.epoch(report).order


@dataclass(frozen=True, slots=True)
class _Trial:
    task: TrialTask
    config: Config
    plan: FitPlan
    telling: _Telling
    checkpoint: CheckpointFile


def _trained(trial: _Trial, kept: Kept) -> Outcome | Left:
    from models.code.building import built
    from models.code.fitting import check_objective, fit_own
    from models.training.process import sow_generators

    telling, metric = trial.telling, trial.task.objective.metric
    sow_generators(trial.task.study_seed)  # what the program draws when it is loaded is the same in all trials
    made = built(trial.config, telling.hp, trial.plan, kept.dataset.signature)
    feed = _feed(trial, kept, as_column=made.scheduled)
    if metric not in kept.measured:
        check_objective(made, feed, metric)
        kept.measured.add(metric)
    result = fit_own(made, feed, trial.plan, on_epoch=telling.epoch, ready=telling.ready, checkpoint=trial.checkpoint)
    if result.ended_by == "pause":
        return Left(result.epochs)
    try:
        predictions = _predictions(made.model, feed, kept.dataset.signature, exact=trial.config.data.code is None)
    except Exception:
        if made.program.fit is None:
            raise
        predictions = {}  # its `fit` prepares rows, such as images that it crops, and the model takes none but these
    save_bundle(trial.task.folder, model=made.model, config=trial.config, result=result, predictions=predictions)
    trial.checkpoint.delete()
    return outcome_of(asdict(result), trial.task)


def _feed(trial: _Trial, kept: Kept, *, as_column: bool) -> Any:
    """The rows; what a function of the user's gives is asked for once a process."""
    from models.code.feeding import own_feed, prepared_feed

    data, folder = trial.config.data, trial.task.data
    if data.code is None:
        return prepared_feed(kept.dataset, as_column=as_column)
    if folder not in kept.feeds:
        kept.feeds[folder] = own_feed(folder, data, seed=trial.task.study_seed)
    return kept.feeds[folder]


def _predictions(model: Any, feed: Any, signature: Signature, *, exact: bool) -> dict[str, Any]:
    """Predictions of the best epoch by part, as the signature has them; none where they are something else."""
    parts = {"validation": feed.validation_x, "test": feed.test}
    made = {name: model.predict(x, verbose=0) for name, x in parts.items() if x is not None}
    found = {name: as_signature(rows, signature, exact=exact) for name, rows in made.items()}
    return {} if any(rows is None for rows in found.values()) else found


def as_signature(rows: Any, signature: Signature, *, exact: bool = True) -> NDArray[np.float32] | None:
    """What a model of the user's predicts, (n_rows, n_outputs) as `Signature` says; None for anything else, such as
    several outputs, or numbers that are no probabilities. exact: whether there are as many outputs as classes.
    """
    if not isinstance(rows, np.ndarray) or not len(rows):
        return None
    taken: NDArray[np.float32] = np.asarray(rows.reshape(len(rows), -1), np.float32)
    if signature.task == "binary" and taken.shape[1] == 2 and _sum_to_one(taken):
        taken = taken[:, 1:]
    # rows of the user's own may have fewer classes than the model knows
    is_wider = bool(signature.classes) and not exact and taken.shape[1] > signature.n_outputs > 1
    if taken.shape[1] != signature.n_outputs and not is_wider:
        return None
    if signature.task == "regression":
        return taken
    if np.any(taken < -SLACK) or np.any(taken > 1 + SLACK):
        return None
    return taken if signature.task == "binary" or _sum_to_one(taken) else None


def _sum_to_one(rows: NDArray[np.float32]) -> bool:
    return bool(np.allclose(rows.sum(axis=1), 1.0, atol=SLACK))

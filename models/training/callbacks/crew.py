"""The callbacks of one run, in the order in which they see an epoch's end: log, watch, the
user's own, report, keep."""

from collections.abc import Callable

import keras

from models.training.callbacks.best_weights import BestWeights
from models.training.callbacks.checkpointing import Checkpointing, Stateful
from models.training.callbacks.csv_log import CsvLog
from models.training.callbacks.early_stopping import EarlyStopping
from models.training.callbacks.epoch_log import EpochLog
from models.training.callbacks.own import own_callbacks
from models.training.callbacks.reduce_lr import ReduceLearningRate
from models.training.callbacks.report import OnEpoch, Report
from models.training.callbacks.schedule import Schedule
from models.training.callbacks.stop_at_target import StopAtTarget
from models.training.callbacks.stop_on_nan import StopOnNan
from models.training.life import Life
from models.training.plan import FitPlan


def crew(
    plan: FitPlan, life: Life, *, on_epoch: OnEpoch, save: Callable[[], None], scheduled: bool = True
) -> list[keras.callbacks.Callback]:
    """All callbacks that `plan` asks for. `save` writes a checkpoint.

    scheduled: whether the learning rate is that of the plan; a model that came compiled has its own.
    """
    log = EpochLog(life, plan.clock)
    # after those that judge the epoch, so that the best weights are the ones that were measured; before the report,
    # so that an epoch after which they stop is the trial's last
    own = own_callbacks(plan.training.callbacks, life)
    rates = [Schedule(plan.training)] if scheduled else []
    made = [log, *rates, *_watching(plan, life), *own, Report(life, log, on_epoch)]
    if plan.training.csv_log and plan.csv_log is not None:
        made.append(CsvLog(life, plan.csv_log))
    made.append(Checkpointing(life, save, every_s=plan.training.checkpoint_every, clock=plan.clock))
    return made


def stateful(callbacks: list[keras.callbacks.Callback]) -> list[Stateful]:
    """Those that have a memory which a checkpoint must keep."""
    return [callback for callback in callbacks if getattr(callback, "kind", None)]


def _watching(plan: FitPlan, life: Life) -> list[keras.callbacks.Callback]:
    """The callbacks that judge an epoch."""
    training, objective = plan.training, plan.objective
    made: list[keras.callbacks.Callback] = []
    if objective.at == "best" and training.restore_best:
        made.append(BestWeights(life, objective))
    if training.stop_on_nan:
        made.append(StopOnNan(life, objective))
    if training.stop_at is not None:
        made.append(StopAtTarget(life, objective, training.stop_at))
    if (watch := training.early_stopping) is not None:
        made.append(EarlyStopping(life, objective, watch))
    if (plateau := training.reduce_lr) is not None:
        made.append(ReduceLearningRate(objective, plateau))
    return made

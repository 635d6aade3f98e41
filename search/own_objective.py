"""A trial of an Optuna objective of the user's own: what a worker does with it in place of training a model."""

import inspect
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from optuna.exceptions import TrialPruned

from models.code.suggested import Suggested
from models.config import Config
from models.data.functions import OPTIONAL
from models.files import write_text
from models.spec.code import CodeSpec
from models.training.orders import EpochReport, Order
from models.user_code import load_file, missing, named_module
from search.optuna_trial import OwnStudy, OwnTrial
from search.own_trial import draw_of
from search.study import Cause, Decision, Outcome, Settled, TrialState
from search.trial import Calls, Left, TrialTask
from spaces.problems import MendableError

USER_ATTRS = "user_attrs.json"
"""What a trial was given by `set_user_attr`, in its folder."""


class ObjectiveError(MendableError, ValueError):
    """The function is none, or returned what no objective can be."""


class NoObjectiveError(ObjectiveError):
    """No trial can call the function."""


class TrialOver(BaseException):  # no error: the trial is over, and its function goes on
    """Ends a function that is to go no further; passes through its own `except Exception`."""


@dataclass(slots=True)
class _Life:
    """One trial between its function and the worker. values: as reported. ordered: what ended it, if so."""

    task: TrialTask
    calls: Calls
    suggested: Suggested
    values: list[float] = field(default_factory=list)
    ordered: Decision | None = None
    told: int | None = None
    begun_s: float = field(default_factory=time.monotonic)
    last_s: float = field(default_factory=time.monotonic)

    def ready(self) -> None:
        """Tells what was asked for since the last time, and at first that the trial has begun."""
        is_first, asked = self.told is None, len(self.suggested.places)
        if asked != self.told:
            self.told = asked
            suggested = self.suggested
            self.calls.settled(Settled(self.task.number, suggested.used, suggested.dimensions, suggested.places))
        if is_first:
            self.calls.started((), 0.0)

    def report(self, value: float) -> bool:
        """Raises: TrialOver when the trial leaves its worker now, or was to be stopped before."""
        if self.ordered is not None:
            raise TrialOver
        self.ready()
        now = time.monotonic()
        seconds, self.last_s = now - self.last_s, now
        self.values.append(value)
        decision = self.calls.epoch(EpochReport(len(self.values), {self.task.objective.metric: value}, seconds))
        if decision.order is not Order.GO_ON:
            self.ordered = decision
        if decision.order is Order.PAUSE:
            raise TrialOver
        return decision.order is Order.STOP

    def outcome(self, state: TrialState, cause: Cause, reason: str = "", *, returned: float | None = None) -> Outcome:
        """The trial's end; its objective is what was returned, else the best of what was reported."""
        objective = self.task.objective
        best, epoch = objective.read([{objective.metric: value} for value in self.values])
        if returned is not None:
            best, epoch = returned, _epoch_of(returned, self.values)
        known = epoch > 0 and math.isfinite(best)
        return Outcome(
            state,
            cause,
            reason,
            objective=best if known else None,
            best_epoch=epoch if known else 0,
            epochs=len(self.values),
            seconds=time.monotonic() - self.begun_s,
            metrics={objective.metric: best} if known else {},
        )

    def without_objective(self, cause: Cause, reason: str) -> Outcome:
        """Pruned, so that samplers learn from it."""
        seconds = time.monotonic() - self.begun_s
        return Outcome(TrialState.PRUNED, cause, reason, epochs=len(self.values), seconds=seconds)


def run_objective(task: TrialTask, calls: Calls) -> Outcome | Left:
    """Calls the user's function for one trial. Raises whatever it raises but TrialPruned.

    A trial that was interrupted begins anew: the function has no checkpoint.
    """
    from models.code.building import clear
    from models.training.memory import watched
    from models.training.process import sow_generators

    config = Config.from_json(task.config)
    assert isinstance(config.model, CodeSpec)
    task.folder.mkdir(parents=True, exist_ok=True)
    life = _Life(task, calls, Suggested(config.model.space, draw_of(task.study_seed, task.number)))
    study = OwnStudy.of(task.own_objective, task.objective.direction)
    trial = OwnTrial(task.number, study, life.suggested, life.report)
    try:
        sow_generators(task.study_seed)  # what the module draws when it is loaded is the same in all workers
        function = objective_of(config.model.code)
        sow_generators(task.seed)
        with watched("the objective"):
            return _ended(life, trial, function)
    finally:
        if life.ordered is None or life.ordered.order is not Order.PAUSE:
            life.ready()  # also of a trial that has failed: what it asked for says why
        clear()


def _ended(life: _Life, trial: OwnTrial, function: Callable[[OwnTrial], Any]) -> Outcome | Left:
    try:
        returned = _number(function(trial), life.task)
    except SystemExit as error:
        raise ObjectiveError("the objective ended its process by sys.exit", "return a number in its place") from error
    except TrialOver:
        returned = None
        if life.ordered is not None and life.ordered.order is Order.PAUSE:
            return Left(len(life.values))
    except TrialPruned as error:
        returned = None
        if life.ordered is None:
            _keep_attrs(life.task.folder, trial)
            reason = str(error) or "the objective raised TrialPruned"
            return _with_attrs(life.outcome(TrialState.PRUNED, Cause.PRUNED, reason), trial)
    if life.ordered is None and not life.values and returned is not None:
        life.report(returned)  # a trial has an epoch at least
    _keep_attrs(life.task.folder, trial)
    if returned is not None and not math.isfinite(returned):
        return life.without_objective(Cause.NAN, "the objective is not a number")
    # the coordinator knows what it has ordered, and why
    return _with_attrs(life.outcome(TrialState.COMPLETE, Cause.FINISHED, returned=returned), trial)


def _number(returned: Any, task: TrialTask) -> float:
    """What the function returned, as a number. Raises: ObjectiveError."""
    name = Config.from_json(task.config).model.code  # type: ignore[union-attr]
    if isinstance(returned, Sequence) and not isinstance(returned, str):
        if len(returned) != 1:
            raise ObjectiveError(
                f"`{name}` returned {len(returned)} values, and a function of your own has one objective",
                "return the one number to optimise",
            )
        returned = returned[0]
    try:
        return float(returned)
    except (TypeError, ValueError):
        raise ObjectiveError(f"`{name}` returned {returned!r}", "return the number to optimise") from None


def _epoch_of(value: float, values: Sequence[float]) -> int:
    """The report that `value` was, the last one where it was none."""
    found = (epoch for epoch, told in enumerate(values, start=1) if math.isclose(told, value, rel_tol=1e-9))
    return next(found, len(values))


def _with_attrs(outcome: Outcome, trial: OwnTrial) -> Outcome:
    numbers = {
        key: float(value)
        for key, value in trial.user_attrs.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
    return replace(outcome, metrics={**numbers, **outcome.metrics})


def _keep_attrs(folder: Path, trial: OwnTrial) -> None:
    if trial.user_attrs:
        write_text(folder / USER_ATTRS, json.dumps(trial.user_attrs, indent=2, default=str))


@cache
def objective_of(code: str) -> Callable[[OwnTrial], Any]:
    """The function that `code` names, loaded once a process. Raises: NoObjectiveError, UserCodeError."""
    place, _, name = code.rpartition(":")
    file = load_file(Path(place), wanted=name) if place.endswith(".py") else None
    module = file.module if file is not None else named_module(place, wanted="objective")
    found = getattr(module, name, None)
    if found is None:
        problem, mend = missing(module, file, place=place, name=name)
        raise NoObjectiveError(f"objective.code: {problem}", mend)
    made: Any = _instance(found, name) if isinstance(found, type) else found
    if not callable(made):
        raise NoObjectiveError(
            f"objective.code: `{code}` is of type {type(made).__name__}", "name a function of a `trial`"
        )
    function: Callable[[OwnTrial], Any] = made
    return function


def _instance(found: type, name: str) -> Any:
    required = [
        parameter
        for parameter in inspect.signature(found).parameters.values()
        if parameter.default is parameter.empty and parameter.kind not in OPTIONAL
    ]
    if required:
        raise NoObjectiveError(
            f"objective.code: the class `{name}` needs arguments",
            f"make an instance in the file, `objective = {name}(...)`, and name that",
        )
    return found()

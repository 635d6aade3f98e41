"""One maker a pruner: from checked options to the pruner, guarded. Named by the table in `registry.py`."""

from collections.abc import Mapping
from typing import Any

from models.objective import Direction
from search.ports import Pruner
from search.pruning.asha import AshaPruner
from search.pruning.dominated import DominatedPruner
from search.pruning.extrapolate import ExtrapolatePruner
from search.pruning.guard import Guard
from search.pruning.hyperband import HyperbandPruner
from search.pruning.median import median_pruner
from search.pruning.none import NoPruner
from search.pruning.one_epoch import OneEpochPruner
from search.pruning.patient import PatientPruner
from search.pruning.percentile import PercentilePruner
from search.pruning.schedule import Schedule
from search.pruning.successive_halving import SuccessiveHalvingPruner
from search.pruning.threshold import ThresholdPruner

Options = Mapping[str, Any]


def none(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    return NoPruner()


def median(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    pruner = median_pruner(
        direction,
        startup_trials=options["startup_trials"],
        min_trials=options["min_trials"],
        schedule=_schedule(options),
    )
    return Guard(pruner, max_epochs)


def percentile(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    pruner = PercentilePruner(
        direction,
        percentile=options["percentile"],
        startup_trials=options["startup_trials"],
        min_trials=options["min_trials"],
        schedule=_schedule(options),
    )
    return Guard(pruner, max_epochs)


def successive_halving(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    return Guard(SuccessiveHalvingPruner(direction, **options), max_epochs)


def hyperband(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    rule = HyperbandPruner(
        direction, max_epochs, min_epochs=options["min_epochs"], eta=options["eta"], promotes=options["promote"]
    )
    return Guard(rule, max_epochs, promoter=rule if rule.promotes else None)


def patient(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    """`options["pruner"]` is the wrapped pruner, already made."""
    pruner = PatientPruner(options["pruner"], direction, patience=options["patience"], min_delta=options["min_delta"])
    return Guard(pruner, max_epochs, promoter=options["pruner"])


def threshold(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    return Guard(ThresholdPruner(options["lower"], options["upper"], schedule=_schedule(options)), max_epochs)


def asha(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    rule = AshaPruner(direction, **options)
    return Guard(rule, max_epochs, promoter=rule)


def one_epoch(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    rule = OneEpochPruner(direction, **options)
    return Guard(rule, max_epochs, promoter=rule)


def extrapolate(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    rule = ExtrapolatePruner(
        direction,
        max_epochs,
        least_chance=options["least_chance"],
        startup_trials=options["startup_trials"],
        schedule=_schedule(options),
    )
    return Guard(rule, max_epochs)


def dominated(options: Options, *, direction: Direction, max_epochs: int) -> Pruner:
    rule = DominatedPruner(direction, dominators=options["dominators"], schedule=_schedule(options))
    return Guard(rule, max_epochs)


def _schedule(options: Options) -> Schedule:
    return Schedule(options["warmup_epochs"], options["interval_epochs"])

"""The known pruners, their options with defaults, and how to make one. Imports nothing heavy."""

import importlib
from collections.abc import Mapping
from typing import Any

from models.objective import Direction
from search.ports import Pruner
from spaces.problems import MendableError, did_you_mean

PRUNERS: dict[str, str] = {
    "none": "search.pruning.build:none",
    "median": "search.pruning.build:median",
    "percentile": "search.pruning.build:percentile",
    "successive_halving": "search.pruning.build:successive_halving",
    "hyperband": "search.pruning.build:hyperband",
    "patient": "search.pruning.build:patient",
    "threshold": "search.pruning.build:threshold",
    "asha": "search.pruning.build:asha",
    "one_epoch": "search.pruning.build:one_epoch",
    "extrapolate": "search.pruning.build:extrapolate",
    "dominated": "search.pruning.build:dominated",
}
"""Name -> who makes it."""

_COMPARING: dict[str, Any] = {"startup_trials": 5, "warmup_epochs": 3, "interval_epochs": 1, "min_trials": 1}

OPTIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "median": {**_COMPARING},
    "percentile": {"percentile": 25.0, **_COMPARING},
    "successive_halving": {"min_epochs": 1, "eta": 4, "min_early_stopping_rate": 0},
    "hyperband": {"min_epochs": 1, "eta": 3, "promote": True},
    "patient": {"patience": 5, "min_delta": 0.0, "pruner": "median"},
    "threshold": {"lower": None, "upper": None, "warmup_epochs": 0, "interval_epochs": 1},
    "asha": {"min_epochs": 1, "eta": 4},
    "one_epoch": {"min_epochs": 1, "one_in": 25},
    "extrapolate": {"least_chance": 0.05, "startup_trials": 3, "warmup_epochs": 3, "interval_epochs": 1},
    "dominated": {"dominators": 3, "warmup_epochs": 3, "interval_epochs": 1},
}
"""Pruner -> option -> default. `pruner` of patient is a name, or a mapping with `name` and its options."""

FLAGS = ("promote",)
"""Options that are true or false."""

RANGES: dict[str, tuple[type, float, float]] = {
    "startup_trials": (int, 0, 1_000_000),
    "warmup_epochs": (int, 0, 1_000_000),
    "interval_epochs": (int, 1, 1_000_000),
    "min_trials": (int, 1, 1_000_000),
    "percentile": (float, 0.0, 100.0),
    "min_epochs": (int, 1, 1_000_000),
    "eta": (int, 2, 1_000),
    "min_early_stopping_rate": (int, 0, 100),
    "one_in": (int, 2, 1_000_000),
    "least_chance": (float, 0.0, 0.5),
    "dominators": (int, 1, 1_000_000),
    "patience": (int, 0, 1_000_000),
    "min_delta": (float, 0.0, float("inf")),
    "lower": (float, float("-inf"), float("inf")),
    "upper": (float, float("-inf"), float("inf")),
}
"""Option -> kind, least and greatest value; an option with the same name means the same everywhere."""

DOCS: dict[str, str] = {
    "startup_trials": "no trial is stopped before so many are complete",
    "warmup_epochs": "no trial is stopped during its first epochs",
    "interval_epochs": "epochs from one look at a trial to the next",
    "min_trials": "no trial is stopped while fewer complete ones have a value at its epoch",
    "percentile": "trials within the best so many percent go on",
    "min_epochs": "epochs of the first rung, at which trials are compared",
    "eta": "one trial in eta goes on from a rung, and rungs are a factor of eta apart",
    "min_early_stopping_rate": "rungs left out at the beginning",
    "promote": "trials rest at a rung and go on later if they are good enough by then; false: they are stopped there",
    "one_in": "of so many configurations that were looked at, the best goes on",
    "least_chance": "a trial goes on while it may beat the best one with this probability",
    "dominators": "no trial is stopped while fewer with no more weights are better at its epoch",
    "patience": "epochs without improvement before the wrapped pruner is asked",
    "min_delta": "an improvement by no more than this is none",
    "pruner": "the wrapped pruner: a name, or a mapping with its name and options",
    "lower": "a trial whose objective falls below it is stopped",
    "upper": "a trial whose objective rises above it is stopped",
}
"""Option -> one line for the reference."""


class PrunerError(MendableError, ValueError):
    """An unknown pruner, or an option that it cannot take: what is wrong and how to mend it."""


def make_pruner(name: str, options: Mapping[str, Any], *, direction: Direction, max_epochs: int) -> Pruner:
    """The pruner `name`; `max_epochs` is the epoch at which trials are finished.

    Raises: PrunerError for an unknown name or option, or a value out of range.
    """
    full = check_options(name, options)
    if name == "patient":
        wrapped, its_options = _wrapped(full["pruner"])
        inner = make_pruner(wrapped, its_options, direction=direction, max_epochs=max_epochs)
        full = {**full, "pruner": inner}
    module, attribute = PRUNERS[name].split(":")
    made: Pruner = getattr(importlib.import_module(module), attribute)(full, direction=direction, max_epochs=max_epochs)
    return made


def check_options(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """All options of the pruner `name`: those given, and defaults for the rest. Raises: PrunerError."""
    if name not in PRUNERS:
        raise PrunerError(f"there is no pruner `{name}`", did_you_mean(name, PRUNERS))
    known = OPTIONS[name]
    for option, value in options.items():
        if option not in known:
            mend = did_you_mean(option, known) if known else "it has none"
            raise PrunerError(f"the pruner {name} has no option `{option}`", mend)
        if option == "pruner":
            check_options(*_wrapped(value))
        elif value is not None or known[option] is not None:
            _check_value(option, value)
    full = {**known, **options}
    if name == "threshold":
        _check_bounds(full["lower"], full["upper"])
    return full


def _wrapped(value: object) -> tuple[str, dict[str, Any]]:
    """Name and options of a wrapped pruner. Raises: PrunerError."""
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        name, options = value["name"], {k: v for k, v in value.items() if k != "name"}
    elif isinstance(value, str):
        name, options = value, {}
    else:
        raise PrunerError(f"`pruner` is {value!r}", "give a name, or a mapping with `name` and its options")
    if name == "none":
        raise PrunerError("patient wraps `none`, which never stops a trial", "wrap another pruner")
    return name, options


def _check_value(option: str, value: object) -> None:
    if option in FLAGS:
        if not isinstance(value, bool):
            raise PrunerError(f"{option} is {value!r}", "write true or false")
        return
    kind, low, high = RANGES[option]
    allowed = (int,) if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise PrunerError(f"{option} is {value!r}", f"give a {'whole ' if kind is int else ''}number")
    if not low <= value <= high:
        mend = f"make it at least {low:g}" if value < low else f"make it at most {high:g}"
        raise PrunerError(f"{option} is {value!r}", mend if value == value else "give a number")


def _check_bounds(lower: float | None, upper: float | None) -> None:
    if lower is None and upper is None:
        raise PrunerError("threshold has neither `lower` nor `upper`", "give at least one of them")
    if lower is not None and upper is not None and lower > upper:
        raise PrunerError(f"lower is {lower:g} but upper is {upper:g}", "make lower smaller than upper")

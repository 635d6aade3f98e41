"""The `trial` that an objective written for Optuna is called with in a worker. Knows no coordinator and no framework.

What it takes and returns is that of `optuna.Trial` 5.0 for the same call.
"""

import datetime
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import BaseTrial

from models.code.hyperparameters import ParameterError
from models.code.suggested import Suggested, place_of_caller
from models.objective import Direction
from spaces.domains import Categories, Domain, DomainError, FloatRange, IntRange
from spaces.problems import MendableError, Value

Report = Callable[[float], bool]
"""Tells the value of one report; answers whether the trial is to be pruned."""


class ConstraintError(MendableError):
    """A trial tells of a constraint, of which no sampler here learns."""


@dataclass(frozen=True)
class OwnStudy:
    """What a trial may know of its study."""

    study_name: str
    direction: StudyDirection
    user_attrs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, direction: Direction) -> "OwnStudy":
        is_max = direction is Direction.MAXIMIZE
        return cls(name, StudyDirection.MAXIMIZE if is_max else StudyDirection.MINIMIZE)

    @property
    def directions(self) -> list[StudyDirection]:
        return [self.direction]

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"`trial.study.{name}` is not known in a worker; a trial knows the study's study_name, direction and "
            "user_attrs"
        )


class OwnTrial(BaseTrial):  # type: ignore[misc]
    """One trial. suggested: its parameters. report: what is done with a reported value."""

    def __init__(self, number: int, study: OwnStudy, suggested: Suggested, report: Report) -> None:
        self._number = number
        self._study = study
        self._suggested = suggested
        self._tell = report
        self._begun = datetime.datetime.now()
        self._distributions: dict[str, BaseDistribution] = {}
        self._params: dict[str, Any] = {}
        self._user_attrs: dict[str, Any] = {}
        self._steps: set[int] = set()
        self._is_to_be_pruned = False

    # ------------------------------------------------------------------------------------- parameters
    def suggest_float(self, name: str, low: float, high: float, step: float | None = None, log: bool = False) -> float:
        """A number from `low` to `high`, both included. Raises: ValueError as Optuna does, ParameterError."""
        held = FloatDistribution(low, high, log=log, step=step)
        return float(self._ask(name, held, lambda: _floats(held)))  # type: ignore[arg-type]

    def suggest_int(self, name: str, low: int, high: int, step: int = 1, log: bool = False) -> int:
        """A whole number from `low` to `high`, both included. Raises: as `suggest_float`."""
        held = IntDistribution(low, high, log=log, step=step)
        return int(self._ask(name, held, lambda: _ints(held)))  # type: ignore[arg-type]

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of `choices`, as it is. Raises: as `suggest_float`."""
        listed = tuple(choices)
        with warnings.catch_warnings():
            # tuples and the like are held as their texts
            warnings.simplefilter("ignore", UserWarning)
            held = CategoricalDistribution(listed)
        texts = tuple(_plain(choice) for choice in listed)
        value = self._ask(name, held, lambda: Categories(texts))
        chosen = listed[Categories(texts).index(value)]
        self._params[name] = chosen
        return chosen

    def suggest_uniform(self, name: str, low: float, high: float) -> float:
        """As `suggest_float`."""
        return self.suggest_float(name, low, high)

    def suggest_loguniform(self, name: str, low: float, high: float) -> float:
        """As `suggest_float` with `log`."""
        return self.suggest_float(name, low, high, log=True)

    def suggest_discrete_uniform(self, name: str, low: float, high: float, q: float) -> float:
        """As `suggest_float` with a step."""
        return self.suggest_float(name, low, high, step=q)

    def _ask(self, name: str, held: BaseDistribution, domain_of: Callable[[], Domain]) -> Value:
        place = place_of_caller((__file__,))
        if not isinstance(name, str) or not name.strip() or "`" in name:
            raise ParameterError(f"{place}: {name!r} is no name of a parameter", "give a text without backticks")
        try:
            value = self._suggested.ask(name, domain_of(), place)
        except DomainError as error:
            raise ParameterError(f"{place}: `{name}`: {error.problem}", error.mend) from None
        self._distributions.setdefault(name, held)
        self._params.setdefault(name, value)
        return value

    # ------------------------------------------------------------------------------------- reports
    def report(self, value: float, step: int) -> None:
        """Tells a value on the way. Steps may begin anywhere and leave some out; one that comes again is passed over.

        Raises: TypeError for what is no number, ValueError for a step below 0.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise TypeError(
                f"The `value` argument is of type '{type(value).__name__}' but supposed to be a float."
            ) from None
        try:
            place = int(step)
        except (TypeError, ValueError):
            raise TypeError(
                f"The `step` argument is of type '{type(step).__name__}' but supposed to be an int."
            ) from None
        if place < 0:
            raise ValueError(f"`step={place}` must be a number from 0 on.")
        if place in self._steps:
            warnings.warn(f"The value of step {place} was reported before, and is passed over.", stacklevel=2)
            return
        self._steps.add(place)
        self._is_to_be_pruned = self._tell(number)

    def should_prune(self) -> bool:
        """Whether the study's pruner has said so of the last report."""
        return self._is_to_be_pruned

    # ------------------------------------------------------------------------------------- what it knows
    def set_user_attr(self, key: str, value: Any) -> None:
        """Keeps something with the trial: numbers are shown with it, everything is in its `user_attrs.json`."""
        self._user_attrs[key] = value

    def set_constraint(self, key: str, value: float) -> None:
        """Raises: ConstraintError; no sampler here learns from constraints."""
        raise ConstraintError(
            f"{place_of_caller((__file__,))}: constraints are not heeded here",
            "raise optuna.TrialPruned for a configuration that breaks one",
        )

    @property
    def constraints(self) -> dict[str, float]:
        return {}

    @property
    def number(self) -> int:
        return self._number

    @property
    def study(self) -> OwnStudy:
        return self._study

    @property
    def params(self) -> dict[str, Any]:
        return dict(self._params)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return dict(self._distributions)

    @property
    def user_attrs(self) -> dict[str, Any]:
        return dict(self._user_attrs)

    @property
    def system_attrs(self) -> dict[str, Any]:
        return {}

    @property
    def datetime_start(self) -> datetime.datetime:
        return self._begun


def _floats(held: FloatDistribution) -> Domain:
    if held.single():
        return FloatRange(held.low, held.low)
    return FloatRange(held.low, held.high, log=held.log, step=held.step)


def _ints(held: IntDistribution) -> Domain:
    if held.single():
        return IntRange(held.low, held.low)
    return IntRange(held.low, held.high, log=held.log, step=held.step)


def _plain(choice: Any) -> Value:
    """A choice as a study holds it: anything but a plain value by its text."""
    plain = choice.item() if hasattr(choice, "item") and hasattr(choice, "dtype") else choice
    return plain if plain is None or isinstance(plain, bool | int | float | str) else repr(plain)

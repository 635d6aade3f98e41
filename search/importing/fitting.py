"""Trials of an earlier search as configurations of a space: names changed, values read, and why others are left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from search.importing.source import SourceTrial
from search.tables import cell
from spaces.domains import Categories, Domain, DomainError
from spaces.intervals import outside
from spaces.problems import Value
from spaces.space import Dimension, Space
from spaces.values import same, spell
from spaces.walker import Params, written_out

_NOTHING = ("none", "null", "")


@dataclass(frozen=True, slots=True)
class Names:
    """How the names of the earlier search become those of the space.

    dropped: names that are not looked at. given: values of parameters of the space that did not vary there, as texts.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)

    def of(self, params: Mapping[str, Value]) -> dict[str, Value]:
        kept = {self.renamed.get(name, name): value for name, value in params.items() if name not in self.dropped}
        return {**self.given, **kept}


@dataclass(slots=True)
class Fitted:
    """The trials that fit, each with its configuration. left_out: reason -> number of trials, with one example each.

    passed_over: parameters that the space does not have and that were the same in all trials.
    """

    trials: list[tuple[SourceTrial, Params]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()

    def leave_out(self, reason: str, example: str = "") -> None:
        self.left_out[reason] += 1
        self.examples.setdefault(reason, example)


class _UnfitError(Exception):
    """A trial is none of the space: the reason that it shares with others, and an example."""

    def __init__(self, reason: str, example: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.example = example


def fit(trials: Sequence[SourceTrial], space: Space, names: Names, fixed: Mapping[str, Any]) -> Fitted:
    """The trials as configurations of `space`.

    fixed: values that did not vary in the earlier search; they stand for parameters that a trial does not name.
    """
    known = written_out(space.fixed)
    common = {name: value for name, value in _common(fixed) if name in space.names}
    written = [names.of({**common, **trial.params}) for trial in trials]
    foreign = {name for params in written for name in params if name not in space.names and name not in known}
    passed_over = {name for name in foreign if _is_constant(name, written)}
    fitted = Fitted(passed_over=tuple(sorted(passed_over)))
    for trial, params in zip(trials, written, strict=True):
        try:
            configuration = _configuration(params, space, foreign - passed_over)
            _refuse_foreign(params, foreign - passed_over)
            _refuse_other_fixed(params, known)
            fitted.trials.append((trial, configuration))
        except _UnfitError as unfit:
            fitted.leave_out(unfit.reason, unfit.example)
    return fitted


def _common(fixed: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Fixed values by name, also those of single layers; a value that all layers had stands for all."""
    for name, value in written_out(fixed).items():
        if not isinstance(value, tuple):
            yield name, value
        elif value and all(same(item, value[0]) for item in value):
            yield name, value[0]


def _is_constant(name: str, written: Sequence[Mapping[str, Value]]) -> bool:
    values = [params[name] for params in written if name in params]
    return all(same(value, values[0]) for value in values)


def _refuse_foreign(params: Mapping[str, Value], foreign: set[str]) -> None:
    """Raises: _UnfitError for a parameter that the space does not have."""
    for name in params:
        if name in foreign:
            raise _UnfitError(f"`{name}` is no parameter here; --rename {name}=NAME, or --without {name}")


def _refuse_other_fixed(params: Mapping[str, Value], known: Mapping[str, Any]) -> None:
    """Raises: _UnfitError for a parameter that the space fixes at another value."""
    for name, value in params.items():
        if name in known and not _matches(value, known[name]):
            raise _UnfitError(f"`{name}` is fixed at {spell(known[name])} here", cell(value))


def _matches(value: Value, fixed: Any) -> bool:
    wanted = fixed if isinstance(fixed, tuple) else (fixed,)
    return all(_is_meant(one, value) for one in wanted)


def _configuration(params: Mapping[str, Value], space: Space, foreign: set[str]) -> Params:
    """The active parameters; what does not apply is dropped. Raises: _UnfitError.

    foreign: names that may be the other names of those that have no value.
    """

    def choose(dimension: Dimension) -> Value:
        name = dimension.name
        if name not in params:
            _refuse_foreign(params, foreign)
            raise _UnfitError(f"`{name}` has no value; give the one that all had, with --with {name}=VALUE")
        try:
            return meant(params[name], dimension.domain)
        except DomainError:
            raise _UnfitError(f"`{name}` is outside {dimension.domain}", cell(params[name])) from None

    return space.walk(choose)


def meant(value: Value, domain: Domain) -> Value:
    """The value of `domain` that `value` stands for: itself, or a text that spells it. Raises: DomainError."""
    if domain.contains(value):
        return domain.snap(value)
    if isinstance(domain, Categories):
        for choice in domain.choices:
            if _is_meant(choice, value):
                return choice
        raise outside(value, domain)
    number = _number(value)
    if number is None:
        raise outside(value, domain)
    return domain.snap(number)


def _is_meant(choice: Value, value: Value) -> bool:
    """Whether `value`, as another tool keeps it, is `choice`."""
    if same(choice, value):
        return True
    if choice is None or choice == "none":
        return value is None or (isinstance(value, str) and value.lower() in _NOTHING)
    if isinstance(choice, bool):
        return isinstance(value, str) and value.lower() == spell(choice)
    if isinstance(choice, str) or not isinstance(value, str):
        return False
    return _number(value) == choice


def _number(value: Value) -> int | float | None:
    if not isinstance(value, str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number

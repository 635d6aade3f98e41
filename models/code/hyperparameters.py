"""`hp`, as a program written for KerasTuner knows it: gives each parameter its value, and keeps what was asked for.

Source: `keras_tuner.HyperParameters` 1.4; a program that only uses `hp` needs no KerasTuner. Knows no framework.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.code.asked import Asked, choice_domain, dimensions_of, float_domain, int_domain, nearest
from spaces.dimensions import Dimension
from spaces.domains import Categories, Domain, DomainError
from spaces.problems import MendableError, Value
from spaces.values import spell

Draw = Callable[[Asked], Value]
"""The value of a parameter for which none is given."""

_HIDDEN = ("contextlib.py", __file__)
"""Frames that are not the caller's."""


class ParameterError(MendableError, ValueError):
    """A program asks for a parameter that cannot be; the message names the place."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a study knows of a parameter before a trial asks for it: its values, and where it was first asked for."""

    domain: Domain
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Scope:
    """One `conditional_scope`: a parent's full name and the values that open it."""

    parent: str
    values: tuple[Value, ...]


class HyperParameters:
    """One trial's parameters by name.

    given: values that are decided already. draw: what decides the others; their defaults if left out.
    known: what the study knows of each; asking for a known one with other values is an error.
    written: names whose values the study file states: what the program says of them is not looked at.
    """

    def __init__(
        self,
        given: Mapping[str, Value] | None = None,
        draw: Draw | None = None,
        *,
        known: Mapping[str, Known] | None = None,
        written: Sequence[str] = (),
    ) -> None:
        self._given = dict(given or {})
        self._draw = draw or (lambda asked: asked.default)
        self._known = dict(known or {})
        self._written = frozenset(written)
        self._asked: dict[str, Asked] = {}
        self._names: list[str] = []
        self._scopes: list[_Scope] = []
        self.values: dict[str, Value] = {}

    # ------------------------------------------------------------------------------------- what a program asks
    def Int(  # noqa: N802  # KerasTuner's name
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = "linear",
        default: int | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A whole number from `min_value` to `max_value`, both included; None where it is inactive."""
        with self._under(parent_name, parent_values):
            return self._ask(name, lambda: int_domain(min_value, max_value, step, sampling), default, min_value)

    def Float(  # noqa: N802
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = "linear",
        default: float | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A number from `min_value` to `max_value`; None where it is inactive."""
        with self._under(parent_name, parent_values):
            return self._ask(name, lambda: float_domain(min_value, max_value, step, sampling), default, min_value)

    def Choice(  # noqa: N802
        self,
        name: str,
        values: Sequence[Any],
        ordered: bool | None = None,
        default: Any = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """One of `values`; None where it is inactive."""
        with self._under(parent_name, parent_values):
            return self._ask(name, lambda: choice_domain(values, ordered), default, values[0] if len(values) else None)

    def Boolean(  # noqa: N802
        self, name: str, default: bool = False, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """True or False; None where it is inactive."""
        with self._under(parent_name, parent_values):
            return self._ask(name, lambda: Categories((False, True)), default or None, False)

    def Fixed(  # noqa: N802
        self, name: str, value: Any, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """`value`, under a name; None where it is inactive."""
        with self._under(parent_name, parent_values):
            return self._ask(name, lambda: Categories((value,)), None, value)

    @contextmanager
    def name_scope(self, name: str) -> Iterator[None]:
        """Puts `name/` before the names that are asked for inside the block."""
        self._names.append(str(name))
        try:
            yield
        finally:
            self._names.pop()

    @contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:
        """What is asked for inside the block is active only where the parent has one of these values."""
        parent = self._full(parent_name)
        if parent not in self._asked:
            raise ParameterError(
                f"{_place()}: the scope names the parent `{parent}`, which was not asked for before",
                "ask for it first",
            )
        listed = parent_values if isinstance(parent_values, list | tuple | set | frozenset) else [parent_values]
        self._scopes.append(_Scope(parent, tuple(listed)))
        try:
            yield
        finally:
            self._scopes.pop()

    def get(self, name: str) -> Any:
        """The value of an active parameter. Raises: KeyError for an unknown one, ValueError for an inactive one."""
        full = self._full(name)
        if full in self.values:
            return self.values[full]
        if full in self._asked:
            raise ValueError(f"{full} is currently inactive.")
        if full in self._given:
            return self._given[full]
        raise KeyError(f"{full} does not exist.")

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        try:
            self.get(name)
        except (KeyError, ValueError):
            return False
        return True

    def is_active(self, hyperparameter: Any) -> bool:
        """Whether the parameter of that name has a value."""
        return str(getattr(hyperparameter, "name", hyperparameter)) in self.values

    @property
    def space(self) -> list[Asked]:
        """Everything that was asked for, in that order, inactive parameters included."""
        return list(self._asked.values())

    def copy(self) -> "HyperParameters":
        """An object with the same values, in which new parameters are not kept: `HyperModel(tunable=False)`."""
        given = {**self._given, **self.values}
        return HyperParameters(given, self._draw, known=self._known, written=tuple(self._written))

    # ------------------------------------------------------------------------------------- what a study reads
    @property
    def used(self) -> dict[str, Value]:
        """The active parameters that vary, in the order in which they were asked for."""
        return {name: value for name, value in self.values.items() if self._asked[name].varies}

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What was asked for and varies, inactive parameters included; those of the study file are not."""
        return dimensions_of({name: asked for name, asked in self._asked.items() if name not in self._written})

    def is_written(self, name: str) -> bool:
        """Whether the study file states the values of that parameter."""
        return name in self._written

    @property
    def places(self) -> dict[str, str]:
        """Where each of them was first asked for."""
        return {name: asked.place for name, asked in self._asked.items()}

    # ------------------------------------------------------------------------------------- inside
    def _ask(self, name: str, domain_of: Callable[[], Domain], default: Any, otherwise: Any) -> Any:
        full, place = self._full(name), _place()
        try:
            domain = domain_of()
            guess = nearest(otherwise if default is None else default, domain)
        except DomainError as error:
            raise ParameterError(f"{place}: `{full}`: {error.problem}", error.mend) from None
        if any(scope.parent == full for scope in self._scopes):
            raise ParameterError(f"{place}: `{full}` is its own parent", "give it another name")
        asked = self._asked.get(full)
        if asked is None:
            asked = self._asked[full] = Asked(full, domain, guess, place, stated=default is not None)
            self._refuse_other(asked, domain, place, self._known.get(full))
        else:
            self._refuse_other(asked, domain, place, Known(asked.domain, asked.place))
        when = self._when()
        if when not in asked.whens:
            asked.whens.append(when)
        if not all(self._holds(scope) for scope in self._scopes):
            return None
        if full not in self.values:
            self.values[full] = self._decided(asked)
        return self.values[full]

    def _decided(self, asked: Asked) -> Value:
        if not asked.varies:
            return asked.default
        if asked.name in self._given:
            value = self._given[asked.name]
            return value if asked.name in self._written else asked.domain.snap(value)
        return asked.domain.snap(self._draw(asked))

    def _refuse_other(self, asked: Asked, domain: Domain, place: str, known: Known | None) -> None:
        """Raises: ParameterError for a name that is known with other values."""
        if known is None or known.domain == domain or asked.name in self._written:
            return
        before = f" at {known.place}" if known.place else " before"
        raise ParameterError(
            f"{place}: `{asked.name}` is {domain} here and {known.domain}{before}",
            "give each range a name of its own",
        )

    def _full(self, name: str) -> str:
        return "/".join([*self._names, str(name)])

    def _holds(self, scope: _Scope) -> bool:
        value = self.values.get(scope.parent)
        return scope.parent in self.values and any(value == wanted for wanted in scope.values)

    def _when(self) -> str | None:
        """The condition of what is asked for now; parents that do not vary are decided already."""
        terms = []
        for scope in self._scopes:
            parent = self._asked[scope.parent]
            if not parent.varies:
                continue
            listed = [w for w in scope.values if parent.domain.contains(w)] or list(scope.values)
            terms.append(f"`{scope.parent}` in [{', '.join(map(_literal, listed))}]")
        return " and ".join(dict.fromkeys(terms)) or None

    def _under(self, parent_name: str | None, parent_values: Any) -> Any:
        return self.conditional_scope(parent_name, parent_values) if parent_name else nullcontext()


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    return repr(value) if isinstance(value, float) else spell(value)


def _place() -> str:
    """File and line of the program's own call."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.endswith(_HIDDEN):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"

"""Reads `{int: [1, 4]}`, `{float: [0, 0.5], step: 0.1}`, `{choice: [a, b]}` with their options for one knob.

Knows neither the other knobs nor where in a file it stands.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.spec.beliefs import read_prior
from models.spec.entries import is_number, is_whole
from models.spec.faults import Fault, RefusedError, refused, shown, unknown_key
from models.spec.varied import Varied
from spaces.domains import Categories, Domain, DomainError, FloatRange, IntRange
from spaces.problems import Value

KINDS = ("int", "float", "choice")
OPTIONS = {
    "int": ("log", "step", "when", "per", "default", "prior"),
    "float": ("log", "step", "when", "per", "default", "prior"),
    "choice": ("ordered", "when", "per", "default", "prior"),
}
MAX_CHOICES = 1000
MAX_STEPS = 1e9

Read = Callable[[Any], Value]
"""How the knob reads one literal value; raises RefusedError."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads spaces for one knob: how it reads a value, the kinds of space it takes, what it is counted by."""

    literal: Read
    kinds: tuple[str, ...]
    per: str | None

    def read(self, written: Mapping[str, Any]) -> Varied:
        """The space that `written` spells. Raises RefusedError with every fault."""
        kind = self._kind(written)
        faults = [unknown_key(key, (kind, *OPTIONS[kind])) for key in written if key not in (kind, *OPTIONS[kind])]
        faults = [_misplaced(fault, kind) for fault in faults]
        domain: Domain | None = None
        options: dict[str, Any] = {}
        try:
            domain = self._choice(written) if kind == "choice" else self._range(written, kind)
        except RefusedError as error:
            faults += error.faults
        for name, read in (("when", _when), ("per", self._per)):
            try:
                options[name] = read(written[name]) if name in written else None
            except RefusedError as error:
                faults += error.faults
        if domain is not None and "default" in written:
            try:
                options["default"] = self._default(written["default"], domain)
            except RefusedError as error:
                faults += error.faults
        if domain is not None and "prior" in written:
            try:
                options["prior"] = read_prior(written["prior"], domain, self.literal)
            except RefusedError as error:
                faults += error.faults
        if faults or domain is None:
            raise RefusedError(faults)
        return Varied(domain, has_default="default" in written, **options)

    def _kind(self, written: Mapping[str, Any]) -> str:
        kinds = [kind for kind in KINDS if kind in written]
        known = " or ".join(f"`{kind}: [...]`" for kind in self.kinds)
        if not kinds:
            near = [unknown_key(key, (*self.kinds, *OPTIONS["int"], "ordered")) for key in written]
            problem = f"{shown(written)} is neither a value nor a space"
            raise RefusedError([Fault((), problem, f"write a value, or a space with {known}"), *near][-1:])
        if len(kinds) > 1:
            raise refused(f"both `{kinds[0]}` and `{kinds[1]}` are given", "keep one of them", kinds[1])
        if kinds[0] not in self.kinds:
            raise refused(f"this knob takes no `{kinds[0]}` space", f"write {known}", kinds[0])
        return kinds[0]

    def _per(self, value: Any) -> str:
        if self.per is None:
            raise refused("this knob has one value for the whole model", "leave `per` out", "per")
        if value != self.per:
            raise refused(f"{shown(value)} does not count the values of this knob", f"write `per: {self.per}`", "per")
        return self.per

    def _default(self, value: Any, domain: Domain) -> Value:
        try:
            default = self.literal(value)
        except RefusedError as error:
            raise RefusedError(fault.under("default") for fault in error.faults) from None
        if not domain.contains(default):
            raise refused(f"{shown(default)} is outside {domain}", "choose a default that the space holds", "default")
        return domain.snap(default)

    def _choice(self, written: Mapping[str, Any]) -> Domain:
        items, ordered = written["choice"], written.get("ordered", False)
        if not isinstance(items, list | tuple):
            raise refused(f"{shown(items)} is not a list", "write `choice: [a, b]`", "choice")
        faults: list[Fault] = []
        choices: list[Value] = []
        for i, item in enumerate(items):
            try:
                value = self.literal(item)
            except RefusedError as error:
                faults += [fault.under("choice", i) for fault in error.faults]
                continue
            if any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in choices):
                faults.append(Fault(("choice", i), f"{shown(value)} stands twice in the choice", "leave one out"))
            choices.append(value)
        if not isinstance(ordered, bool):
            faults.append(Fault(("ordered",), f"{shown(ordered)} is neither true nor false", "write true or false"))
        faults += _wrong_count(items)
        if faults:
            raise RefusedError(faults)
        return Categories(tuple(choices), ordered=ordered)

    def _range(self, written: Mapping[str, Any], kind: str) -> Domain:
        low, high = self._ends(written[kind], kind)
        log, step = written.get("log", False), written.get("step")
        faults: list[Fault] = []
        if not isinstance(log, bool):
            faults.append(Fault(("log",), f"{shown(log)} is neither true nor false", "write `log: true`"))
        elif log and low <= 0:
            faults.append(
                Fault(
                    ("log",),
                    f"a log scale needs numbers above zero, but low is {low}",
                    "raise low, or leave `log` out",
                )
            )
        if step is not None:
            faults += _wrong_step(step, kind=kind, low=low, high=high, log=log is True)
        if faults:
            raise RefusedError(faults)
        try:
            if kind == "int":
                return IntRange(int(low), int(high), log=log, step=1 if step is None else step)
            return FloatRange(float(low), float(high), log=log, step=None if step is None else float(step))
        except DomainError as error:
            raise refused(error.problem, error.mend, kind) from None

    def _ends(self, ends: Any, kind: str) -> tuple[float, float]:
        if not isinstance(ends, list | tuple) or len(ends) != 2:
            raise refused(f"{shown(ends)} is not a pair of numbers", f"write `{kind}: [low, high]`", kind)
        faults: list[Fault] = []
        for i, end in enumerate(ends):
            if kind == "int" and not is_whole(end):
                faults.append(Fault((kind, i), f"{shown(end)} is not a whole number", "write a whole number"))
            elif not is_number(end):
                faults.append(Fault((kind, i), f"{shown(end)} is not a number", "write a number"))
            else:
                try:
                    self.literal(end)
                except RefusedError as error:
                    faults += [fault.under(kind, i) for fault in error.faults]
        low, high = ends
        if not faults and low > high:
            faults.append(Fault((kind,), f"low is {low} but high is {high}", "make low smaller than high"))
        if not faults and low == high:
            faults.append(Fault((kind,), f"the range holds the one value {low}", f"write {low} in place of the space"))
        if faults:
            raise RefusedError(faults)
        return low, high


def _misplaced(fault: Fault, kind: str) -> Fault:
    """A key of another kind of space gets a sentence of its own."""
    name = str(fault.below[-1])
    if name not in ("log", "step", "ordered"):
        return fault
    return Fault(fault.below, f"`{name}` has no meaning for `{kind}`", "leave it out", on_key=True)


def _when(value: Any) -> str:
    """The condition as an expression; `{optimizer: [sgd, rmsprop]}` becomes `optimizer in [sgd, rmsprop]`."""
    if isinstance(value, str) and value.strip():
        return value
    if not isinstance(value, Mapping) or not value:
        raise refused(
            f"{shown(value)} is not a condition",
            "write an expression such as `optimizer == sgd`, or a mapping such as {optimizer: [sgd, adam]}",
            "when",
        )
    parts = []
    for name, wanted in value.items():
        items = wanted if isinstance(wanted, list | tuple) else [wanted]
        if not items or any(isinstance(item, list | tuple | Mapping) for item in items):
            raise refused(
                f"{shown(wanted)} is not a value or a list of values", "write the values wanted", "when", name
            )
        spelled = [_literal(item) for item in items]
        parts.append(f"{name} == {spelled[0]}" if len(spelled) == 1 else f"{name} in [{', '.join(spelled)}]")
    return " and ".join(parts)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "") + "'"
    return "none" if value is None else shown(value)


def _wrong_count(items: Any) -> list[Fault]:
    if len(items) == 0:
        return [Fault(("choice",), "the choice is empty", "name at least two values, or write one value instead")]
    if len(items) == 1:
        return [
            Fault(
                ("choice",),
                f"the choice holds the one value {shown(items[0])}",
                "write it in place of the space",
            )
        ]
    if len(items) > MAX_CHOICES:
        return [Fault(("choice",), f"{len(items)} values are too many", f"name at most {MAX_CHOICES}")]
    return []


def _wrong_step(step: Any, *, kind: str, low: float, high: float, log: bool) -> list[Fault]:
    at = ("step",)
    if not (is_whole(step) if kind == "int" else is_number(step)) or step <= 0:
        wanted = "a whole number above zero" if kind == "int" else "a number above zero"
        return [Fault(at, f"{shown(step)} is not {wanted}", f"write {wanted}")]
    if log:
        return [Fault(at, "a range has either `log` or `step`", "leave one of them out")]
    steps = (high - low) / step + 1e-9
    if steps > MAX_STEPS:
        return [Fault(at, f"a step of {step} gives too many values", "make the step larger, or leave it out")]
    count = math.floor(steps)
    if count < 1:
        return [Fault(at, f"one step of {step} from {low} is already past {high}", "make the step smaller")]
    last = round(low + count * step, 12)
    if abs(last - high) > 1e-9 * max(abs(high), step):
        mend = f"make high {last:g} or {round(last + step, 12):g}, or change the step"
        return [Fault(at, f"steps of {step} from {low} do not reach {high}", mend)]
    return []

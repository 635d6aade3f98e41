"""Knobs: keys of `data`, `model` and `training` that take a value or, in the same place, a space for it.

A knob stands in an annotation: `layers: Annotated[int, IntKnob("hidden layers", low=1, high=64)] = 2`. Where
every knob holds a value, the spec is a configuration and its annotations are true; where one is a `Varied`,
it spans a space. A knob says what it takes by itself, when it applies, and which space it has by default.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.spec.beliefs import WEIGHT, near_schema
from models.spec.entries import Entry, is_number, is_whole
from models.spec.faults import Fault, RefusedError, refused, shown
from models.spec.space_reader import Reader
from models.spec.varied import Varied
from spaces.problems import Value, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Knob(Entry):
    """One knob.

    applies: when it has an effect, as an expression over knobs; None for always.
    space: what `others: vary` writes for it, in the study file's words; None to keep its default value.
    per: the knob that counts its values, if it may have one for each; its value is then always a tuple.
    """

    doc: str = field(kw_only=False)
    applies: str | None = None
    space: Mapping[str, Any] | None = None
    per: str | None = None

    @property
    @abstractmethod
    def kinds(self) -> tuple[str, ...]:
        """The kinds of space that fit, of int, float, choice."""

    @abstractmethod
    def literal(self, value: Any) -> Value:
        """One value of the knob. Raises RefusedError."""

    @abstractmethod
    def literal_schema(self) -> dict[str, Any]:
        """JSON Schema of one value of the knob."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        if isinstance(value, Varied):
            return value
        if isinstance(value, Mapping):
            return Reader(self.literal, self.kinds, self.per).read(value)
        if self.per is None:
            return self.literal(value)
        return self._one_each(value, earlier.get(self.per))

    def _one_each(self, value: Any, count: Any) -> tuple[Value, ...]:
        """The tuple of a knob that is counted by another; one value stands for as many as are needed.

        While the counting knob varies, the tuple has length 1.
        """
        if not isinstance(value, list | tuple):
            values: tuple[Value, ...] = (self.literal(value),)
            return values * int(count) if is_whole(count) else values
        values = tuple(self._items(value))
        if is_whole(count) and isinstance(value, tuple) and len(values) == 1:
            return values * int(count)
        if is_whole(count) and len(values) != count:
            raise refused(
                f"{len(values)} values are listed, but {self.per} is {count}",
                f"list {count} values, or write one value for all",
            )
        if isinstance(count, Varied) and len(values) != 1:
            raise refused(
                f"{len(values)} values are listed, but {self.per} varies",
                f"write one value, or a space with `per: {self.per}`",
            )
        return values

    def _items(self, value: Any) -> list[Value]:
        faults: list[Fault] = []
        read: list[Value] = []
        for i, item in enumerate(value):
            try:
                read.append(self.literal(item))
            except RefusedError as error:
                faults += [fault.under(i) for fault in error.faults]
        if faults:
            raise RefusedError(faults)
        return read

    def plain(self, value: Any) -> Any:
        if isinstance(value, Varied):
            return value.written()
        return list(value) if isinstance(value, tuple) else value

    def schema(self) -> dict[str, Any]:
        one = self.literal_schema()
        forms = [one, *(self._space_schema(kind, one) for kind in self.kinds)]
        if self.per is not None:
            forms.insert(1, {"type": "array", "items": one, "minItems": 1})
        notes = {"x-applies-when": self.applies, "x-default-space": self.space, "x-per": self.per}
        return {"anyOf": forms, **{key: note for key, note in notes.items() if note is not None}}

    def _space_schema(self, kind: str, one: dict[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = {"when": {"$ref": "#/$defs/condition"}, "default": one}
        if kind == "choice":
            properties["choice"] = {"type": "array", "items": one, "minItems": 2, "uniqueItems": True}
            properties["ordered"] = {"type": "boolean"}
            properties["prior"] = {
                "anyOf": [one, {"type": "object", "minProperties": 1, "additionalProperties": WEIGHT}]
            }
        else:
            properties["prior"] = {"anyOf": [one, near_schema(one)]}
            end = {"allOf": [one, {"type": "integer"}]} if kind == "int" else one
            properties[kind] = {"type": "array", "items": end, "minItems": 2, "maxItems": 2}
            properties["log"] = {"type": "boolean"}
            properties["step"] = {"type": "integer" if kind == "int" else "number", "exclusiveMinimum": 0}
        if self.per is not None:
            properties["per"] = {"const": self.per}
        return {"type": "object", "properties": properties, "required": [kind], "additionalProperties": False}


@dataclass(frozen=True, kw_only=True)
class IntKnob(Knob):
    """A whole number from `low` to `high`."""

    low: int
    high: int

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("int", "choice")

    def literal(self, value: Any) -> Value:
        wanted = f"write a whole number from {self.low} to {self.high}"
        if not is_whole(value):
            raise refused(f"{shown(value)} is not a whole number", wanted)
        if not self.low <= value <= self.high:
            raise refused(f"{value} is out of range", wanted)
        return int(value)

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, kw_only=True)
class FloatKnob(Knob):
    """A finite number from `low` to `high`, where `open_low` and `open_high` leave the ends out."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("float", "int", "choice")

    def literal(self, value: Any) -> Value:
        wanted = f"write a number from {self._interval()}"
        if not is_number(value):
            raise refused(f"{shown(value)} is not a number", wanted)
        too_low = value <= self.low if self.open_low else value < self.low
        too_high = value >= self.high if self.open_high else value > self.high
        if too_low or too_high:
            raise refused(f"{value} is out of range", wanted)
        return float(value)

    def _interval(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"{self.low:g}"
        return f"{low} to below {self.high:g}" if self.open_high else f"{low} to {self.high:g}"

    def literal_schema(self) -> dict[str, Any]:
        low = {"exclusiveMinimum" if self.open_low else "minimum": self.low}
        return {"type": "number", **low, "exclusiveMaximum" if self.open_high else "maximum": self.high}


@dataclass(frozen=True, kw_only=True)
class ChoiceKnob(Knob):
    """One of a few names or numbers; `none` may also be written as YAML's null where it is one of them."""

    choices: tuple[str | int, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("choice",)

    def literal(self, value: Any) -> Value:
        if value is None and "none" in self.choices:
            return "none"
        for choice in self.choices:
            if type(value) is type(choice) and value == choice:
                return choice
        known = [str(choice) for choice in self.choices]
        mend = did_you_mean(str(value), known) if isinstance(value, str) else f"known are {', '.join(known)}"
        raise refused(f"{shown(value)} is not one of them", mend)

    def literal_schema(self) -> dict[str, Any]:
        return {"enum": [*self.choices, *([None] if "none" in self.choices else [])]}


@dataclass(frozen=True, kw_only=True)
class BoolKnob(Knob):
    """true or false."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("choice",)

    def literal(self, value: Any) -> Value:
        if not isinstance(value, bool):
            raise refused(f"{shown(value)} is neither true nor false", "write true or false")
        return value

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

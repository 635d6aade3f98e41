"""What stands behind one key of a study file that never varies: how it is read, refused and described.

An entry is written as an annotation, `size: Annotated[int, Whole("how many", low=1)] = 8`, so that every
message is ours. `read` is also given the fields that were read before it.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import core_schema
from pydantic_core.core_schema import ValidationInfo

from models.spec.faults import Fault, RefusedError, refused, shown
from spaces.problems import did_you_mean


class Spec(BaseModel):
    """A mapping of a study file: frozen, with no unknown keys; defaults are read like written values."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, hide_input_in_errors=True
    )


@dataclass(frozen=True)
class Entry(ABC):
    """One key: `doc` is its line in the reference."""

    doc: str

    @abstractmethod
    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        """The value to keep. Raises RefusedError with every fault."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON Schema of what may be written."""

    def plain(self, value: Any) -> Any:
        """A kept value as JSON has it; reading that again gives the same value."""
        return value

    def _validate(self, value: Any, info: ValidationInfo) -> Any:
        try:
            return self.read(value, info.data or {})
        except RefusedError as error:
            raise error.as_pydantic() from None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate, serialization=core_schema.plain_serializer_function_ser_schema(self.plain)
        )


@dataclass(frozen=True)
class OrNone(Entry):
    """An entry that may be `none` in the file; kept as None."""

    none: bool = False

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        if self.none and (value is None or value == "none"):
            return None
        return self.read_given(value, earlier)

    @abstractmethod
    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        """The value to keep, when it is not none. Raises RefusedError."""

    def schema(self) -> dict[str, Any]:
        given = self.schema_given()
        return {"anyOf": [given, {"enum": ["none", None]}]} if self.none else given

    @abstractmethod
    def schema_given(self) -> dict[str, Any]:
        """JSON Schema of what may be written besides none."""


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def between(low: float | None, high: float | None) -> str:
    """`from 1 to 10`, `of at least 1`, or nothing, for messages."""
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return f" of at most {high}" if high is not None else ""


@dataclass(frozen=True)
class Whole(OrNone):
    """A whole number."""

    low: int | None = None
    high: int | None = None

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> int:
        wanted = f"write a whole number{between(self.low, self.high)}{' or none' if self.none else ''}"
        if not is_whole(value):
            raise refused(f"{shown(value)} is not a whole number", wanted)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise refused(f"{value} is out of range", wanted)
        return int(value)

    def schema_given(self) -> dict[str, Any]:
        limits = {"minimum": self.low, "maximum": self.high}
        return {"type": "integer", **{key: bound for key, bound in limits.items() if bound is not None}}


@dataclass(frozen=True)
class Real(OrNone):
    """A finite number; `above` is an open lower end, `below` an open upper one."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> float:
        if not is_number(value):
            raise refused(f"{shown(value)} is not a number", self._wanted())
        if (
            (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        ):
            raise refused(f"{value} is out of range", self._wanted())
        return float(value)

    def _wanted(self) -> str:
        ends = [
            f"{word} {end}"
            for word, end in (
                ("at least", self.low),
                ("more than", self.above),
                ("at most", self.high),
                ("less than", self.below),
            )
            if end is not None
        ]
        wanted = "write a number" + (f" that is {' and '.join(ends)}" if ends else "")
        return wanted + (" or none" if self.none else "")

    def schema_given(self) -> dict[str, Any]:
        limits = {
            "minimum": self.low,
            "maximum": self.high,
            "exclusiveMinimum": self.above,
            "exclusiveMaximum": self.below,
        }
        return {"type": "number", **{key: bound for key, bound in limits.items() if bound is not None}}


@dataclass(frozen=True)
class Flag(OrNone):
    """true or false."""

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> bool:
        if not isinstance(value, bool):
            raise refused(f"{shown(value)} is neither true nor false", "write true or false")
        return value

    def schema_given(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Text(OrNone):
    """A string that is not empty; `pattern` with `hint`, which says it in words, restrict it."""

    pattern: str = ""
    hint: str = "write a text in quotes"

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> str:
        if not isinstance(value, str):
            raise refused(f"{shown(value)} is not a text", self.hint)
        if not value.strip():
            raise refused("the text is empty", self.hint)
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise refused(f"`{shown(value)}` is not allowed", self.hint)
        return value

    def schema_given(self) -> dict[str, Any]:
        return {
            "type": "string",
            **({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {"minLength": 1}),
        }


@dataclass(frozen=True)
class OneOf(OrNone):
    """One of a few names."""

    names: tuple[str, ...] = ()

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> str:
        if value not in self.names or not isinstance(value, str):
            raise refused(f"{shown(value)} is not one of them", did_you_mean(str(value), self.names))
        return value

    def schema_given(self) -> dict[str, Any]:
        return {"enum": list(self.names)}


@dataclass(frozen=True)
class Names(OrNone):
    """A list of texts without repetition, kept as a tuple; one text stands for a list of one."""

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> tuple[str, ...]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise refused(f"{shown(value)} is not a list", "write a list such as [a, b]")
        faults = [
            Fault((i,), f"{shown(item)} is not a text", "write a text, in quotes where it looks like a number")
            for i, item in enumerate(items)
            if not isinstance(item, str)
        ]
        faults += [
            Fault((i,), f"`{item}` stands twice in the list", "leave one out")
            for i, item in enumerate(items)
            if item in items[:i]
        ]
        if faults:
            raise RefusedError(faults)
        return tuple(items)

    def schema_given(self) -> dict[str, Any]:
        listed = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
        return {"anyOf": [{"type": "string"}, listed]}

    def plain(self, value: Any) -> Any:
        return None if value is None else list(value)

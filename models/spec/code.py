"""What a user may write under `model` for a model of their own code. Loads none of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from models.spec.callbacks import REFERENCE
from models.spec.entries import Entry, OneOf, Spec
from models.spec.faults import Fault, RefusedError, refused, shown
from models.spec.space_reader import KINDS, Reader
from models.spec.varied import Varied
from spaces.problems import Value

CODE = "code"
"""The name of the family, and of the key that says where the code is."""


@dataclass(frozen=True)
class CodeReference(Entry):
    """`file.py:Name` or `package.module:Name`."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> str:
        if not isinstance(value, str) or not re.fullmatch(REFERENCE, value):
            raise refused(f"{shown(value)} names no model", "write `file.py:build` or `package.module:Name`")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{re.sub('[?]P<[a-z]+>', '', REFERENCE)}$"}


@dataclass(frozen=True)
class OwnSpace(Entry):
    """A mapping of parameters to a value or a space each."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise refused(f"{shown(value)} is not a mapping", "write `{name: value}` or `{name: {int: [1, 4]}}`")
        read: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, item in value.items():
            try:
                read[_name(name)] = _read(item)
            except RefusedError as error:
                faults += [fault.under(str(name)) for fault in error.faults]
        if faults:
            raise RefusedError(faults)
        return read

    def plain(self, value: Mapping[str, Any]) -> Any:
        return {name: item.written() if isinstance(item, Varied) else item for name, item in value.items()}

    def schema(self) -> dict[str, Any]:
        one = {"type": ["string", "number", "boolean", "null"]}
        condition = {"when": {"$ref": "#/$defs/condition"}, "default": one}
        ends = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        scale = {"log": {"type": "boolean"}, "step": {"type": "number", "exclusiveMinimum": 0}}
        choice = {"choice": {"type": "array", "items": one, "minItems": 2}, "ordered": {"type": "boolean"}}
        forms = [
            {"type": "object", "properties": {"int": ends, **scale, **condition}, "required": ["int"]},
            {"type": "object", "properties": {"float": ends, **scale, **condition}, "required": ["float"]},
            {"type": "object", "properties": {**choice, **condition}, "required": ["choice"]},
        ]
        return {
            "type": "object",
            "additionalProperties": {"anyOf": [one, *({**form, "additionalProperties": False} for form in forms)]},
        }


class CodeSpec(Spec):
    """A model that code of your own builds: a KerasTuner `build(hp)`, a `HyperModel`, or `build(config, signature)`."""

    family: Annotated[str, OneOf("the family of models", names=(CODE,))] = CODE
    code: Annotated[
        str,
        CodeReference(
            "`file.py:Name` or `package.module:Name` of a function `build(hp)` that returns a compiled keras.Model, of "
            "a keras_tuner.HyperModel (class or instance), or of a function `build(config, signature)`"
        ),
    ]
    space: Annotated[
        Mapping[str, Any],
        OwnSpace(
            "values and spaces by name: what `build(config, signature)` gets as `config`; for `build(hp)`, they take "
            "the place of what the code says of these names"
        ),
    ] = {}

    @property
    def place(self) -> str:
        """The file, or the module."""
        return self.code.rpartition(":")[0]

    @property
    def name(self) -> str:
        """The function or class in it."""
        return self.code.rpartition(":")[2]

    @property
    def is_in_file(self) -> bool:
        return self.place.endswith(".py")

    @property
    def fixed(self) -> dict[str, Value]:
        """The parameters that the study file gives a value."""
        return {name: value for name, value in self.space.items() if not isinstance(value, Varied)}

    def located(self, folder: Path) -> "CodeSpec":
        """The same with its file looked up in `folder`, if it is in a file."""
        if not self.is_in_file:
            return self
        return self.model_copy(update={"code": f"{folder / Path(self.place).expanduser()}:{self.name}"})

    def with_values(self, values: Mapping[str, Value]) -> "CodeSpec":
        """The same as a configuration: every parameter with its value."""
        return self.model_copy(update={"space": {**self.fixed, **values}})


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or "`" in name:
        raise refused(f"{shown(name)} is no name of a parameter", "write a text without backticks")
    return name


def _read(item: Any) -> Any:
    if isinstance(item, Varied):
        return item
    return Reader(_literal, KINDS, None).read(item) if isinstance(item, Mapping) else _literal(item)


def _literal(value: Any) -> Value:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise refused(f"{shown(value)} is not one value", "write a number, a text, true, false or a space")
    return value

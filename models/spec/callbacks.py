"""`training.callbacks`: where the user's own Keras callbacks are, and what they are called with. Loads none of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.spec.entries import Entry, is_number
from models.spec.faults import Fault, RefusedError, refused, shown, unknown_key

CALL, WITH = "call", "with"
REFERENCE = r"(?P<place>.*\S\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)"
SPACES = {"int", "float", "choice"}
_VALUES = "write numbers, texts, lists or mappings"
_FORMS = "write `file.py:Name` or `package.module:Name`"


@dataclass(frozen=True, slots=True)
class OwnCallback:
    """A callback class, or a function that returns a callback, and the arguments to call it with.

    call: `file.py:Name` or `package.module:Name`. options: by name, values as JSON has them.
    """

    call: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The file, or the module."""
        return self.call.rpartition(":")[0]

    @property
    def name(self) -> str:
        """The class or function in it."""
        return self.call.rpartition(":")[2]

    @property
    def is_in_file(self) -> bool:
        return self.place.endswith(".py")

    def located(self, folder: Path) -> "OwnCallback":
        """The same with its file looked up in `folder`, if it is in a file."""
        return replace(self, call=f"{folder / Path(self.place).expanduser()}:{self.name}") if self.is_in_file else self

    def written(self) -> str | dict[str, Any]:
        """As a study file has it."""
        return {CALL: self.call, WITH: dict(self.options)} if self.options else self.call


@dataclass(frozen=True)
class OwnCallbacks(Entry):
    """A list of callbacks, each by its reference or as `{call: reference, with: {argument: value}}`."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> tuple[OwnCallback, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        read: list[OwnCallback] = []
        faults: list[Fault] = []
        for i, item in enumerate(items):
            try:
                made = _read(item)
            except RefusedError as error:
                faults += [fault.under(i) for fault in error.faults]
                continue
            if made in read:
                faults.append(Fault((i,), f"`{made.call}` stands twice in the list", "leave one out"))
            read.append(made)
        if faults:
            raise RefusedError(faults)
        return tuple(read)

    def plain(self, value: tuple[OwnCallback, ...]) -> Any:
        return [own.written() for own in value]

    def schema(self) -> dict[str, Any]:
        reference = {"type": "string", "pattern": f"^{re.sub('[?]P<[a-z]+>', '', REFERENCE)}$"}
        mapping = {
            "type": "object",
            "properties": {
                CALL: {"description": "the class, or the function that returns a callback", **reference},
                WITH: {"description": "its arguments by name; they do not vary", "type": "object", "default": {}},
            },
            "required": [CALL],
            "additionalProperties": False,
        }
        one = {"anyOf": [reference, mapping]}
        return {"anyOf": [{"type": "array", "items": one}, reference, mapping]}


def _read(item: Any) -> OwnCallback:
    if isinstance(item, OwnCallback):
        return item
    if isinstance(item, str):
        return OwnCallback(_reference(item))
    if not isinstance(item, Mapping):
        raise refused(f"{shown(item)} names no callback", f"{_FORMS}, or {{{CALL}: ..., {WITH}: {{argument: value}}}}")
    faults = [unknown_key(key, (CALL, WITH)) for key in item if key not in (CALL, WITH)]
    if CALL not in item:
        faults.append(Fault((CALL,), f"`{CALL}` is missing", f"add `{CALL}: file.py:Name`"))
    if faults:
        raise RefusedError(faults)
    return OwnCallback(_reference(item[CALL], CALL), _options(item.get(WITH, {})))


def _reference(value: Any, *below: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(REFERENCE, value):
        raise refused(f"{shown(value)} names no callback", _FORMS, *below)
    return value


def _options(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise refused(f"{shown(value)} is not a mapping", f"write `{WITH}: {{argument: value}}`", WITH)
    faults = []
    for key, item in value.items():
        if not isinstance(key, str) or not key.isidentifier():
            faults.append(Fault((WITH, str(key)), f"{shown(key)} is no argument's name", "write a Python name", True))
        elif isinstance(item, Mapping) and SPACES & item.keys():
            faults.append(Fault((WITH, key), "arguments of a callback do not vary", "write one value"))
        elif not _is_json(item):
            faults.append(
                Fault((WITH, key), f"{shown(item)} is no argument", "write numbers, texts, lists or mappings")
            )
    if faults:
        raise RefusedError(faults)
    return dict(value)


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | bool) or is_number(value)

"""A YAML 1.2 text as plain values with the mark of each. Knows no key of a study file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spaces.marks import Marks, Place
from spaces.problems import Mark, Problem, SpecError
from spaces.tree import Tree

MOST_BYTES = 1 << 20
"""The largest file that is read; a study file has some hundred lines."""


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a text as plain dicts, lists and scalars, and their places. Never changed in place."""

    values: dict[str, Any]
    marks: Marks


def read(path: Path) -> Document:
    """The document in the file at `path`, which is named in every mark as it was given.

    Raises: SpecError when the file is missing, no file, too large, not UTF-8 or not a mapping in YAML 1.2.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _whole(name, "there is no such file", "check the path") from None
    except IsADirectoryError:
        raise _whole(name, "this is a folder, not a file", "name the study file in it") from None
    except OSError as error:
        raise _whole(name, f"the file cannot be read ({error.strerror})", "check the path and its rights") from None
    if len(data) > MOST_BYTES:
        raise _too_large(name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", errors="replace")
        at = _position(name, before)
        raise SpecError(
            [Problem(at, "", f"the byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8")]
        ) from None
    return parse(text, name=name)


def parse(text: str, *, name: str) -> Document:
    """The document in `text`; `name` stands for the file in every mark.

    Raises: SpecError with every problem found: syntax, duplicate keys, keys that are no strings,
    unknown tags, too many values, too deep nesting, a root that is not a mapping.
    """
    if len(text.encode("utf-8", errors="replace")) > MOST_BYTES:
        raise _too_large(name)
    values, place = parse_value(text, name=name)
    if values is None:
        raise _whole(name, "the file is empty", "write at least `data:` and `objective:`")
    if not isinstance(values, dict):
        kind = "a list" if isinstance(values, list) else f"`{values}`"
        raise SpecError(
            [Problem(place.mark, "", f"the file holds {kind}, not a mapping", "begin with `key: value` lines")]
        )
    return Document(values, Marks(place))


def parse_value(text: str, *, name: str, at: Mark | None = None) -> tuple[Any, Place]:
    """Any YAML value and its place; with `at`, every mark is `at` (a value from the command line)."""
    tree = Tree(name, at)
    tree.feed(text)
    return tree.result()


def _whole(name: str, problem: str, mend: str) -> SpecError:
    return SpecError([Problem(Mark(name, 1, 1), "", problem, mend)])


def _too_large(name: str) -> SpecError:
    return _whole(name, "the file is larger than 1 MiB", "a study file has some hundred lines; is this the right file?")


def _position(name: str, before: str) -> Mark:
    line = before.count("\n") + 1
    return Mark(name, line, len(before) - (before.rfind("\n") + 1) + 1)

"""`training.epochs=3` given beside a file: a document with some values replaced. Knows no schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spaces.marks import Marks, Place, Step
from spaces.problems import Mark, Problem, SpecError
from spaces.source import Document, parse_value

COMMAND_LINE = "command line"
"""The file name in the mark of an override; its column is the place of the override, from 1."""


def override(document: Document, overrides: Sequence[str], *, shorthands: Mapping[str, str] | None = None) -> Document:
    """`document` with each `dotted.path=value` put in; values are YAML, absent parents become mappings.

    shorthands: where a parent may be written as one word, the key that the word stands for: with
    {"model": "family"}, `model.layers=2` over `model: mlp` gives `{family: mlp, layers: 2}`.

    Raises: SpecError for every override that cannot be read or does not fit the document.
    """
    problems: list[Problem] = []
    read: list[_Override] = []
    for position, text in enumerate(overrides, start=1):
        try:
            read.append(_read(text, Mark(COMMAND_LINE, 1, position), read))
        except SpecError as error:
            problems.extend(error.problems)
    values, root = dict(document.values), document.marks.root.copy()
    for item in read:
        try:
            _apply(values, root, item, shorthands or {})
        except SpecError as error:
            problems.extend(error.problems)
    if problems:
        raise SpecError(problems)
    return Document(values, Marks(root))


@dataclass(frozen=True, slots=True)
class _Override:
    path: tuple[str, ...]
    value: Any
    place: Place


def _read(text: str, at: Mark, earlier: Sequence[_Override]) -> _Override:
    name, equals, value_text = text.partition("=")
    path = tuple(name.strip().split("."))
    if not equals or not all(path):
        raise _error(at, "", f"`{text}` is no override", "write `key=value`, for example `training.epochs=3`")
    for other in earlier:
        if other.path[: len(path)] == path:
            lost = f"`{'.'.join(other.path)}` of the same command line"
            raise _error(at, ".".join(path), f"this replaces {lost}", "keep one of the two")
    value, place = parse_value(value_text, name=COMMAND_LINE, at=at)
    return _Override(path, value, place)


def _apply(values: dict[str, Any], root: Place, item: _Override, shorthands: Mapping[str, str]) -> None:
    """Put one override in; every container on its way is copied first, as the document owns the old ones."""
    container: dict[str, Any] | list[Any] = values
    place = root
    for depth, name in enumerate(item.path[:-1], start=1):
        step = _step(container, name, item)
        below = _opened(container, step, item, depth=depth, shorthands=shorthands)
        child = place.children[step].copy() if step in place.children else Place(item.place.mark)
        if not isinstance(_get(container, step), dict | list):
            child = _shorthand_place(place, step, below, item)
        _set(container, step, below)
        place.keys.setdefault(step, item.place.mark)
        place.children[step] = child
        container, place = below, child
    step = _step(container, item.path[-1], item)
    _set(container, step, item.value)
    place.keys[step] = item.place.mark
    place.children[step] = item.place


def _opened(
    container: dict[str, Any] | list[Any],
    step: Step,
    item: _Override,
    *,
    depth: int,
    shorthands: Mapping[str, str],
) -> dict[str, Any] | list[Any]:
    """A copy of the container at `step`, or a new mapping where there is none yet."""
    value = _get(container, step)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return list(value)
    if value is None:
        return {}
    parent = ".".join(item.path[:depth])
    if parent in shorthands:
        return {shorthands[parent]: value}
    path = ".".join(item.path)
    raise _error(item.place.mark, path, f"`{parent}` is `{value}`, which has no keys", f"write `{parent}={{...}}`")


def _shorthand_place(place: Place, step: Step, below: dict[str, Any] | list[Any], item: _Override) -> Place:
    """The place of a mapping that was written as one word: its one key stands where the word stands."""
    old = place.children.get(step, item.place)
    opened = Place(old.mark)
    for key in below:
        opened.keys[key] = opened.mark
        opened.children[key] = Place(opened.mark)
    return opened


def _get(container: dict[str, Any] | list[Any], step: Step) -> Any:
    if isinstance(container, dict):
        return container.get(str(step))
    return container[int(step)]


def _set(container: dict[str, Any] | list[Any], step: Step, value: Any) -> None:
    if isinstance(container, dict):
        container[str(step)] = value
    else:
        container[int(step)] = value


def _step(container: dict[str, Any] | list[Any], name: str, item: _Override) -> Step:
    """`name` as a key of a mapping or an index of a list."""
    if isinstance(container, dict):
        return name
    if name.isdecimal() and int(name) < len(container):
        return int(name)
    path = ".".join(item.path)
    problem = f"`{name}` is no place in a list of {len(container)}"
    raise _error(item.place.mark, path, problem, "count its places from 0, or give the whole list")


def _error(at: Mark, path: str, problem: str, mend: str) -> SpecError:
    return SpecError([Problem(at, path, problem, mend)])

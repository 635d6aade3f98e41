"""Builds plain values and their places from YAML events, one pass, without recursion. Knows no schema.

The limits are checked while reading, so that a hostile text costs no more than its size: an alias counts as
many values and levels as what it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from spaces.marks import Place, Step
from spaces.problems import Mark, Problem, SpecError
from spaces.scalars import COLLECTION_TAGS, ScalarError, resolve, short_tag
from spaces.yaml_errors import problem_of

MOST_LEVELS = 50
MOST_VALUES = 20_000
MOST_ALIASES = 100


@dataclass(slots=True)
class _Node:
    """A finished value: its place, how many values it holds when written out, and how many levels."""

    value: Any
    place: Place
    size: int = 1
    levels: int = 0


@dataclass(slots=True)
class _Open:
    """A mapping or list that is still being read."""

    node: _Node
    anchor: str | None
    path: tuple[Step, ...]
    key: str | None = None
    key_mark: Mark | None = None
    awaits_key: bool = True
    dropped: bool = False


class _ReadingError(Exception):
    """What follows cannot be read; the problem is noted already."""


@dataclass(slots=True)
class Tree:
    """One document under construction. `at`, when given, is the mark of everything in it."""

    name: str
    at: Mark | None = None
    problems: list[Problem] = field(default_factory=list)
    _root: _Node | None = None
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, _Node | None] = field(default_factory=dict)
    _documents: int = 0
    _aliases: int = 0
    _size: int = 0

    def feed(self, text: str) -> None:
        """Read `text` as far as it can be read; what is wrong goes to `problems`."""
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                self._take(event)
        except _ReadingError:
            pass
        except YAMLError as error:
            problem = problem_of(error, text, self.name)
            self.problems.append(replace(problem, at=self.at or problem.at))

    def result(self) -> tuple[Any, Place]:
        """The value and its place. Raises: SpecError with every problem."""
        if self.problems:
            raise SpecError(self.problems)
        if self._root is None:
            return None, Place(self.at or Mark(self.name, 1, 1))
        return self._root.value, self._root.place

    def _take(self, event: Event) -> None:
        mark = self._mark(event.start_mark)
        if isinstance(event, DocumentStartEvent):
            self._start_document(event, mark)
        elif isinstance(event, MappingStartEvent):
            self._open(_Node({}, Place(mark)), event, "mapping")
        elif isinstance(event, SequenceStartEvent):
            self._open(_Node([], Place(mark)), event, "list")
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, AliasEvent):
            self._alias(event.anchor, mark)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, mark)

    def _start_document(self, event: DocumentStartEvent, mark: Mark) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(mark, "a second document begins here", "keep one document per file, without `---`")
        if event.version not in (None, (1, 2)):
            version = ".".join(map(str, event.version))
            self._stop(mark, f"this is YAML {version}", "leave `%YAML` out; study files are YAML 1.2")

    def _open(self, node: _Node, event: Any, kind: str) -> None:
        mark = node.place.mark
        if len(self._stack) >= MOST_LEVELS:
            self._stop(mark, f"more than {MOST_LEVELS} levels of nesting", "write it flatter")
        self._count(1, mark)
        if event.tag not in (None, "!", COLLECTION_TAGS[kind]):
            self._note(mark, f"the tag `{short_tag(event.tag)}` is not known here", "leave it out", self._path())
        parent = self._stack[-1] if self._stack else None
        opened = _Open(node, event.anchor, self._path())
        if parent is not None and isinstance(parent.node.value, dict) and parent.awaits_key:
            self._note(mark, f"a {kind} stands where a key is expected", "write a name as key", parent.path)
            opened.dropped = True
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(opened)

    def _close(self) -> None:
        opened = self._stack.pop()
        if opened.anchor is not None:
            self._anchors[opened.anchor] = opened.node
        if opened.dropped:
            self._stack[-1].key, self._stack[-1].awaits_key = None, False
        else:
            self._put(opened.node)

    def _alias(self, anchor: str, mark: Mark) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            self._stop(mark, f"more than {MOST_ALIASES} aliases", "write the values out")
        if anchor not in self._anchors:
            self._stop(
                mark,
                f"no anchor `&{anchor}` stands above this alias",
                f"write `&{anchor}` before the value meant",
            )
        target = self._anchors[anchor]
        if target is None:
            self._stop(mark, f"`*{anchor}` stands inside the value that it names", "write the value out")
            return
        self._count(target.size, mark)
        if len(self._stack) + target.levels > MOST_LEVELS:
            self._stop(mark, f"more than {MOST_LEVELS} levels of nesting", "write it flatter")
        if self._awaits_key():
            self._key(target.value, mark)
        else:
            self._put(_Node(target.value, target.place.copy(mark), target.size, target.levels))

    def _scalar(self, event: ScalarEvent, mark: Mark) -> None:
        self._count(1, mark)
        try:
            value = resolve(event.value, plain=event.implicit[0], tag=event.tag)
        except ScalarError as error:
            self._note(mark, str(error), "mend the value or put it in quotes", self._path())
            value = event.value
        node = _Node(value, Place(mark))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if self._awaits_key():
            self._key(value, mark, written=event.value)
        else:
            self._put(node)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node.value, dict) and self._stack[-1].awaits_key

    def _key(self, value: Any, mark: Mark, *, written: str = "") -> None:
        opened = self._stack[-1]
        opened.awaits_key, opened.key, opened.key_mark = False, None, mark
        if not isinstance(value, str):
            shown = written or str(value)
            self._note(mark, f"the key `{shown}` is no string", f'write it in quotes: "{shown}"', opened.path)
            return
        first = opened.node.place.keys.get(value)
        if first is not None:
            where = (*opened.path, value)
            self._note(mark, f"the key is given twice, first at {first}", "keep one of the two", where)
            return
        opened.key = value
        opened.node.place.keys[value] = mark

    def _put(self, node: _Node) -> None:
        if not self._stack:
            self._root = node
            return
        opened = self._stack[-1]
        parent = opened.node
        parent.size += node.size
        parent.levels = max(parent.levels, node.levels + 1)
        if isinstance(parent.value, list):
            parent.place.children[len(parent.value)] = node.place
            parent.value.append(node.value)
            return
        if opened.key is not None:
            parent.place.children[opened.key] = node.place
            parent.value[opened.key] = node.value
        opened.key, opened.awaits_key = None, True

    def _path(self) -> tuple[Step, ...]:
        if not self._stack:
            return ()
        opened = self._stack[-1]
        if isinstance(opened.node.value, list):
            return (*opened.path, len(opened.node.value))
        return opened.path if opened.key is None else (*opened.path, opened.key)

    def _count(self, values: int, mark: Mark) -> None:
        self._size += values
        if self._size > MOST_VALUES:
            self._stop(mark, f"more than {MOST_VALUES} values, aliases written out", "make the file smaller")

    def _mark(self, mark: Any) -> Mark:
        return self.at or Mark(self.name, mark.line + 1, mark.column + 1)

    def _note(self, mark: Mark, problem: str, mend: str, path: tuple[Step, ...] = ()) -> None:
        self.problems.append(Problem(mark, ".".join(map(str, path)), problem, mend))

    def _stop(self, mark: Mark, problem: str, mend: str) -> None:
        self._note(mark, problem, mend, self._path() if len(self._stack) < MOST_LEVELS else ())
        raise _ReadingError

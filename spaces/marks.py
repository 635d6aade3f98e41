"""Where each value of a document stands in its text. Knows places only, no values and no schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from spaces.problems import Mark

Step = str | int
"""One step of a path: the key of a mapping or the index of a list."""


@dataclass(slots=True)
class Place:
    """The place of one value, with the places of its keys and of the values below it.

    An alias shares the children of its anchor, so that a document of aliases stays as small as its text.
    """

    mark: Mark
    keys: dict[Step, Mark] = field(default_factory=dict)
    children: dict[Step, Place] = field(default_factory=dict)

    def copy(self, mark: Mark | None = None) -> Place:
        """A place that can be changed without changing this one; its children are shared."""
        return Place(mark or self.mark, dict(self.keys), dict(self.children))


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks of a whole document, asked for by path: `marks.of("model", "units", "int", 0)`."""

    root: Place

    def of(self, *path: Step) -> Mark:
        """Mark of the value at `path`, or of its nearest ancestor that exists."""
        return self._descend(path)[-1].mark

    def key(self, *path: Step) -> Mark:
        """Mark of the key that names the value at `path`, or of the key of its nearest ancestor that exists.

        An item of a list and the root have no key: the mark of the value itself.
        """
        places = self._descend(path)
        if len(places) == 1:
            return self.root.mark
        step = path[len(places) - 2]
        return places[-2].keys.get(step, places[-1].mark)

    def has(self, *path: Step) -> bool:
        """Whether the text holds a value at `path`."""
        return len(self._descend(path)) == len(path) + 1

    def _descend(self, path: Iterable[Step]) -> list[Place]:
        places = [self.root]
        for step in path:
            child = places[-1].children.get(step)
            if child is None:
                break
            places.append(child)
        return places

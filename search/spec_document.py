"""The text of a study file as a document, even where keys are wrong, so that the rest is judged too."""

from pathlib import Path

from spaces.marks import Marks
from spaces.problems import Problem, SpecError
from spaces.source import MOST_BYTES, Document, read
from spaces.tree import Tree


def read_document(path: Path) -> tuple[Document, tuple[Problem, ...]]:
    """The document at `path`, and what is wrong in its text, such as a duplicate key.

    Raises SpecError for a text that cannot be read to its end.
    """
    try:
        return read(path), ()
    except SpecError as error:
        rest = _readable(path)
        if rest is None:
            raise
        return rest, error.problems


def _readable(path: Path) -> Document | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return None
    if len(text.encode()) > MOST_BYTES:
        return None
    tree = Tree(str(path))
    tree.feed(text)
    tree.problems.clear()  # `read` has told them; what is wanted here is the rest
    values, place = tree.result()
    return Document(values, Marks(place)) if isinstance(values, dict) else None

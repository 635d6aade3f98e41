"""Every text of an error stands in a test, so that a change of its words, or of when it is raised, is noticed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("spaces", "models", "tracking", "search")
MAKERS = {"Fault", "Problem", "refused", "unknown_key"}
"""What makes a mistake that is raised with others later."""
ENOUGH = 10
"""Letters in a row of words that tell one text from another."""
SILENT = {
    "models/spec/sections.py",  # a spec class without an entry in an annotation
    "models/spec/varied.py",  # a domain that the reader cannot make
    "models/data/scale_fitting.py",  # a scaling that the spec does not know
    "search/drivers/scripted.py",  # a driver for tests
}
"""Files whose untested texts speak to a programmer."""


def words(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]+", " ", text.lower()).split()


def texts(node: ast.AST) -> list[list[str]]:
    """The words of every piece of text below `node`, between the values that are filled in."""
    found = (c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str))
    return [split for split in map(words, found) if split]


def raised(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            if not ast.unparse(node.exc).startswith("AssertionError"):
                yield node.exc
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            yield node


def rows_of(pieces: list[list[str]]) -> Iterator[str]:
    """Three words in a row of each piece, or a whole shorter one, where they are enough to tell it from others."""
    for piece in pieces:
        n = min(3, len(piece))
        rows = (" ".join(piece[i : i + n]) for i in range(len(piece) - n + 1))
        yield from (row for row in rows if len(row) >= ENOUGH)


def test_every_error_has_a_test_that_reads_its_text() -> None:
    tests = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("*.py")]
    read = " | ".join(" " + " ".join(text) for tree in tests for text in texts(tree))
    unread = []
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for node in raised(ast.parse(path.read_text(encoding="utf-8"))):
            pieces = texts(node)
            rows = list(rows_of(pieces))
            if rows and name not in SILENT and not any(f" {row}" in read for row in rows):
                unread.append(f"{name}:{node.lineno}: {' ... '.join(' '.join(piece) for piece in pieces)}")
    assert not unread, "no test reads\n" + "\n".join(unread)

"""The names that the statements of a module bind, read from its text."""

import ast
from collections.abc import Iterable, Iterator
from typing import TypeGuard


def bound_names(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements bind, those in blocks below them included."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name.partition(".")[0]) for alias in node.names)
        else:
            yield from (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            for name in ("body", "orelse", "finalbody"):
                yield from bound_names(getattr(node, name, []))
            for handler in getattr(node, "handlers", []):
                yield from bound_names(handler.body)


def is_main_guard(statement: ast.stmt) -> TypeGuard[ast.If]:
    """Whether it is an `if __name__ == "__main__":`, which no import runs."""
    if not isinstance(statement, ast.If):
        return False
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test))

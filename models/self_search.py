"""Runs a module of the user's that searches by itself, without its searches: programs are published like that.

A statement that makes a tuner of KerasTuner or a study of Optuna is left out, and so is every later one that needs what
it would have made: nothing is trained, and no folder or database of an earlier search is touched. Loads no framework
that the module does not name.
"""

import __future__

import ast
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from models.bound_names import bound_names, is_main_guard

LIBRARIES = {"keras_tuner": "keras_tuner", "kerastuner": "keras_tuner", "optuna": "optuna"}
"""Names under which the libraries are imported, and the libraries."""
_HOOKS = {
    "keras_tuner": ("keras_tuner.engine.base_tuner:BaseTuner.__init__",),
    "optuna": (
        "optuna:create_study",
        "optuna:load_study",
        "optuna.study:create_study",
        "optuna.study:load_study",
        "optuna.study:Study.__init__",
    ),
}
"""What is called when a search begins, by library."""
_SEARCHING = ("search", "optimize")


class OwnSearch(BaseException):  # no error: passes through a module's own `except Exception`
    """A module begins a search. given: the hypermodel that it is to search, if that is known."""

    def __init__(self, given: Any = None) -> None:
        super().__init__("a search begins")
        self.given = given


@dataclass(slots=True)
class SelfSearch:
    """What was left out of a module. lost: names that have no value, and the line of the search that they need.

    hypermodels: what its tuners were given. first, ended: lines of its first search, and where its run was ended.
    taken: the line of the wanted name's definition that was taken. defined: the lines of all that the text has.
    """

    lost: dict[str, int] = field(default_factory=dict)
    hypermodels: list[Any] = field(default_factory=list)
    first: int | None = None
    ended: int | None = None
    taken: int | None = None
    defined: list[int] = field(default_factory=list)

    def words(self, path: Path, wanted: str) -> str:
        """What was left out, in a sentence; empty for nothing."""
        if self.first is None:
            return ""
        text = f"{path.name} searches by itself in line {self.ended or self.first}, which is left out here"
        if self.taken and len(self.defined) > 1:
            others = ", ".join(str(line) for line in self.defined if line != self.taken)
            text += f"; `{wanted}` is that of line {self.taken}, as in that search, and not that of line {others}"
        return text


def searches(tree: ast.Module) -> bool:
    """Whether a module names a library that searches."""
    return bool(_libraries(tree))


def run_without_searches(module: ModuleType, tree: ast.Module, path: Path, *, wanted: str) -> SelfSearch:
    """Runs the statements of `tree` in `module`, up to the search that is given `wanted`, else all of them.

    A name that is defined several times is thus what the search of its own would have been given. One that is made
    only below an `if __name__ == "__main__":` is made as when the file is run. Raises whatever the module raises.
    """
    run = _Run(vars(module), str(path), wanted, _future(tree))
    guards = [s for s in tree.body if is_main_guard(s)]
    run.left.defined = [s.lineno for s in tree.body if s not in guards and wanted in bound_names([s])]
    with _hooked(_libraries(tree)):
        if not run.until_end(tree.body) and wanted not in run.names:
            for guard in guards:
                if wanted in bound_names([guard]):
                    run.until_end(guard.body)
    return run.left


@dataclass(slots=True)
class _Run:
    """One run. searchers: names of the searches that were given what is wanted."""

    names: dict[str, Any]
    path: str
    wanted: str
    flags: int
    left: SelfSearch = field(default_factory=SelfSearch)
    searchers: set[str] = field(default_factory=set)

    def until_end(self, body: Sequence[ast.stmt]) -> bool:
        """Runs `body`. Returns whether the search that is given what is wanted was come to."""
        for statement in body:
            if self.is_end(statement):
                self.left.ended = statement.lineno
                return True
            self.do(statement)
        return False

    def do(self, statement: ast.stmt) -> None:
        code = compile(ast.Module([statement], []), self.path, "exec", flags=self.flags, dont_inherit=True)
        bound = set(bound_names([statement]))
        try:
            exec(code, self.names)  # the user's own module, as an import runs it
        except OwnSearch as search:
            self._left_out(statement, bound, search)
        except NameError as error:
            if error.name not in self.left.lost:
                raise
            self._lose(bound, self.left.lost[error.name])
        else:
            for name in bound:
                self.left.lost.pop(name, None)
            if self.wanted in bound:
                self.left.taken = statement.lineno

    def is_end(self, statement: ast.stmt) -> bool:
        """Whether `statement` is the search that is given what is wanted."""
        if self.wanted not in self.names or isinstance(statement, ast.FunctionDef | ast.ClassDef):
            return False
        if is_main_guard(statement):
            return False
        nodes = list(ast.walk(statement))
        called = {
            node.value.id
            for node in nodes
            if isinstance(node, ast.Attribute) and node.attr in _SEARCHING and isinstance(node.value, ast.Name)
        }
        mentions = any(isinstance(node, ast.Name) and node.id == self.wanted for node in nodes)
        return bool(called & self.searchers) or (mentions and bool(called & set(self.left.lost)))

    def _left_out(self, statement: ast.stmt, bound: set[str], search: OwnSearch) -> None:
        self.left.first = self.left.first or statement.lineno
        self._lose(bound, statement.lineno)
        if search.given is not None:
            self.left.hypermodels.append(search.given)
            wanted = self.names.get(self.wanted)
            is_class_of = isinstance(wanted, type) and isinstance(search.given, wanted)
            if wanted is not None and (search.given is wanted or is_class_of):
                self.searchers |= bound

    def _lose(self, bound: set[str], line: int) -> None:
        for name in bound:
            self.names.pop(name, None)
            self.left.lost[name] = line


@contextmanager
def _hooked(libraries: Sequence[str]) -> Iterator[None]:
    """While it lasts, what begins a search of `libraries` raises OwnSearch."""
    before: list[tuple[Any, str, Any]] = []
    try:
        for library in libraries:
            with suppress(ImportError):  # the module's own import will say so
                for owner, attribute in map(_found, _HOOKS[library]):
                    before.append((owner, attribute, getattr(owner, attribute)))
                    setattr(owner, attribute, _begin)
        yield
    finally:
        for owner, attribute, value in reversed(before):
            setattr(owner, attribute, value)


def _found(place: str) -> tuple[Any, str]:
    """What has the attribute at `place`, and the attribute."""
    module, _, name = place.partition(":")
    *owners, attribute = name.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    return owner, attribute


def _begin(*arguments: Any, **named: Any) -> None:
    raise OwnSearch(named.get("hypermodel"))


def _libraries(tree: ast.Module) -> list[str]:
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {LIBRARIES[name.split(".")[0]] for name in names if name.split(".")[0] in LIBRARIES}
    return sorted(found)


def _future(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags

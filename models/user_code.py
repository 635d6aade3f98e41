"""Modules of the user's own, by the name of a file or of a module. Knows nothing of what is wanted from them."""

import ast
import importlib
import importlib.util
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from models.bound_names import bound_names, is_main_guard
from models.own_traceback import error_words
from models.self_search import SelfSearch, run_without_searches, searches
from spaces.problems import MendableError, did_you_mean


class UserCodeError(MendableError):
    """A module of the user's cannot be loaded; the cause is chained."""


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A module, the searches that it would have done by itself, and its text."""

    module: ModuleType
    path: Path
    tree: ast.Module
    left_out: SelfSearch = field(default_factory=SelfSearch)

    def why_missing(self, name: str) -> tuple[str, str] | None:
        """Why the text has `name` and the module has not, with how to mend it; None where the text has none either."""
        line = self.left_out.lost.get(name)
        if line is not None:
            problem = f"`{name}` comes from the search in line {line} of {self.path.name}, which is not run here"
            return problem, "name what that search is given: the function that builds models, or the objective"
        for statement in self.tree.body:
            if is_main_guard(statement) and name in bound_names([statement]):
                problem = f'`{name}` is made below `if __name__ == "__main__":` in line {statement.lineno} of '
                return f"{problem}{self.path.name}, which no import runs", "move what makes it above that line"
        return None


def load_file(path: Path, *, wanted: str) -> LoadedFile:
    """The module in the file at `path`, run anew at every call, without searches of its own.

    wanted: the name that it is loaded for. Raises: UserCodeError for whatever it raises.
    """
    # two files may have one name; dataclasses look their module up under the name that it has
    name = f"study_{path.stem}_{zlib.crc32(str(path.resolve()).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a .py file has a spec"
    assert spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    _import_beside(path)
    sys.modules[name] = module
    try:
        tree = ast.parse(path.read_bytes(), str(path))
        if searches(tree):
            return LoadedFile(module, path, tree, run_without_searches(module, tree, path, wanted=wanted))
        spec.loader.exec_module(module)
        return LoadedFile(module, path, tree)
    except (Exception, SystemExit) as error:  # what reads a command line ends its process
        del sys.modules[name]
        mend = "install what it needs" if isinstance(error, ModuleNotFoundError) else "mend the file"
        raise UserCodeError(f"`{path}` raised {error_words(error)}", mend) from error


def missing(module: ModuleType, file: LoadedFile | None, *, place: str, name: str) -> tuple[str, str]:
    """Why a module, that of `file` if it is one, has no `name`, and how to mend it. place: as the user wrote it."""
    why = file.why_missing(name) if file is not None else None
    if why is not None:
        return why
    known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    return f"`{place}` has no `{name}`", did_you_mean(name, known)


def file_module(path: Path, *, wanted: str) -> ModuleType:
    """As `load_file`: the module alone."""
    return load_file(path, wanted=wanted).module


def _import_beside(path: Path) -> None:
    """Lets a file import its neighbours, as a script does; other modules of that name come first."""
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)


def named_module(name: str, *, wanted: str) -> ModuleType:
    """The module `name`, imported. Raises: UserCodeError, which proposes a file that holds a `wanted` instead."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserCodeError(
            f"module `{name}` cannot be imported: {error}",
            f"install it, or write the file as `path/file.py:{wanted}`",
        ) from error

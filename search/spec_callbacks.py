"""The user's callbacks as far as they can be judged without running them: their file or module, their name in it."""

import ast
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

from models.bound_names import bound_names
from models.spec.callbacks import OwnCallback
from models.spec.faults import Fault
from spaces.problems import did_you_mean, nearest

_DYNAMIC = ("__path__", "sys.modules", "__getattr__", "import *")
"""Signs in a module's text that names and modules may come from elsewhere."""


def check_callbacks(callbacks: Sequence[OwnCallback], folder: Path) -> Iterator[Fault]:
    """What is wrong with `callbacks`, whose files are looked up in `folder`. Imports none of them."""
    for place, own in enumerate(callbacks):
        yield from check_reference(own, ("training", "callbacks", place), folder)


def check_reference(own: OwnCallback, at: tuple[str | int, ...], folder: Path) -> Iterator[Fault]:
    """What is wrong with where `own` is said to be, told `at` its place in the study file. Imports nothing."""
    source = source_of(own, folder)
    if own.is_in_file and not source.is_file():
        yield Fault(at, f"there is no file `{source}`", _how_to_find(source))
    elif source == _LOST:
        mend = f"install it, or write the file as `path/file.py:{own.name}`"
        yield Fault(at, f"there is no module `{own.place}`", mend)
    elif source.suffix == ".py":
        yield from _faults_in(source, own, at)


def source_of(own: OwnCallback, folder: Path) -> Path:
    """The file that holds `own`, looked up in `folder`, or its module's; without a suffix where that is not known."""
    return Path(own.located(folder).place) if own.is_in_file else _module(own.place)


_LOST, _UNKNOWN = Path("lost"), Path("unknown")


def _how_to_find(path: Path) -> str:
    beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    return f"did you mean `{near}`?" if near else "write its path relative to the study file"


def _faults_in(source: Path, own: OwnCallback, at: tuple[str | int, ...]) -> Iterator[Fault]:
    text = source.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield Fault(at, f"`{source}` is no Python: {error.msg} in line {error.lineno}", "mend the file")
        return
    if any(sign in text for sign in _DYNAMIC):
        return
    names = set(bound_names(tree.body))
    if own.name not in names:
        public = [name for name in names if not name.startswith("_")]
        yield Fault(at, f"`{own.place}` has no `{own.name}`", did_you_mean(own.name, public))


def _module(name: str) -> Path:
    """The source of a module, found without importing it or its packages; _LOST or _UNKNOWN."""
    path: list[str] | None = None
    source = _UNKNOWN
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        spec = _spec_of(".".join(parts[:depth]), path)
        if spec is None:
            return _UNKNOWN if _is_dynamic(source) else _LOST
        source = Path(spec.origin) if spec.origin else _UNKNOWN
        path = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
        if path is None and depth < len(parts):
            return _LOST
    return source


def _spec_of(name: str, path: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find(name, path) if find is not None else None
        if spec is not None:
            return spec
    return None


def _is_dynamic(source: Path) -> bool:
    """Whether a package may have modules that are no files of it, as `tensorflow.keras` is none."""
    return source.suffix == ".py" and any(sign in source.read_text(encoding="utf-8") for sign in _DYNAMIC[:2])

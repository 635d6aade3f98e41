"""Modules of the user's own, by the name of a file or of a module. Knows nothing of what is wanted from them."""

import importlib
import importlib.util
import sys
import zlib
from pathlib import Path
from types import ModuleType

from spaces.problems import MendableError


class UserCodeError(MendableError):
    """A module of the user's cannot be loaded; the cause is chained."""


def file_module(path: Path) -> ModuleType:
    """The module in the file at `path`, run anew at every call. Raises: UserCodeError for whatever it raises."""
    # two files may have one name; dataclasses look their module up under the name that it has
    name = f"study_{path.stem}_{zlib.crc32(str(path.resolve()).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a .py file has a spec"
    assert spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UserCodeError(f"`{path}` raised {type(error).__name__}: {error}", "mend the file") from error
    return module


def named_module(name: str, *, wanted: str) -> ModuleType:
    """The module `name`, imported. Raises: UserCodeError, which proposes a file that holds a `wanted` instead."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserCodeError(
            f"module `{name}` cannot be imported: {error}",
            f"install it, or write the file as `path/file.py:{wanted}`",
        ) from error

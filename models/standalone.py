"""The code that an exported model needs to read raw rows, as a package that works without this project.

The modules are copied, not rewritten: `models.exported` and whatever it imports of ours, under one package of
their own, so that they cannot clash with anyone's `models`. New rows are then read by the very code that read
the training rows.
"""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

from models.files import write_text

PACKAGE = "exported_ensemble"
"""Name of the package that is written; `<PACKAGE>.models.exported` holds `ExportedModel`."""

ROOT = "models.exported"
OURS = ("models", "spaces")
_IMPORT = re.compile(rf"^(\s*from |\s*import )({'|'.join(OURS)})\b(?=[.\s])", re.MULTILINE)


def write_standalone(folder: Path) -> Path:
    """Write the package into `folder`; returns the package's own folder."""
    package = folder / PACKAGE
    write_text(package / "__init__.py", f'"""Copied by the export; start at `{PACKAGE}.{ROOT}`."""\n')
    for module, source in closure(ROOT).items():
        parts = module.split(".")
        for depth in range(1, len(parts)):
            write_text(package.joinpath(*parts[:depth], "__init__.py"), "")
        text = _IMPORT.sub(rf"\1{PACKAGE}.\2", source)
        write_text(package.joinpath(*parts).with_suffix(".py"), text)
    return package


def closure(root: str) -> dict[str, str]:
    """Sources of `root` and of all modules of ours that it imports, by name."""
    found: dict[str, str] = {}
    waiting = [root]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found[module] = _source(module)
            waiting += imported(found[module])
    return found


def imported(source: str) -> list[str]:
    """Names of our modules that `source` imports, at its top or in a function."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in below if _is_module(name)]  # `from models.data import cells`
            names += modules or [node.module]
    return names


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the parent is a module, not a package: `name` is one of its attributes
        return False


def _source(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")

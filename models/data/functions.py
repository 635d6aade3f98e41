"""A user's function as a source: `file.py:function` or `package.module:function`, without arguments."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from models.data.errors import DataError
from models.data.files import locate
from models.user_code import UserCodeError, file_module, named_module
from spaces.problems import did_you_mean

OPTIONAL = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def call(source: str, folder: str | None) -> Any:
    """What the named function returns. Raises: DataError when it is not there, takes arguments, or raises."""
    place, _, name = source.rpartition(":")
    function = _function(place, name, folder)
    try:
        return function()
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"`{source}` raised {type(error).__name__}: {error}", "mend the function and run again"
        ) from error


def _function(place: str, name: str, folder: str | None) -> Callable[[], Any]:
    module = _module(place, name, folder)
    known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    function: Any = getattr(module, name, None)
    if not callable(function):
        raise DataError(f"`{place}` has no function `{name}`", did_you_mean(name, known))
    if any(p.default is p.empty and p.kind not in OPTIONAL for p in _parameters(function)):
        raise DataError(f"`{name}` of `{place}` needs arguments", "write a function without arguments")
    checked: Callable[[], Any] = function
    return checked


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:  # a built-in without a signature
        return []


def _module(place: str, name: str, folder: str | None) -> ModuleType:
    try:
        if place.endswith(".py"):
            return file_module(locate(place, folder), wanted=name)
        return named_module(place, wanted="function")
    except UserCodeError as error:
        raise DataError(error.problem, error.mend) from error

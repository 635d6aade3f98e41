"""The families by name, loaded on use, so that reading this table loads no framework."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from models.families.errors import FamilyError
from models.signature import Signature
from spaces.problems import did_you_mean

FAMILIES = {
    "cnn": "models.families.cnn:build",
    "mlp": "models.families.mlp:build",
    "rnn": "models.families.rnn:build",
}


def build(config: Any, signature: Signature) -> Any:
    """The uncompiled `keras.Model` that `config.family` makes of `config` for data of this `signature`.

    Raises: FamilyError when the family is unknown or does not fit the data.
    """
    return builder(config.family)(config, signature)


def builder(family: str) -> Callable[[Any, Signature], Any]:
    """The build function of a family. Raises FamilyError for an unknown name, with the nearest known one."""
    if family not in FAMILIES:
        raise FamilyError(f"no model family is called {family!r}; {did_you_mean(family, FAMILIES)}")
    module, _, attribute = FAMILIES[family].partition(":")
    found: Callable[[Any, Signature], Any] = getattr(import_module(module), attribute)
    return found

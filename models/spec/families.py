"""Families of models by name. A literal table, loaded on use."""

from importlib import import_module
from typing import Any

from models.spec.entries import Spec
from models.spec.faults import refused, shown
from spaces.problems import did_you_mean

FAMILIES = {
    "mlp": "models.spec.mlp:MlpSpec",
    "cnn": "models.spec.cnn:CnnSpec",
    "rnn": "models.spec.rnn:RnnSpec",
}

DEFAULT_FAMILY = "mlp"


def spec_of(family: Any) -> type[Spec]:
    """The spec of a family. Raises RefusedError for an unknown name, with the nearest known one."""
    if not isinstance(family, str) or family not in FAMILIES:
        raise refused(f"unknown family {shown(family)}", did_you_mean(str(family), FAMILIES), "family")
    module, _, name = FAMILIES[family].partition(":")
    found: type[Spec] = getattr(import_module(module), name)
    return found

"""Families of models by name. A literal table, loaded on use."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from models.spec.entries import Spec
from models.spec.faults import refused, shown
from spaces.problems import did_you_mean

FAMILIES = {
    "mlp": "models.spec.mlp:MlpSpec",
    "cnn": "models.spec.cnn:CnnSpec",
    "rnn": "models.spec.rnn:RnnSpec",
    "code": "models.spec.code:CodeSpec",
}

DEFAULT_FAMILY = "mlp"
CODE = "code"
"""The family of models that are built by the user's own code, and the key that says where it is."""


def family_of(written: Mapping[str, Any]) -> Any:
    """The family of a written `model`: `{code: ...}` needs no `family`."""
    return written.get("family", CODE if CODE in written else DEFAULT_FAMILY)


def spec_of(family: Any) -> type[Spec]:
    """The spec of a family. Raises RefusedError for an unknown name, with the nearest known one."""
    if not isinstance(family, str) or family not in FAMILIES:
        raise refused(f"unknown family {shown(family)}", did_you_mean(str(family), FAMILIES), "family")
    module, _, name = FAMILIES[family].partition(":")
    found: type[Spec] = getattr(import_module(module), name)
    return found

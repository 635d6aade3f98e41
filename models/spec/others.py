"""The key `others`: what the knobs that are not written hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.spec.entries import OneOf


@dataclass(frozen=True)
class Others(OneOf):
    """`vary`: their default spaces; `fixed`: their default values.

    Left out, they vary if no knob of the section is written, else they are fixed.
    """

    doc: str = (
        "knobs not written: fixed at their defaults, or vary in their default spaces; left out: vary if no "
        "knob of the section is written, else fixed"
    )
    none: bool = False
    names: tuple[str, ...] = ("fixed", "vary")

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        return None if value is None else self.read_given(value, earlier)

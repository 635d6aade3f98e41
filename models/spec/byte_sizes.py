"""Amounts of memory and disk as a study file spells them, kept in bytes, and as messages tell them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.spec.entries import OrNone, is_whole
from models.spec.faults import refused, shown

_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12} | {
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_SPELLED = re.compile(r"(\d+(?:\.\d+)?)([kmgt]i?b)", re.IGNORECASE)
LEAST = 10**6
"""A smaller amount holds no model; a bare 4 is a forgotten unit."""


@dataclass(frozen=True)
class ByteSize(OrNone):
    """An amount, `4 GB`, `512 MB`, `1.5 TB`, `8 GiB`, or a number of bytes; kept in bytes."""

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> int:
        size = int(value) if is_whole(value) else self._spelled(value)
        if size < LEAST:
            raise refused(
                f"{shown(value)} is too little for a model", f"write at least {size_words(LEAST)}, such as 4 GB"
            )
        return size

    @staticmethod
    def _spelled(value: Any) -> int:
        match = _SPELLED.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
        if match is None:
            raise refused(f"{shown(value)} is not an amount", "write it like 512 MB, 4 GB or 1.5 TB, or in bytes")
        return round(float(match[1]) * _UNITS[match[2].lower()])

    def schema_given(self) -> dict[str, Any]:
        spelled = {"type": "string", "pattern": r"^ *[0-9]+(\.[0-9]+)? *[kKmMgGtT][iI]?[bB] *$"}
        return {"anyOf": [{"type": "integer", "minimum": LEAST}, spelled]}


def size_words(size_bytes: int) -> str:
    """`size_bytes` in the unit that a person would take, to two or three digits: 4 GB, 1.25 GB, 730 MB."""
    units = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
    size, unit = next(((s, u) for s, u in units if size_bytes >= s), (1, "bytes"))
    amount = size_bytes / size
    return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"

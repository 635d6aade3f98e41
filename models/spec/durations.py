"""Time spans as a study file spells them, kept in seconds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.spec.entries import OrNone, is_number
from models.spec.faults import refused, shown

_SPELLED = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


@dataclass(frozen=True)
class Duration(OrNone):
    """A time span, `90s`, `10m`, `2h30m`, `1d` or a number of seconds; kept in seconds."""

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> float:
        seconds = float(value) if is_number(value) else self._spelled(value)
        if seconds <= 0:
            raise refused(f"{shown(value)} is no time at all", "write a time above zero such as 10m or 90s")
        return seconds

    @staticmethod
    def _spelled(value: Any) -> float:
        match = _SPELLED.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
        if match is None or not any(match.groups()):
            raise refused(f"{shown(value)} is not a time", "write it like 90s, 10m, 2h30m or 1d, or in seconds")
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return days * 86400 + hours * 3600 + minutes * 60 + seconds

    def schema_given(self) -> dict[str, Any]:
        spelled = {
            "type": "string",
            "pattern": r"^ *(?=[0-9])([0-9]+d)? *([0-9]+h)? *([0-9]+m)? *([0-9.]+s)?$",
        }
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, spelled]}

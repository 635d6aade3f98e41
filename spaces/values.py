"""Single values of parameters: which are equal, which are numbers, how they are written. Knows no domains."""

import math
import re
from typing import TypeGuard

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READ_AS_OTHERS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL"})
_MOST_BITS = 1000


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether `value` is a finite number that a float can hold; true and false are none."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value.bit_length() <= _MOST_BITS
    return isinstance(value, float) and math.isfinite(value)


def same(a: object, b: object) -> bool:
    """Whether two values are one: 1 and 1.0 are, true and 1 are not."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def spell(value: object) -> str:
    """`value` as a user writes it in a study file: true, null, 0.001, relu, "1:30"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) and value not in _READ_AS_OTHERS else f'"{value}"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(spell, value)) + "]"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return "a number of several hundred digits"
    return f"{value:.12g}" if isinstance(value, float) else str(value)

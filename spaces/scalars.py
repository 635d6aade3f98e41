"""What a YAML scalar means under the core schema of YAML 1.2. Knows no places.

Source: YAML 1.2.2, section 10.3.2 (tag resolution). `1e-5` is a float; `off`, `yes` and `1:30` are strings.
"""

import math
import re
from collections.abc import Callable

from spaces.problems import Value

_PREFIX = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 100

COLLECTION_TAGS = {"mapping": _PREFIX + "map", "list": _PREFIX + "seq"}
"""The only tag that each kind of collection may carry."""


class ScalarError(ValueError):
    """A scalar that cannot be read; the text says why and ends without a full stop."""


def resolve(text: str, *, plain: bool, tag: str | None) -> Value:
    """The value of a scalar: typed by its text when `plain`, a string when quoted, by its tag when tagged.

    Raises: ScalarError for an unknown tag, a text that does not fit its tag, or a number out of range.
    """
    if tag is None:
        return _plain(text) if plain else text
    if tag == "!":
        return text
    reader = _BY_TAG.get(tag)
    if reader is None:
        raise ScalarError(f"the tag `{short_tag(tag)}` is not known here")
    return reader(text)


def short_tag(tag: str) -> str:
    """A tag as it is usually written: `!!int` for `tag:yaml.org,2002:int`."""
    return "!!" + tag[len(_PREFIX) :] if tag.startswith(_PREFIX) else tag


def _plain(text: str) -> Value:
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return _int(text)
    if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text):
        return _float(text)
    return text


def _int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ScalarError(f"`{_short(text)}` is no whole number")
    if len(text) > _MOST_DIGITS:
        raise ScalarError(f"a number of {len(text)} digits is too long")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


def _float(text: str) -> float:
    special = _SPECIAL.fullmatch(text)
    if special:
        return math.nan if special[3] else math.copysign(math.inf, -1.0 if special[1] == "-" else 1.0)
    if not _FLOAT.fullmatch(text):
        raise ScalarError(f"`{_short(text)}` is no number")
    number = float(text)
    if math.isinf(number):
        raise ScalarError(f"`{_short(text)}` is too large for a number")
    return number


def _bool(text: str) -> bool:
    if text not in _BOOLS:
        raise ScalarError(f"`{_short(text)}` is neither true nor false")
    return _BOOLS[text]


def _null(text: str) -> None:
    if text not in _NULLS:
        raise ScalarError(f"`{_short(text)}` is not null")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


_BY_TAG: dict[str, Callable[[str], Value]] = {
    _PREFIX + "str": str,
    _PREFIX + "int": _int,
    _PREFIX + "float": _float,
    _PREFIX + "bool": _bool,
    _PREFIX + "null": _null,
}

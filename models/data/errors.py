"""The one exception of bad data: what is wrong with it and how to mend it. Knows no file and no column."""

from collections.abc import Iterable, Sequence
from typing import Any

from spaces.problems import MendableError


class DataError(MendableError, ValueError):
    """The data, or what the study file says about them, is to be edited."""


def listed(items: Sequence[Any], *, at_most: int = 5) -> str:
    """The first items, comma separated, and how many more there are."""
    shown = ", ".join(str(item) for item in items[:at_most])
    more = len(items) - at_most
    return f"{shown} and {more} more" if more > 0 else shown


def row_list(positions: Iterable[int], *, at_most: int = 5) -> str:
    """Row numbers as a person counts them: from 1, the header not counted."""
    rows = [int(position) + 1 for position in positions]
    return f"{'row' if len(rows) == 1 else 'rows'} {listed(rows, at_most=at_most)}"

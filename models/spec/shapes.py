"""Which rows each family takes, and what to write when the data have others. Knows no framework."""

from collections.abc import Mapping

IMAGES = "images (height, width, channels)"
WINDOWS = "windows (steps, features)"

TAKES: Mapping[str, tuple[int, str]] = {"cnn": (3, IMAGES), "rnn": (2, WINDOWS)}
"""Family -> the rank of one prepared row, and its shape in words. Families that are not here take any row."""

WINDOWED = frozenset(family for family, (_, words) in TAKES.items() if words == WINDOWS)
"""Families for which an array (n, steps, features) is read as windows unless `windows` says otherwise."""

_MENDS = {
    ("cnn", 1): "write `family: mlp`",
    ("cnn", 2): "write `family: rnn`, or leave `windows` out if these are grey images",
    ("rnn", 1): "write `family: mlp`, or give an array (n, steps, features), with 1 feature for a plain series",
    ("rnn", 3): "write `family: cnn`, or give an array (n, steps, features) and leave `windows: false` out",
}


def misfit(family: str, input_shape: tuple[int, ...]) -> tuple[str, str] | None:
    """What is wrong with prepared rows of `input_shape` for `family`, and what to write; None where they fit."""
    rank, words = TAKES.get(family, (len(input_shape), ""))
    if len(input_shape) == rank:
        return None
    problem = f"{'an' if family[0] == 'r' else 'a'} {family} takes {words}, but a row has the shape {input_shape}"
    return problem, _MENDS.get((family, len(input_shape)), "write `family: mlp`")

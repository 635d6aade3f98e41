"""What has changed between two spaces."""

from spaces.difference import difference
from spaces.domains import Categories, IntRange
from spaces.expressions import parse
from spaces.space import Dimension, Space

LAYERS = Dimension("layers", IntRange(1, 4))


def test_equal_spaces_have_no_difference() -> None:
    first = Space((LAYERS, Dimension("a", IntRange(0, 1))), {"x": 1})
    second = Space((Dimension("a", IntRange(0, 1), default=1), LAYERS), {"x": 1})
    assert difference(first, second) == []


def test_every_change_is_a_sentence() -> None:
    before = Space(
        (LAYERS, Dimension("gone", IntRange(0, 1)), Dimension("kind", Categories(("a", "b"))),
         Dimension("m", IntRange(0, 9), parse("layers > 1"))),
        {"epochs": 40},
    )  # fmt: skip
    after = Space(
        (Dimension("layers", IntRange(1, 8)), Dimension("fresh", IntRange(0, 1)),
         Dimension("m", IntRange(0, 9), parse("layers > 2"))),
        {"kind": "a", "epochs": 60},
    )  # fmt: skip
    assert difference(before, after) == [
        "`epochs` was fixed at 40; it is fixed at 60",
        "`fresh` is new: {int: [0, 1]}",
        "`gone` is gone; it was {int: [0, 1]}",
        "`kind` was {choice: [a, b]}; it is fixed at a",
        "`layers` was {int: [1, 4]}; it is {int: [1, 8]}",
        "`m` was {int: [0, 9]} when layers > 1; it is {int: [0, 9]} when layers > 2",
    ]

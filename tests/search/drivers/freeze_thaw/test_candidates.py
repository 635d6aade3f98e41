"""New configurations that are drawn once and looked at again and again."""

import numpy as np

from search.drivers.freeze_thaw.candidates import GUESS, Candidates, Drawn
from search.drivers.freeze_thaw.encoding import Encoding
from spaces.domains import Categories
from spaces.space import Dimension, Space
from tests.search.drivers.freeze_thaw.synthetic import SPACE

ENCODING = Encoding(SPACE)
PARENT = {"rate": 3e-3, "optimizer": "adam", "layers": 3}


def drawn(at: int = 0, *, seed: int = 0, parents: dict[int, dict[str, object]] | None = None) -> Drawn:
    candidates = Candidates(SPACE, ENCODING, seed)
    return candidates.window(parents or {}, at=at, anywhere=32, near=16)  # type: ignore[arg-type]


def test_the_same_window_holds_the_same_configurations_whatever_was_asked_before() -> None:
    used = Candidates(SPACE, ENCODING, 0)
    for at in range(5):
        used.window({}, at=at, anywhere=32, near=0)
    assert (
        used.window({7: PARENT}, at=3, anywhere=32, near=16).configurations
        == drawn(3, parents={7: PARENT}).configurations
    )


def test_another_seed_draws_other_configurations() -> None:
    assert drawn(seed=1).configurations != drawn(seed=2).configurations


def test_a_window_that_moves_keeps_most_of_what_it_holds() -> None:
    before, after = drawn(0).configurations, drawn(1).configurations
    assert sum(configuration in before for configuration in after) == 24
    assert drawn(4).configurations != before


def test_rows_are_those_of_the_configurations() -> None:
    found = drawn(parents={GUESS: PARENT})
    np.testing.assert_array_equal(found.rows, ENCODING.rows(found.configurations))
    assert [SPACE.why_not(configuration) for configuration in found.configurations] == [None] * 48


def test_configurations_beside_a_parent_are_nearer_to_it_than_those_from_anywhere() -> None:
    found = drawn(parents={0: PARENT})
    apart = np.linalg.norm(found.rows - ENCODING.rows([PARENT]), axis=1)
    assert np.median(apart[32:]) < np.median(apart[:32])


def test_what_was_begun_is_left_out() -> None:
    found = drawn()
    left = found.without({found.rows[0].tobytes(), found.rows[5].tobytes()})
    assert left is not None
    assert left.configurations == [c for i, c in enumerate(found.configurations) if i not in (0, 5)]


def test_nothing_is_left_of_a_small_space_that_was_begun_whole() -> None:
    space = Space((Dimension("layers", Categories((1, 2))),))
    encoding = Encoding(space)
    found = Candidates(space, encoding, 0).window({}, at=0, anywhere=16, near=0)
    assert found.without({row.tobytes() for row in encoding.rows([{"layers": 1}, {"layers": 2}])}) is None

"""Which worker a trial goes to."""

import pytest

from search.backends.local import place_of


@pytest.mark.parametrize(
    ("warm", "place"),
    [
        ([[], []], 0),
        ([["b"], ["c"]], 0),
        ([["b"], ["c", "a"]], 1),
        ([["b"], ["a"], ["a"]], 1),
    ],
    ids=str,
)
def test_a_trial_goes_to_the_first_free_worker_that_has_its_graph_warm(warm: list[list[str]], place: int) -> None:
    assert place_of("a", warm) == place

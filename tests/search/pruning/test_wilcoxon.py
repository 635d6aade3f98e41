"""The paired test: its p-value against scipy's, and when it lets a configuration be stopped."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from models.objective import Direction
from search.pruning.wilcoxon import WilcoxonPruner, p_value
from search.study import Decision, Order

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
LEADER = {1: 0.90, 2: 0.92, 3: 0.91, 4: 0.93, 5: 0.94}


def less_by(*gaps: float) -> dict[int, float]:
    return {round_: LEADER[round_] - gap for round_, gap in enumerate(gaps, start=1)}


# ------------------------------------------------------------------------------------------- the p-value
@given(st.lists(st.floats(-10, 10, allow_nan=False), min_size=1, max_size=9, unique_by=abs))
def test_the_p_value_is_that_of_scipy_where_no_two_differences_are_alike(differences: list[float]) -> None:
    differences = [d for d in differences if d != 0] or [1.0]
    theirs = wilcoxon(differences, alternative="greater", method="exact").pvalue
    assert p_value(differences) == pytest.approx(theirs, rel=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=0, max_size=8))
def test_the_p_value_counts_every_way_to_give_out_the_signs(differences: list[int]) -> None:
    left = [d for d in differences if d != 0]
    ranks = rankdata(np.abs(left)) if left else np.array([])
    observed = ranks[np.array(left) > 0].sum() if left else 0.0
    sums = [ranks[np.array(signs, dtype=bool)].sum() for signs in itertools.product((0, 1), repeat=len(left))]
    assert p_value(differences) == pytest.approx(np.mean([total >= observed for total in sums]))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8))
def test_the_p_values_of_both_sides_cover_everything(differences: list[int]) -> None:
    both = p_value(differences) + p_value([-d for d in differences])
    assert both >= 1.0 - 1e-12


def test_the_least_p_value_of_so_many_pairs() -> None:
    assert [p_value([1.0 + n for n in range(pairs)]) for pairs in (3, 4, 5)] == [1 / 8, 1 / 16, 1 / 32]


# ------------------------------------------------------------------------------------------- the decision
def test_a_configuration_that_is_worse_with_every_seed_is_stopped() -> None:
    decision = WilcoxonPruner(UP).decide(less_by(0.01, 0.02, 0.03, 0.04), LEADER, name="trial 7")
    assert decision == Decision.stop("worse than trial 7 by the paired Wilcoxon test over 4 seeds (p = 0.062)")


def test_under_four_pairs_nothing_is_stopped() -> None:
    assert WilcoxonPruner(UP, 0.5).decide(less_by(0.1, 0.2, 0.3), LEADER) == Decision.go_on()


def test_only_seeds_that_both_have_are_compared() -> None:
    values = less_by(0.01, 0.02, 0.03, 0.04)
    del values[2]
    assert WilcoxonPruner(UP, 0.5).decide(values | {9: 0.0}, LEADER) == Decision.go_on()


def test_one_seed_that_says_otherwise_is_enough_to_go_on() -> None:
    assert WilcoxonPruner(UP).decide(less_by(0.01, 0.02, 0.03, -0.04), LEADER) == Decision.go_on()


def test_a_configuration_whose_mean_is_no_worse_goes_on_whatever_the_ranks_say() -> None:
    values = dict.fromkeys(range(1, 10), 0.9) | {10: 1.0}
    leader = dict.fromkeys(range(1, 10), 0.901) | {10: 0.5}
    assert WilcoxonPruner(UP).decide(values, leader) == Decision.go_on()


def test_the_leader_is_never_worse_than_itself() -> None:
    assert WilcoxonPruner(UP, 0.5).decide(LEADER, LEADER) == Decision.go_on()


def test_what_differs_in_the_seventh_digit_is_alike() -> None:
    assert WilcoxonPruner(UP, 0.5).decide(less_by(*[1e-8] * 5), LEADER) == Decision.go_on()


def test_a_threshold_of_0_stops_nothing() -> None:
    assert WilcoxonPruner(UP, 0.0).decide(less_by(*[0.5] * 5), LEADER) == Decision.go_on()


def test_it_compares_folds_as_well_as_seeds() -> None:
    assert "over 5 folds" in WilcoxonPruner(UP, over="folds").decide(less_by(*[0.5] * 5), LEADER).reason


@given(st.lists(st.tuples(st.floats(0.1, 1.0), st.floats(0.1, 1.0)), min_size=4, max_size=8))
def test_mirrored_objectives_give_the_same_decision(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = (dict(enumerate(values)) for values in zip(*pairs, strict=True))
    up = WilcoxonPruner(UP).decide(ours, theirs)
    down = WilcoxonPruner(DOWN).decide({k: -v for k, v in ours.items()}, {k: -v for k, v in theirs.items()})
    assert (up.order is Order.STOP, up.reason) == (down.order is Order.STOP, down.reason)

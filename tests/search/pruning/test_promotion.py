"""Which paused trials go on, and which never will."""

import math

import pytest

from models.objective import Direction
from search.ports import Promoter, Rested
from search.pruning.asha import AshaPruner
from search.pruning.hyperband import HyperbandPruner
from search.pruning.one_epoch import OneEpochPruner
from search.resting import Places, RestingTrials
from search.standings import Group, Standings
from search.study import Curve, Decision, Promotion
from tests.search.pruning.rivals import asked

UP = Direction.MAXIMIZE


class Field:
    """Trials by their values; those named rest where they are."""

    def __init__(
        self,
        curves: dict[int, tuple[float, ...]],
        *,
        rest: set[int],
        direction: Direction = UP,
        group: Group = lambda number: 0,
    ) -> None:
        self.resting = RestingTrials(direction, group)
        trials = [Curve(number, values) for number, values in curves.items()]
        self.standings = Standings.of(trials, direction, group)
        for trial in trials:
            if trial.number in rest:
                self.resting.add(Rested(trial.number, len(trial.values), trial.best(direction)))

    def promoted(self, pruner: Promoter, *, more: bool = True) -> Promotion | None:
        return pruner.promote(self.resting, self.standings.beside, more=more)

    def hopeless(self, pruner: Promoter, most: int | None) -> set[int]:
        return set(pruner.hopeless(self.resting, self.standings.beside, most=most))


def eight(sign: float = 1.0) -> dict[int, tuple[float, ...]]:
    return {n: (sign * n / 10,) for n in range(8)}


def test_asha_lets_the_best_of_a_rung_go_on_when_they_are_enough() -> None:
    pruner = AshaPruner(UP, eta=4)
    assert Field({n: (n / 10,) for n in range(3)}, rest={0, 1, 2}).promoted(pruner) is None
    promotion = Field(eight(), rest=set(range(8))).promoted(pruner)
    assert promotion == Promotion(7, "place 1 of 8 at the rung of epoch 1 by now")


def test_asha_promotes_downwards_when_small_is_good() -> None:
    field = Field(eight(-1.0), rest=set(range(8)), direction=Direction.MINIMIZE)
    promotion = field.promoted(AshaPruner(Direction.MINIMIZE, eta=4))
    assert promotion is not None
    assert promotion.number == 7


def test_asha_counts_those_that_have_gone_on() -> None:
    """Two of eight go on: with the best two gone there is nobody left, with one gone the second goes."""
    gone = {7: (0.7, 0.8), 6: (0.6, 0.7)}
    assert Field(eight() | gone, rest=set(range(6))).promoted(AshaPruner(UP, eta=4)) is None
    promotion = Field(eight() | {7: gone[7]}, rest=set(range(7))).promoted(AshaPruner(UP, eta=4))
    assert promotion is not None
    assert promotion.number == 6


def test_asha_looks_at_the_highest_rung_first() -> None:
    high = {10 + n: (0.9, 0.9 + n / 100) for n in range(2)}
    promotion = Field(eight() | high, rest={*range(8), *high}).promoted(AshaPruner(UP, eta=2))
    assert promotion is not None
    assert promotion.number == 11


def test_asha_lets_one_go_on_however_few_there_are_when_there_will_be_no_more() -> None:
    field = Field({0: (0.1,), 1: (0.2,)}, rest={0, 1})
    promotion = field.promoted(AshaPruner(UP, eta=4), more=False)
    assert promotion is not None
    assert promotion.number == 1


def test_asha_leaves_trials_alone_that_rest_between_rungs() -> None:
    field = Field({n: (0.1, n / 10, n / 10) for n in range(8)}, rest=set(range(8)))
    assert field.promoted(AshaPruner(UP, eta=2), more=False) is None
    assert field.hopeless(AshaPruner(UP, eta=2), 8) == set()


def test_asha_counts_a_trial_that_stopped_early_at_later_rungs() -> None:
    pruner = AshaPruner(UP, eta=2)
    early = Curve(1, (0.9,), ended=True)
    assert asked(pruner, Curve(2, (0.1, 0.2)), [early]) == Decision.pause(
        "0.2 is place 2 of 2 at the rung of epoch 2; the best goes on"
    )
    assert asked(pruner, Curve(2, (0.1, 0.95)), [early]) == Decision.go_on()


def test_asha_knows_who_never_goes_on() -> None:
    pruner = AshaPruner(UP, eta=4)
    field = Field(eight(), rest=set(range(8)))
    assert field.hopeless(pruner, None) == set()
    assert field.hopeless(pruner, 32) == set()
    assert field.hopeless(pruner, 16) == {0, 1, 2, 3}
    assert field.hopeless(pruner, 2) == set(range(7))


# ------------------------------------------------------------------------------------------- brackets
HYPERBAND = HyperbandPruner(UP, max_epochs=27, eta=3)


def in_bracket(bracket: int, count: int) -> list[int]:
    return [n for n in range(400) if HYPERBAND.group(n) == bracket][:count]


def bands(**counts: int) -> Field:
    """So many trials in each bracket, all of which rest at the first rung of theirs; later ones are better."""
    curves = {
        n: (n / 1000,) * 3 ** int(bracket[1:])
        for bracket, count in counts.items()
        for n in in_bracket(int(bracket[1:]), count)
    }
    return Field(curves, rest=set(curves), group=HYPERBAND.group)


def test_hyperband_promotes_the_best_of_a_bracket_when_its_trials_are_enough() -> None:
    assert bands(b0=2, b1=2).promoted(HYPERBAND) is None
    promotion = bands(b0=2, b1=3).promoted(HYPERBAND)
    assert promotion == Promotion(in_bracket(1, 3)[-1], "in bracket 1, place 1 of 3 at the rung of epoch 3 by now")


def test_hyperband_looks_at_the_highest_rung_of_all_brackets_first() -> None:
    promotion = bands(b0=9, b1=9, b2=3).promoted(HYPERBAND)
    assert promotion is not None
    assert promotion.number == in_bracket(2, 3)[-1]


def test_hyperband_lets_one_of_each_bracket_go_on_when_there_will_be_no_more() -> None:
    field = bands(b0=2, b1=1)
    promotion = field.promoted(HYPERBAND, more=False)
    assert promotion is not None
    assert promotion.number == in_bracket(1, 1)[0]
    field.resting.remove(promotion.number)
    promotion = field.promoted(HYPERBAND, more=False)
    assert promotion is not None
    assert promotion.number == in_bracket(0, 2)[-1]


def test_hyperband_knows_who_never_goes_on_in_its_bracket() -> None:
    field = bands(b0=4, b1=4)
    assert field.hopeless(HYPERBAND, None) == set()
    assert field.hopeless(HYPERBAND, 6) == {*in_bracket(0, 2), *in_bracket(1, 2)}


def test_one_epoch_lets_one_in_so_many_go_on() -> None:
    pruner = OneEpochPruner(UP, one_in=4)
    field = Field(eight(), rest=set(range(8)))
    assert field.promoted(pruner) == Promotion(7, "the best that rests of 8 after epoch 1")
    for number in (7, 6):
        field.resting.remove(number)
        field.resting.goes_on_from(number, 1)
    assert field.promoted(pruner) is None
    assert field.promoted(pruner, more=False) is None


def test_one_epoch_gives_the_last_part_of_a_lot_its_best() -> None:
    pruner = OneEpochPruner(UP, one_in=25)
    field = Field(eight(), rest=set(range(8)))
    assert field.promoted(pruner) is None
    promotion = field.promoted(pruner, more=False)
    assert promotion is not None
    assert promotion.number == 7


def test_one_epoch_rests_once() -> None:
    pruner = OneEpochPruner(UP, min_epochs=2, one_in=4)
    orders = [asked(pruner, Curve(9, (0.1,) * epochs), []).order.value for epochs in (1, 2, 3)]
    assert [order == "pause" for order in orders] == [False, True, False]


def test_one_epoch_knows_who_never_goes_on() -> None:
    pruner = OneEpochPruner(UP, one_in=4)
    field = Field(eight(), rest=set(range(8)))
    assert field.hopeless(pruner, None) == set()
    assert field.hopeless(pruner, 12) == {0, 1, 2, 3, 4}


# ------------------------------------------------------------------------------------------- where trials rest
@pytest.mark.parametrize(("direction", "order"), [(UP, [2, 1, 0]), (Direction.MINIMIZE, [2, 0, 1])])
def test_resting_trials_are_in_order_without_a_number_last(direction: Direction, order: list[int]) -> None:
    resting = RestingTrials(direction, lambda number: 0)
    for number, best in enumerate([0.9, 0.1, math.nan]):
        resting.add(Rested(number, 3, best))
    assert [rested.number for rested in resting.worst_first(0, 3)] == order
    best = resting.best(0, 3)
    assert best is not None
    assert best.number == order[-1]


def test_trials_that_no_longer_rest_leave_no_trace() -> None:
    resting = RestingTrials(UP, lambda number: number % 2)
    for number in range(4):
        resting.add(Rested(number, 1 + number // 2, 0.5))
    assert (resting.groups(), resting.epochs(1)) == ([0, 1], [2, 1])
    resting.remove(1)
    resting.remove(3)
    resting.remove(3)
    assert (resting.groups(), resting.epochs(1), len(resting), 1 in resting) == ([0], [], 2, False)


def test_places_follow_the_values_of_trials() -> None:
    places = Places(UP)
    for number, value in enumerate([0.5, 0.9, math.nan, 0.5]):
        places.put(number, value)
    assert [places.place(n) for n in range(4)] == [2, 1, None, 3]
    places.put(0, 0.95)
    places.drop(1)
    assert (places.first, [places.place(n) for n in range(4)]) == (0, [1, None, None, 2])

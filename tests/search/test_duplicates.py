"""Configurations that were tried before: found, counted, and told as the earlier trial ended."""

import numpy as np
import pytest
from spec_text import read

from search.duplicates import REFUSED_IN_A_ROW, TRIED_AGAIN, Duplicates, as_duplicate, as_told, identity, size_of
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState
from spaces.domains import Categories, FloatRange, IntRange
from spaces.space import Dimension, Space

DONE = Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=0.9, best_epoch=1, epochs=3)
FAILED = Outcome(TrialState.FAILED, Cause.ERROR, "ValueError: no")
CUT = Outcome(TrialState.PRUNED, Cause.BUDGET, "all 3 trials are used", objective=0.5)


def suggestion(number, x):
    return Suggestion(number, {"x": x}, 3)


def recorded(number, x, outcome):
    return RecordedTrial(suggestion(number, x), (), outcome)


def copied(number, x, of):
    return recorded(number, x, as_duplicate(of, DONE))


def test_equal_parameters_are_a_duplicate_and_others_are_not():
    known = Duplicates(skip=True, size=None, restored=[recorded(0, 1, DONE)])
    assert known.earlier(suggestion(1, 1)) == 0
    assert known.earlier(suggestion(1, 2)) is None
    assert known.earlier(suggestion(1, True)) is None


def test_where_duplicates_are_trained_none_is_found_and_nothing_is_exhausted():
    known = Duplicates(skip=False, size=1, restored=[recorded(0, 1, DONE)])
    assert known.earlier(suggestion(1, 1)) is None
    assert known.exhausted is None


@pytest.mark.parametrize("outcome", [FAILED, CUT])
def test_a_trial_that_failed_or_was_cut_off_may_be_trained_again(outcome):
    known = Duplicates(skip=True, size=None)
    known.trains(suggestion(0, 1))
    known.ended(suggestion(0, 1), outcome)
    assert known.earlier(suggestion(1, 1)) is None


def test_duplicates_of_a_running_trial_wait_for_its_end():
    known = Duplicates(skip=True, size=None)
    known.trains(suggestion(0, 1))
    known.waits(1, 0)
    known.waits(2, 0)
    assert list(known.ended(suggestion(0, 1), DONE)) == [1, 2]
    assert list(known.ended(suggestion(0, 1), DONE)) == []


def test_duplicates_of_an_unfinished_trial_of_an_earlier_command_wait_too():
    waiting = recorded(1, 1, as_duplicate(0, None))
    for skip in (True, False):
        known = Duplicates(skip=skip, size=None, restored=[recorded(0, 1, None), waiting])
        assert list(known.ended(suggestion(0, 1), DONE)) == [1]


def test_a_finite_space_is_exhausted_when_all_of_it_was_tried_or_is_infeasible():
    known = Duplicates(skip=True, size=2, restored=[recorded(0, 1, DONE)])
    assert known.exhausted is None
    known.infeasible(suggestion(1, 2))
    assert known.exhausted.startswith("all 2 configurations of the search space have been tried; ")
    one = Duplicates(skip=True, size=1, restored=[recorded(0, 1, DONE)])
    assert one.exhausted.startswith("the one configuration there is has been tried; ")


def test_after_nothing_but_duplicates_a_later_command_asks_for_a_few_more():
    copies = [copied(n, 1, 0) for n in range(1, TRIED_AGAIN + 1)]
    assert Duplicates(skip=True, size=None).tries == REFUSED_IN_A_ROW
    again = Duplicates(skip=True, size=None, restored=[recorded(0, 1, DONE), *copies])
    assert again.tries == TRIED_AGAIN
    again.give_up()
    assert f"{TRIED_AGAIN} suggestions since the last new one had been tried before" in again.exhausted
    again.trains(suggestion(99, 2))
    assert again.tries == REFUSED_IN_A_ROW


def test_limits_alone_exhaust_nothing():
    known = Duplicates(skip=True, size=None)
    known.infeasible(suggestion(0, 1))
    known.give_up()
    assert known.exhausted is None


def test_the_record_says_of_which_trial_and_what_became_of_it():
    assert as_duplicate(3, DONE).reason == "the same configuration as trial 3, which reached 0.9"
    assert as_duplicate(3, None).reason == "the same configuration as trial 3, which is not at its end"
    memory = Outcome(TrialState.PRUNED, Cause.OUT_OF_MEMORY, "no memory")
    assert as_duplicate(3, memory).reason.endswith("which ended without an objective (out of memory)")


def test_a_restored_driver_is_told_of_a_duplicate_what_a_running_one_was():
    told = as_told([recorded(0, 1, DONE), copied(1, 1, 0), recorded(2, 5, None), recorded(3, 5, as_duplicate(2, None))])
    assert [trial.outcome for trial in told] == [DONE, DONE, None, None]


def test_configurations_are_counted_where_they_can_be():
    x, y = Dimension("x", IntRange(1, 3)), Dimension("y", Categories(("a", "b")))
    assert size_of(Space((x, y))) == 6
    assert size_of(Space((x, Dimension("z", FloatRange(0.0, 1.0))))) is None
    assert size_of(Space((Dimension("x", IntRange(1, 10**6)),))) is None
    assert size_of(Space(())) == 1


def test_parameters_are_the_same_exactly_when_the_configurations_are(tmp_path):
    """With conditions, layers and defaults that stand for what is inactive."""
    text = (
        "study: s\ndata: sklearn:digits\nobjective: val_accuracy\nbudget: 4\n"
        "model: {layers: {int: [1, 2]}, units: {choice: [8, 16], per: layers}, "
        "dropout: {choice: [0.0, 0.1], when: layers >= 2}}\n"
        "training: {optimizer: {choice: [adam, sgd]}, momentum: {choice: [0.0, 0.9]}}\n"
    )
    study, rng = read(tmp_path, text), np.random.default_rng(0)
    sampled = [study.space.sample(rng) for _ in range(400)]
    pairs = {(identity(params), str(study.config(params).to_json())) for params in sampled}
    assert len(pairs) == len({params for params, _ in pairs}) == len({config for _, config in pairs})
    assert len(pairs) == size_of(study.space)

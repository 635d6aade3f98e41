"""The running study in memory: what counts as spent, who leads, what others see of a trial."""

import math

import pytest

from models.objective import Direction, Objective
from models.training.orders import EpochReport
from search.budget import Spent
from search.ledger import Ledger
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState

OBJECTIVE = Objective("val_accuracy", Direction.MAXIMIZE)


def outcome(state=TrialState.COMPLETE, cause=Cause.FINISHED, objective=0.5, epoch=1):
    return Outcome(state, cause, objective=objective, best_epoch=epoch, epochs=epoch)


def report(epoch, value):
    return EpochReport(epoch, {"val_accuracy": value}, 2.0)


@pytest.fixture
def ledger():
    return Ledger(OBJECTIVE)


def begun(ledger, number, *values):
    ledger.begin(Suggestion(number, {"x": number}, 10))
    for epoch, value in enumerate(values, start=1):
        ledger.epoch(number, report(epoch, value))


def test_a_trial_trains_until_it_ends_or_rests(ledger):
    for number in range(3):
        begun(ledger, number)
    ledger.end(0, outcome())
    ledger.rest(1)
    assert [e.number for e in ledger.training] == [2]
    assert [e.number for e in ledger.unfinished] == [1]


def test_a_trial_that_goes_on_keeps_its_epochs_and_forgets_its_order(ledger):
    begun(ledger, 0, 0.1, 0.2)
    ledger.entries[0].ordered = (Cause.PRUNED, "poor")
    ledger.rest(0)
    entry = ledger.begin(Suggestion(0, {}, 10, resume=True))
    assert entry.values == [0.1, 0.2]
    assert entry.ordered is None
    assert entry.is_training


def test_an_epoch_trained_again_takes_the_place_of_the_old_one_and_of_those_after_it(ledger):
    begun(ledger, 0, 0.1, 0.2, 0.3)
    entry = ledger.epoch(0, report(2, 0.25))
    assert entry.values == [0.1, 0.25]


def test_the_seconds_of_a_trial_add_up(ledger):
    begun(ledger, 0, 0.1, 0.2)
    assert ledger.entries[0].seconds == 4.0


def test_trials_and_epochs_are_spent_but_not_those_outside_the_limits(ledger):
    begun(ledger, 0, 0.1, 0.2)
    begun(ledger, 1)
    ledger.end(1, outcome(TrialState.PRUNED, Cause.INFEASIBLE, objective=None))
    assert ledger.spent(7.0) == Spent(trials=1, seconds=7.0, epochs=2)


def test_restored_trials_count_as_spent():
    stored = RecordedTrial(Suggestion(0, {}, 10), (0.1, 0.2, 0.3), outcome(), seconds=6.0)
    assert Ledger(OBJECTIVE, [stored]).spent(0.0) == Spent(trials=1, epochs=3)


def test_trials_are_counted_by_state_and_cause(ledger):
    for number, (state, cause) in enumerate(
        [
            (TrialState.COMPLETE, Cause.FINISHED),
            (TrialState.PRUNED, Cause.PRUNED),
            (TrialState.PRUNED, Cause.INFEASIBLE),
        ]
    ):
        begun(ledger, number)
        ledger.end(number, outcome(state, cause))
    begun(ledger, 3)
    assert ledger.count(TrialState.PRUNED) == 2
    assert ledger.count(TrialState.PRUNED, Cause.INFEASIBLE) == 1
    assert ledger.count(TrialState.COMPLETE) == 1


def test_the_incumbent_is_the_best_of_ended_and_running_trials(ledger):
    assert ledger.incumbent is None
    begun(ledger, 0)
    assert ledger.incumbent is None
    ledger.end(0, outcome(objective=0.5, epoch=4))
    assert (ledger.incumbent.number, ledger.incumbent.value, ledger.incumbent.epoch) == (0, 0.5, 4)
    begun(ledger, 1, 0.2, 0.7, 0.6)
    assert (ledger.incumbent.number, ledger.incumbent.value, ledger.incumbent.epoch) == (1, 0.7, 2)
    assert ledger.incumbent.params == {"x": 1}


def test_a_trial_without_a_number_never_leads(ledger):
    begun(ledger, 0, math.nan)
    begun(ledger, 1)
    ledger.end(1, outcome(TrialState.FAILED, Cause.ERROR, objective=None))
    assert ledger.incumbent is None


def test_others_are_all_trials_that_trained_but_the_one_that_asks(ledger):
    begun(ledger, 0, 0.1)
    begun(ledger, 1)
    begun(ledger, 2, 0.3)
    ledger.end(2, outcome())
    assert (len(ledger.others(0).bests(1)), ledger.others(0).complete) == (1, 1)
    assert (len(ledger.others(2).bests(1)), ledger.others(2).complete) == (1, 0)
    assert len(ledger.others(1).bests(1)) == 2


def test_others_are_those_of_the_same_group():
    ledger = Ledger(OBJECTIVE, group=lambda number: number % 2)
    for number in range(4):
        begun(ledger, number, 0.1 * number)
    assert ledger.others(0).bests(1).percentile(100.0) == 0.2
    assert ledger.others(1).bests(1).percentile(0.0) == pytest.approx(0.3)


def test_an_epoch_that_was_never_told_keeps_its_place(ledger):
    begun(ledger, 0, 0.1)
    entry = ledger.epoch(0, report(4, 0.4))
    assert [entry.values[0], entry.values[3]] == [0.1, 0.4]
    assert all(math.isnan(value) for value in entry.values[1:3])
    assert ledger.spent(0.0).epochs == 4


def test_the_epochs_of_a_checkpoint_that_are_not_known_are_named(ledger):
    begun(ledger, 0, 0.1, 0.2)
    history = [{"val_accuracy": value} for value in (0.1, 0.2, 0.3, 0.4)]
    assert [(r.epoch, r.metrics["val_accuracy"]) for r in ledger.missing(0, history)] == [(3, 0.3), (4, 0.4)]
    assert ledger.missing(0, history[:1]) == []


def test_the_oldest_unfinished_trial_comes_first(ledger):
    for number in range(4):
        begun(ledger, number)
    for number in (3, 1, 2):
        ledger.rest(number)
    assert [entry.number for entry in ledger.unfinished] == [1, 2, 3]
    ledger.begin(ledger.next_unfinished.suggestion)
    assert ledger.next_unfinished.number == 2
    ledger.end(2, outcome())
    assert ledger.next_unfinished.number == 3
    assert ledger.in_flight == 2


def test_of_two_trials_alike_the_older_one_leads(ledger):
    begun(ledger, 0)
    begun(ledger, 1)
    ledger.end(1, outcome(objective=0.5))
    ledger.end(0, outcome(objective=0.5))
    begun(ledger, 2, 0.5)
    assert ledger.incumbent.number == 0


def test_a_restored_ledger_counts_as_the_one_that_lived_through_it():
    lived = Ledger(OBJECTIVE)
    stored = []
    for number, end in enumerate((outcome(), None, outcome(TrialState.PRUNED, Cause.PRUNED, objective=0.2))):
        begun(lived, number, 0.1, 0.2)
        if end is None:
            lived.rest(number)
        else:
            lived.end(number, end)
        stored.append(RecordedTrial(lived.entries[number].suggestion, lived.entries[number].values, end))
    restored = Ledger(OBJECTIVE, stored)
    for ledger in (lived, restored):
        assert ledger.spent(0.0) == Spent(trials=3, epochs=6)
        assert [entry.number for entry in ledger.unfinished] == [1]
        assert (ledger.count(TrialState.COMPLETE), ledger.count(TrialState.PRUNED)) == (1, 1)
        assert ledger.incumbent == lived.incumbent
        assert (ledger.others(1).complete, len(ledger.others(1).bests(2))) == (1, 2)

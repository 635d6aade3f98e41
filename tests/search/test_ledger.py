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
    assert {curve.number: curve.values for curve in ledger.others(0)} == {2: (0.3,)}
    assert ledger.others(2)[0].ended is False
    assert ledger.others(0)[0].ended is True

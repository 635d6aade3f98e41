"""Trials that pause and go on, on simulated time: who lets them go on, what they cost, and how they end."""

from dataclasses import replace

import pytest
from test_runner import EPOCHS, Bench, rising

from search.budget import Budget
from search.drivers.scripted import ScriptedDriver
from search.study import Cause, RecordedTrial, TrialState

XS = [0.31, 0.77, 0.52, 0.93, 0.15, 0.64, 0.48, 0.86, 0.22, 0.58, 0.99, 0.40]
BANDS = {"pruner": "hyperband", "options": {"eta": 2}}
HALVING = {"pruner": "asha", "options": {"eta": 2}}


def recorded(runner):
    """The trials of a run, as its record has them."""
    return tuple(
        RecordedTrial(e.suggestion, tuple(e.values), e.outcome, e.seconds, pause=e.pause, promoted=e.promoted)
        for e in runner.ledger.entries.values()
    )


def interrupted_after(epochs, **settings):
    """A run that a person interrupts during its `epochs`-th epoch, and the next command."""
    trained = []

    def curve(params, epoch):
        trained.append(epoch)
        if len(trained) == epochs:
            first.runner.interrupt()
        return rising(params, epoch)

    first = Bench(XS, curve=curve, **settings)
    first.run()
    again = Bench(XS, restored=recorded(first.runner), checkpoints=first.checkpoints, **settings).run()
    return first, again


# ------------------------------------------------------------------------------------------- the pruner pauses
def test_every_trial_rests_at_the_first_rung_and_the_best_go_on_to_the_end():
    bench = Bench(XS, **HALVING).run()
    complete = [n for n, o in bench.teller.outcomes.items() if o.state is TrialState.COMPLETE]
    assert XS.index(max(XS)) in complete
    assert len(complete) < len(XS) / 2
    assert {number for number, epoch in bench.teller.pauses if epoch == 1} >= {0, 2, 4, 6, 8}


def test_the_worker_of_a_paused_trial_is_free_for_another_one():
    bench = Bench(XS, **HALVING).run()
    assert [number for number, epoch in bench.teller.started[:2]] == [0, 1]
    assert bench.teller.reports[:2] == [(0, 1), (1, 1)]


def test_a_promoted_trial_goes_on_at_its_next_epoch_and_epochs_count_once():
    bench = Bench(XS, **HALVING).run()
    assert bench.teller.promotions
    assert len(bench.teller.reports) == len(set(bench.teller.reports))
    assert bench.runner.ledger.spent(0.0).epochs == len(bench.teller.reports)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_budgets_of_trials_and_epochs_are_kept_exactly(workers):
    assert len(Bench(XS, **HALVING, workers=workers, budget=Budget(trials=5)).run().teller.outcomes) == 5
    assert Bench(XS, **HALVING, workers=workers, budget=Budget(epochs=23)).run().epochs_trained == 23


def test_when_no_new_trial_may_start_the_best_is_trained_to_its_end():
    bench = Bench(XS[:3], pruner="asha", options={"eta": 4}).run()
    assert bench.teller.outcomes[1].state is TrialState.COMPLETE
    assert bench.teller.outcomes[1].epochs == EPOCHS


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "one_epoch"])
@pytest.mark.parametrize("workers", [1, 3])
def test_every_trial_is_told_once_to_record_and_driver_and_none_is_left_resting(pruner, workers):
    bench = Bench(XS, pruner=pruner, workers=workers).run()
    assert sorted(bench.teller.outcomes) == sorted(bench.driver.told) == list(range(len(XS)))
    assert len(bench.runner.ledger.resting) == 0


def test_the_best_of_each_bracket_is_trained_to_its_end():
    bench = Bench(XS, **BANDS).run()
    complete = [n for n, o in bench.teller.outcomes.items() if o.state is TrialState.COMPLETE]
    group = bench.runner._parts.pruner.group
    best = {max((n for n in range(len(XS)) if group(n) == b), key=XS.__getitem__) for b in map(group, range(len(XS)))}
    assert set(complete) >= best
    assert len(complete) < len(XS)


def test_of_so_many_that_were_looked_at_once_one_goes_on():
    bench = Bench(XS, pruner="one_epoch", options={"one_in": 4}).run()
    complete = {n for n, o in bench.teller.outcomes.items() if o.state is TrialState.COMPLETE}
    assert complete == {3, 7, 10}
    assert bench.epochs_trained == len(XS) + 3 * (EPOCHS - 1)


# ------------------------------------------------------------------------------------------- how paused trials end
def test_a_paused_trial_ends_pruned_with_its_reason_and_its_best():
    bench = Bench(XS[:3], pruner="asha", options={"eta": 4}).run()
    outcome = bench.driver.told[0]
    assert (outcome.state, outcome.cause, outcome.epochs, outcome.best_epoch) == (
        *(TrialState.PRUNED, Cause.PRUNED, 1, 1),
    )
    assert outcome.objective == rising({"x": XS[0]}, 1)["val_accuracy"]
    assert outcome.reason == (
        "paused at epoch 1 (0.0878753 is place 1 of 1 at the rung of epoch 1; too few to let any go on), "
        "and not gone on with: the search space is exhausted"
    )


def test_the_best_paused_trials_are_stored_and_of_the_others_the_checkpoint_is_deleted():
    bench = Bench(XS, **HALVING, candidates=4, budget=Budget(epochs=20)).run()
    best = sorted(bench.teller.outcomes, key=lambda n: -bench.teller.outcomes[n].objective)
    deleted = {n for n, o in bench.teller.outcomes.items() if "its checkpoint is deleted" in o.reason}
    assert deleted
    assert not deleted & set(best[:4])
    assert bench.checkpoints == {}
    stored = {number for number, epoch in bench.teller.started if epoch == bench.teller.outcomes[number].epochs}
    assert stored >= {n for n in best[:4] if bench.teller.outcomes[n].cause is Cause.PRUNED}


def test_a_trial_that_can_no_longer_go_on_is_closed_while_the_study_runs():
    """Of twelve trials at most six go on from a rung: the seventh of it never will."""
    bench = Bench(XS, **HALVING, candidates=1, budget=Budget(trials=len(XS))).run()
    order = list(bench.teller.outcomes)
    assert order.index(XS.index(min(XS))) < order.index(XS.index(max(XS)))


# ------------------------------------------------------------------------------------------- interruptions
@pytest.mark.parametrize("epochs", [1, 4, 9, 16, 25])
@pytest.mark.parametrize("settings", [HALVING, BANDS, {"pruner": "one_epoch", "options": {"one_in": 3}}])
def test_an_interrupted_study_ends_as_one_that_was_not(epochs, settings):
    straight = Bench(XS, **settings).run()
    first, again = interrupted_after(epochs, **settings)
    assert first.ending.interrupted
    assert first.teller.outcomes | again.teller.outcomes == straight.teller.outcomes
    assert first.epochs_trained + again.epochs_trained == straight.epochs_trained


def test_a_paused_trial_is_not_taken_up_by_the_next_command_but_rests():
    first, again = interrupted_after(4, **HALVING)
    resting = set(first.runner.ledger.resting)
    assert resting
    assert again.teller.started[0][0] not in resting


def test_a_promoted_trial_that_has_lost_its_checkpoint_is_not_paused_again_on_its_way():
    first, _ = interrupted_after(18, **HALVING)
    promoted = [t for t in recorded(first.runner) if t.promoted and t.outcome is None and t.pause is None]
    assert promoted
    again = Bench(XS, restored=recorded(first.runner), checkpoints={}, **HALVING).run()
    number = promoted[0].number
    assert (number, 0) in again.teller.started
    assert (number, promoted[0].promoted[-1]) not in again.teller.pauses


# ------------------------------------------------------------------------------------------- the driver pauses
class Thrifty(ScriptedDriver):
    """Trains every configuration for two epochs, and then the best of them to its end."""

    def __init__(self, xs):
        super().__init__([{"x": x} for x in xs], max_epochs=EPOCHS)
        self.rested = {}
        self.wrong = None

    def ask(self, number):
        suggestion = super().ask(number)
        return self.go_on() if suggestion is None else replace(suggestion, pause_after=2)

    def go_on(self):
        if self.wrong is not None:
            return replace(super().ask(self.wrong), resume=True)
        if not self.rested or any(len(values) > 2 for values in self.rested.values()):
            return None
        best = max(self.rested, key=lambda n: self.rested[n][-1])
        return replace(super().ask(best), resume=True, pause_after=5)

    def paused(self, number, values):
        self.rested[number] = values


def test_a_driver_pauses_its_trials_and_lets_one_go_on():
    bench = Bench(XS[:4], driver=Thrifty(XS[:4])).run()
    assert {n: len(values) for n, values in bench.driver.rested.items()} == {0: 2, 1: 2, 2: 2, 3: 5}
    assert bench.teller.promotions == [(3, 2)]
    assert bench.teller.outcomes[3].reason == (
        "paused at epoch 5 (the sampler spends its epochs elsewhere), and not gone on with: "
        "the search space is exhausted"
    )


def test_a_driver_may_go_on_with_a_paused_trial_when_all_trials_are_used():
    bench = Bench(XS, driver=Thrifty(XS), budget=Budget(trials=4)).run()
    assert len(bench.teller.outcomes) == 4
    assert bench.teller.promotions == [(3, 2)]
    assert bench.ending.reason == "all 4 trials are used"


def test_a_driver_that_goes_on_with_a_trial_that_does_not_rest_is_refused():
    driver = Thrifty(XS[:2])
    driver.wrong = 7
    driver._params = tuple({"x": x} for x in XS)
    bench = Bench(XS, driver=driver, budget=Budget(trials=2))
    with pytest.raises(ValueError, match="trial 7 is to go on, but it is not paused"):
        bench.run()

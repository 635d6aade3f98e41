"""Trials that are ended in the middle of an epoch, on simulated time: when, why, and what is left of them."""

from dataclasses import replace

import pytest
from test_runner import EPOCHS, OBJECTIVE, Bench, rising

from models.training.orders import EpochReport
from search.budget import Budget
from search.forced import Forced, Trained
from search.overtime import Overtime
from search.study import Cause, Lost, Outcome, RecordedTrial, Suggestion, TrialState


def endless(last):
    """Epochs of a second until epoch `last`; the next one never ends."""
    return lambda params, epoch: 1.0 if epoch <= last else 1e6


def on_disk(epochs):
    """The checkpoint of trial 0 with x = 0.5 after so many epochs."""
    return {0: tuple(EpochReport(e, rising({"x": 0.5}, e), 1.0) for e in range(1, epochs + 1))}


# ------------------------------------------------------------------------------------------- the time of a trial
def test_a_trial_whose_epoch_does_not_end_is_ended_after_one_and_a_half_times_its_time():
    bench = Bench([0.5, 0.6], trial_seconds=6.0, budget=Budget(trials=1), epoch_s=endless(4)).run()
    outcome = bench.teller.outcomes[0]
    assert (outcome.state, outcome.cause, outcome.epochs, outcome.best_epoch) == (
        *(TrialState.PRUNED, Cause.OVER_TIME, 4, 4),
    )
    assert outcome.reason == "it was ended by force after 10 s of 6 s (workers.trial_time)"
    assert outcome.objective == rising({"x": 0.5}, 4)["val_accuracy"]
    assert bench.teller.started == [(0, 0), (0, 4)], "its checkpoint is stored, and nothing is trained again"
    assert bench.epochs_trained == 4


def test_a_trial_without_an_epoch_is_ended_by_force_with_nothing_to_store():
    bench = Bench([0.5], trial_seconds=6.0, epoch_s=endless(0)).run()
    outcome = bench.teller.outcomes[0]
    assert (outcome.cause, outcome.objective, outcome.epochs) == (Cause.OVER_TIME, None, 0)
    assert bench.teller.started == [(0, 0)]


def test_the_time_of_a_trial_counts_over_an_interruption():
    """Four seconds were trained by an earlier command; the checkpoint knows."""
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (0.1, 0.2, 0.3, 0.4), None)
    for allowed, epochs in ((6.0, 6), (3.0, 5)):
        again = Bench([0.5], restored=(stored,), checkpoints=on_disk(4), trial_seconds=allowed).run()
        outcome = again.teller.outcomes[0]
        assert (outcome.cause, outcome.epochs) == (Cause.OVER_TIME, epochs)


def test_the_time_by_which_a_trial_is_ended_by_force_counts_over_an_interruption():
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (0.1, 0.2, 0.3, 0.4), None)
    again = Bench(
        [0.5],
        restored=(stored,),
        checkpoints=on_disk(4),
        trial_seconds=6.0,
        epoch_s=endless(4),
    ).run()
    assert again.teller.outcomes[0].cause is Cause.OVER_TIME
    assert again.clock.monotonic_s() == pytest.approx(5, abs=1)


def test_the_time_of_a_trial_counts_over_a_lost_worker():
    bench = Bench([0.5], trial_seconds=6.0, lose={(0, 4): Cause.LOST}, epoch_s=endless(5)).run()
    assert bench.teller.outcomes[0].cause is Cause.OVER_TIME
    assert bench.clock.monotonic_s() == pytest.approx(10, abs=1)


# ------------------------------------------------------------------------------------------- the time of a study
@pytest.mark.parametrize(("seconds", "grace"), [(20.0, 2.0), (1000.0, 30.0)])
def test_when_the_time_of_a_study_is_over_epochs_have_a_grace_and_no_more(seconds, grace):
    epochs = {0: EPOCHS, 1: 3}
    bench = Bench(
        [0.5, 0.6],
        workers=2,
        budget=Budget(seconds=seconds),
        epoch_s=lambda params, epoch: 1.0 if epoch <= epochs[int(params["x"] > 0.5)] else 1e6,
    ).run()
    assert bench.ending.reason.startswith("the time of ")
    assert seconds + grace <= bench.clock.monotonic_s() < seconds + grace + 2
    cut = bench.teller.outcomes[1]
    assert (cut.state, cut.cause, cut.epochs) == (TrialState.PRUNED, Cause.BUDGET, 3)
    assert cut.reason == f"its epoch did not end within {grace:g} s after the study's time (budget.time)"
    assert cut.objective == rising({"x": 0.6}, 3)["val_accuracy"]
    assert bench.teller.outcomes[0].state is TrialState.COMPLETE


def test_an_epoch_that_ends_within_the_grace_counts():
    bench = Bench([0.5], budget=Budget(seconds=20.0), epoch_s=7.0).run()
    outcome = bench.teller.outcomes[0]
    assert (outcome.cause, outcome.epochs, outcome.reason) == (Cause.BUDGET, 3, "the time of 20 s is used")


def test_a_trial_of_an_earlier_command_is_stored_and_not_trained_when_the_time_is_up():
    """Its checkpoint is older than its last epoch: to train these again would take time that there is not."""
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (0.1, 0.2, 0.3, 0.4), None)
    bench = Bench([0.5], restored=(stored,), checkpoints=on_disk(2), seconds=30.0, budget=Budget(seconds=20.0)).run()
    outcome = bench.teller.outcomes[0]
    assert bench.epochs_trained == 0
    assert (outcome.cause, outcome.best_epoch, outcome.epochs) == (Cause.BUDGET, 2, 4)
    assert outcome.reason == "the time of 20 s is used; it is kept as it was after epoch 2"


def test_a_trial_without_a_checkpoint_keeps_its_best_value_and_says_that_it_has_no_model():
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (0.1, 0.3, 0.2), None)
    bench = Bench([0.5], restored=(stored,), seconds=30.0, budget=Budget(seconds=20.0)).run()
    outcome = bench.teller.outcomes[0]
    assert (outcome.state, outcome.objective, outcome.best_epoch) == (TrialState.PRUNED, 0.3, 2)
    assert outcome.reason == "the time of 20 s is used; it had left no checkpoint, so there is no model of it"


# ------------------------------------------------------------------------------------------- memory, and losses
def test_a_trial_out_of_memory_is_pruned_with_what_its_checkpoint_had():
    bench = Bench([0.5, 0.6], lose={(0, 4): Cause.OUT_OF_MEMORY}).run()
    outcome = bench.teller.outcomes[0]
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.PRUNED, Cause.OUT_OF_MEMORY, 3)
    assert outcome.objective == rising({"x": 0.5}, 3)["val_accuracy"]
    assert bench.teller.outcomes[1].state is TrialState.COMPLETE


class Unlucky:
    """A backend that hints at what is behind its losses, and loses workers also while they only store a trial."""

    def __init__(self, backend, while_storing=None):
        self._backend, self._cause, self._storing = backend, while_storing, []
        self.answer, self.end, self.close = backend.answer, backend.end, backend.close

    @property
    def free(self):
        return self._backend.free

    def submit(self, suggestion):
        if self._cause is None or suggestion.epochs:
            self._backend.submit(suggestion)
        else:
            self._storing.append(suggestion.number)

    def events(self, timeout_s):
        events = [Lost(number, self._cause, "lost again") for number in self._storing]
        self._storing.clear()
        for event in events or self._backend.events(timeout_s):
            yield replace(event, hint="memory may be short") if isinstance(event, Lost) else event


def unlucky(bench, while_storing=None):
    bench.runner._parts = replace(bench.runner._parts, backend=Unlucky(bench.backend, while_storing))
    return bench.run()


@pytest.mark.parametrize("cause", [Cause.OUT_OF_MEMORY, Cause.LOST])
def test_a_trial_that_cannot_even_be_stored_is_closed_without_files(cause):
    bench = unlucky(Bench([0.5, 0.6], lose={(0, 4): Cause.OUT_OF_MEMORY}), cause)
    outcome = bench.teller.outcomes[0]
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.PRUNED, Cause.OUT_OF_MEMORY, 3)
    assert outcome.reason.endswith("; it had left no checkpoint, so there is no model of it")
    assert bench.teller.outcomes[1].state is TrialState.COMPLETE


def test_what_may_be_behind_a_loss_is_said_when_it_happens_again_and_again():
    bench = unlucky(Bench([0.5], lose={(0, e): Cause.LOST for e in (2, 3, 4)}))
    reason = "its worker was lost 3 times, last: worker lost in epoch 4; memory may be short"
    assert (bench.teller.outcomes[0].state, bench.teller.outcomes[0].reason) == (TrialState.FAILED, reason)


# ------------------------------------------------------------------------------------------- the rules by themselves
def overtime(**limits):
    rules = Overtime(**({"trial_s": None, "budget_s": None} | limits))
    rules.submitted(Suggestion(0, {}, 5), now_s=0.0)
    return rules


def test_a_trial_that_only_stores_its_results_is_not_ended_by_force():
    """It has been told to stop and trains no more: there would be less of it, and nothing sooner."""
    rules = overtime(budget_s=20.0, trial_s=10.0)
    assert [force.cause for force in rules.due(now_s=25.0, spent_s=25.0)] == [Cause.OVER_TIME, Cause.BUDGET]
    rules.leaves(0)
    assert rules.due(now_s=26.0, spent_s=26.0) == []


def test_a_trial_that_has_left_its_worker_is_not_ended_by_force():
    rules = overtime(trial_s=10.0)
    rules.left(0)
    assert rules.due(now_s=25.0, spent_s=25.0) == []


def test_without_limits_of_time_nothing_is_ended_by_force():
    assert overtime().due(now_s=1e9, spent_s=1e9) == []


def test_a_trial_that_had_come_to_its_own_end_keeps_it():
    """It was ended by force while it stored its results, of which nothing was lost."""
    trained = Trained(OBJECTIVE, (0.1, 0.2), 2.0, planned=EPOCHS)
    stored = Outcome(TrialState.COMPLETE, Cause.EARLY_STOPPED, objective=0.2, best_epoch=2, epochs=2, seconds=2.0)
    forced = Forced(Cause.BUDGET, "too long")
    assert forced.with_stored(stored, trained) == stored
    whole = replace(stored, cause=Cause.FINISHED, epochs=EPOCHS)
    assert forced.with_stored(whole, trained) == whole
    cut = forced.with_stored(replace(stored, cause=Cause.FINISHED), trained)
    assert (cut.state, cut.cause, cut.objective, cut.reason) == (TrialState.PRUNED, Cause.BUDGET, 0.2, "too long")

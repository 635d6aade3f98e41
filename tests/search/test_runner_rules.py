"""The loop under goals, with duplicates, and with the audit of pruning; on simulated time."""

import pytest
from test_runner import EPOCHS, Bench, checkpoint

from search.budget import Budget
from search.duplicates import REFUSED_IN_A_ROW
from search.goals import Goals
from search.study import Cause, RecordedTrial, Suggestion, TrialState


def line(params, epoch):
    return {"val_accuracy": params["x"] * epoch / EPOCHS}


def goals(trials=50, **given):
    return Budget(trials=trials, goals=Goals(**given))


def recorded(bench):
    """The trials of a bench as its record would have them."""
    entries = bench.runner.ledger.entries.values()
    order = list(bench.teller.outcomes)
    return tuple(
        RecordedTrial(e.suggestion, e.values, e.outcome, ended=order.index(e.number) if e.number in order else 0)
        for e in entries
    )


# ------------------------------------------------------------------------------------------- goals
def test_a_target_reached_in_the_middle_of_a_trial_ends_it_as_complete_and_the_others_after_their_epoch():
    bench = Bench([0.2, 0.8, 0.9], curve=line, workers=2, budget=goals(target=0.3)).run()
    reached, other = bench.teller.outcomes[1], bench.teller.outcomes[0]
    assert (reached.state, reached.cause, reached.epochs) == (TrialState.COMPLETE, Cause.TARGET, 4)
    assert (other.state, other.cause) == (TrialState.PRUNED, Cause.BUDGET)
    assert other.epochs in (4, 5)
    assert sorted(bench.teller.outcomes) == [0, 1]
    assert bench.ending.reason == "the target 0.3 is reached: trial 1 has 0.32"
    assert not bench.ending.failed


def test_with_the_target_reached_nothing_is_started_again_and_unfinished_trials_are_closed():
    first = Bench([0.8], curve=line, budget=goals(target=0.3)).run()
    unfinished = RecordedTrial(Suggestion(1, {"x": 0.5}, EPOCHS), (0.05, 0.1), None)
    again = Bench(
        [0.8, 0.5, 0.9], curve=line, budget=goals(target=0.3), restored=(*recorded(first), unfinished),
        checkpoints={1: checkpoint(epochs=2)[0]},
    ).run()  # fmt: skip
    assert again.epochs_trained == 0
    assert again.teller.outcomes[1].cause is Cause.BUDGET
    assert again.ending.reason == first.ending.reason


def test_out_of_patience_running_trials_go_on_to_their_end():
    bench = Bench([0.9, 0.1, 0.1, 0.1, 0.1], workers=2, budget=goals(patience_trials=2)).run()
    assert {o.state for o in bench.teller.outcomes.values()} == {TrialState.COMPLETE}
    assert "trials in a row brought nothing better than" in bench.ending.reason
    assert len(bench.teller.outcomes) < 5


def test_a_running_trial_that_brings_a_better_one_lets_the_study_go_on():
    """Trial 1 takes so long that patience is used up before it ends."""
    bench = Bench(
        [0.5, 0.9, *[0.1] * 9], workers=2, budget=goals(patience_trials=3),
        epoch_s=lambda params, epoch: 10.0 if params["x"] == 0.9 else 1.0,
    ).run()  # fmt: skip
    assert "brought nothing better than" in bench.ending.reason
    assert "of trial 1" in bench.ending.reason
    assert sorted(bench.teller.outcomes)[-1] > 4


def test_a_study_out_of_patience_starts_nothing_again_and_goes_on_with_more():
    first = Bench([0.9] + [0.1] * 20, budget=goals(patience_trials=3)).run()
    assert sorted(first.teller.outcomes) == [0, 1, 2, 3]
    again = Bench([0.9] + [0.1] * 20, budget=goals(patience_trials=3), restored=recorded(first)).run()
    assert again.teller.outcomes == {}
    assert again.ending.reason == first.ending.reason
    more = Bench([0.9] + [0.1] * 20, budget=goals(patience_trials=5), restored=recorded(first)).run()
    assert sorted(more.teller.outcomes) == [4, 5]


# ------------------------------------------------------------------------------------------- duplicates
SKIP = {"skip_duplicates": True}


def test_a_duplicate_is_told_as_the_earlier_trial_ended_and_uses_no_trial():
    bench = Bench([0.5, 0.5, 0.6], rules=SKIP, budget=Budget(trials=2)).run()
    assert sorted(bench.teller.outcomes) == [0, 2]
    refused = bench.teller.refused[1]
    assert (refused.state, refused.cause, refused.objective) == (TrialState.PRUNED, Cause.DUPLICATE, None)
    assert refused.reason.startswith("the same configuration as trial 0, which reached 0.48")
    assert bench.driver.told[1] == bench.teller.outcomes[0]
    assert bench.epochs_trained == 2 * EPOCHS


def test_a_duplicate_of_a_running_trial_is_told_when_that_ends():
    bench = Bench([0.5, 0.5, 0.6], rules=SKIP, workers=2).run()
    assert bench.teller.refused[1].reason.endswith("trial 0, which is not at its end")
    assert bench.driver.told[1] == bench.teller.outcomes[0]


def test_duplicates_are_trained_where_that_is_asked_for():
    assert len(Bench([0.5] * 3).run().teller.outcomes) == 3


@pytest.mark.parametrize("workers", [1, 3])
def test_a_driver_of_nothing_but_duplicates_ends_the_study(workers):
    bench = Bench([0.5] * 5000, rules=SKIP, workers=workers).run()
    assert sorted(bench.teller.outcomes) == [0]
    assert len(bench.teller.refused) == REFUSED_IN_A_ROW
    assert bench.ending.reason.startswith("the search space is exhausted: 500 suggestions since the last new one")
    assert not bench.ending.failed


def test_limits_and_duplicates_together_exhaust_a_space_and_are_no_mistake():
    bench = Bench([0.5, 5.0] * 2000, rules=SKIP, limit=lambda p: "x <= 1: x is 5.0" if p["x"] > 1 else None).run()
    assert bench.ending.reason.startswith("the search space is exhausted")
    assert not bench.ending.failed


def test_a_space_of_which_all_was_tried_is_not_asked_for_more():
    bench = Bench([0.5, 0.6, 0.5, 0.7], rules={**SKIP, "configurations": 2}).run()
    assert sorted(bench.teller.outcomes) == [0, 1]
    assert bench.ending.reason.startswith("all 2 configurations of the search space have been tried")
    assert bench.teller.refused == {}


def test_restored_duplicates_are_told_to_the_driver_as_before():
    first = Bench([0.5, 0.5, 0.6], rules=SKIP).run()
    again = Bench([0.5, 0.5, 0.6], rules=SKIP, restored=recorded(first))
    assert again.driver.told == first.driver.told
    assert again.run().teller.outcomes == {}


# ------------------------------------------------------------------------------------------- audit
def audited(*numbers):
    return {"is_audited": lambda number: number in numbers}


def test_an_audited_trial_is_let_finish_and_its_stop_is_told_once():
    xs = [0.9] * 6 + [0.1, 0.2]
    plain, bench = Bench(xs, pruner="median").run(), Bench(xs, pruner="median", rules=audited(6)).run()
    stopped, spared = plain.teller.outcomes[6], bench.teller.outcomes[6]
    assert stopped.cause is Cause.PRUNED
    assert (spared.state, spared.cause, spared.epochs) == (TrialState.COMPLETE, Cause.FINISHED, EPOCHS)
    stop = bench.teller.spared[6]
    assert (stop.epoch, stop.reason) == (stopped.epochs, stopped.reason)
    assert stop.best == bench.teller.outcomes[0].objective
    assert bench.teller.outcomes[7].cause is Cause.PRUNED


def test_the_budget_ends_an_audited_trial_as_any_other():
    bench = Bench([0.9] * 6 + [0.1], pruner="median", rules=audited(6), budget=Budget(epochs=6 * EPOCHS + 6)).run()
    assert (bench.teller.outcomes[6].cause, bench.teller.outcomes[6].epochs) == (Cause.BUDGET, 6)


def test_a_trial_that_goes_on_after_a_crash_keeps_the_stop_that_was_recorded():
    first = Bench([0.9] * 6 + [0.1], pruner="median", rules=audited(6)).run()
    done, stop = recorded(first), first.teller.spared[6]
    values = done[6].values[:5]
    unfinished = RecordedTrial(done[6].suggestion, values, None, audited=stop)
    again = Bench(
        [0.9] * 6 + [0.1], pruner="median", rules=audited(6), restored=(*done[:6], unfinished),
        checkpoints={6: checkpoint(epochs=5)[0]},
    ).run()  # fmt: skip
    assert again.teller.spared == {}
    assert again.runner.ledger.entries[6].audited == stop
    assert again.teller.outcomes[6].state is TrialState.COMPLETE

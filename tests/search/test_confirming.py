"""The best configurations are trained again through the real loop, on simulated time."""

import math
from dataclasses import replace

import pytest
from test_runner import EPOCHS, Bench, rising

from search.budget import Budget
from search.confirmed import finalists
from search.confirming import Confirm
from search.goals import Goals
from search.study import Cause, RecordedTrial, TrialState

XS = [0.31, 0.77, 0.52, 0.93, 0.15, 0.64, 0.48, 0.86]
BEST = [3, 7, 1]
ENDLESS = Budget(trials=100)


def noisy(suggestion):
    """A repeat of a better `x` is better, up to what its seed adds; every seed adds the same to all."""
    repeat = suggestion.repeat
    luck = 0.0 if repeat is None else (repeat.seed % 1000) / 1e5
    return lambda params, epoch: {"val_accuracy": rising(params, epoch)["val_accuracy"] + luck}


def bench(*, top=3, seeds=2, p_threshold=0.1, budget=ENDLESS, curve_of=noisy, workers=1, **more):
    plan = Confirm(top, seeds, max_epochs=EPOCHS, workers=workers, p_threshold=p_threshold)
    return Bench(XS, curve_of=curve_of, budget=budget, workers=workers, rules={"confirm": plan}, **more)


def recorded(runner):
    return tuple(
        RecordedTrial(e.suggestion, tuple(e.values), e.outcome, e.seconds, pause=e.pause, promoted=e.promoted)
        for e in runner.ledger.entries.values()
    )


def repeats(made):
    """(trial that is repeated, round) of every repeat, in the order of their numbers."""
    found = [e.suggestion.repeat for _, e in sorted(made.runner.ledger.entries.items()) if e.is_repeat]
    return [(repeat.of, repeat.round) for repeat in found]


def searched(made):
    return len(made.runner.ledger.entries) - len(repeats(made))


# ------------------------------------------------------------------------------------------- what is repeated
def test_the_best_are_trained_again_round_by_round():
    made = bench().run()
    assert repeats(made) == [(n, r) for r in (1, 2) for n in BEST]
    assert made.ending.reason == (
        "the search space is exhausted, and the best 3 were trained again with 2 of 2 other seeds"
    )


def test_all_repeats_of_a_round_have_one_seed_and_rounds_have_others():
    made = bench(seeds=3).run()
    seeds = {}
    for entry in made.runner.ledger.entries.values():
        if entry.is_repeat:
            seeds.setdefault(entry.suggestion.repeat.round, set()).add(entry.suggestion.repeat.seed)
    assert [len(found) for found in seeds.values()] == [1, 1, 1]
    assert len(set.union(*seeds.values())) == 3


def test_a_repeat_has_the_configuration_and_the_source_of_its_trial():
    made = bench(top=1, seeds=1).run()
    again = made.runner.ledger.entries[len(XS)].suggestion
    assert (again.params, again.epochs, again.source) == ({"x": 0.93}, EPOCHS, "repeat of trial 3")
    assert again.repeat.of == 3


def test_nothing_is_repeated_unless_it_is_asked_for():
    made = Bench(XS).run()
    assert repeats(made) == []
    assert made.ending.reason == "the search space is exhausted"


def test_the_driver_hears_of_no_repeat_and_the_record_of_each():
    made = bench().run()
    assert sorted(made.driver.told) == list(range(len(XS)))
    assert made.teller.new == sorted(made.teller.outcomes) == list(range(len(XS) + 6))


def test_of_equal_configurations_one_is_repeated():
    made = bench(top=2, seeds=1)
    made = Bench([0.9, 0.9, 0.5], curve_of=noisy, rules={"confirm": made.runner._confirming._plan}).run()
    assert repeats(made) == [(0, 1), (2, 1)]


def test_fewer_trials_than_wanted_are_all_repeated():
    made = Bench([0.9], curve_of=noisy, rules={"confirm": Confirm(5, 2, max_epochs=EPOCHS)}).run()
    assert repeats(made) == [(0, 1), (0, 2)]
    assert made.ending.reason.endswith("and the best 1 were trained again with 2 of 2 other seeds")


def test_a_study_without_an_objective_has_nothing_to_repeat():
    made = bench(curve_of=lambda suggestion: lambda params, epoch: {"val_accuracy": math.nan}).run()
    assert repeats(made) == []
    assert made.ending.reason == "the search space is exhausted"


def test_an_infinite_objective_is_not_repeated():
    def curve_of(suggestion):
        return lambda params, epoch: {
            "val_accuracy": math.inf if params["x"] == 0.31 else rising(params, epoch)["val_accuracy"]
        }

    assert repeats(bench(top=1, seeds=1, curve_of=curve_of).run()) == [(3, 1)]


# ------------------------------------------------------------------------------------------- repeats are no search
def test_no_pruner_stops_or_pauses_a_repeat():
    def poor_again(suggestion):
        poor = 0.1 if suggestion.repeat else 1.0
        return lambda params, epoch: {"val_accuracy": poor * rising(params, epoch)["val_accuracy"]}

    for pruner in ("median", "successive_halving", "asha"):
        made = bench(curve_of=poor_again, pruner=pruner).run()
        again = [e for e in made.runner.ledger.entries.values() if e.is_repeat]
        assert len(again) == 6
        assert {(e.outcome.state, e.outcome.epochs) for e in again} == {(TrialState.COMPLETE, EPOCHS)}


def test_a_repeat_is_no_incumbent_and_no_rival_of_a_searched_trial():
    lucky = bench(top=1, seeds=1, curve_of=lambda s: lambda p, e: {"val_accuracy": p["x"] + (s.repeat is not None)})
    ledger = lucky.run().runner.ledger
    assert (ledger.incumbent.number, ledger.incumbent.value) == (3, 0.93)
    assert len(ledger.others(0).bests(1)) == len(XS) - 1


def test_a_target_is_reached_by_the_search_alone_and_ends_no_repeat():
    goals = Goals(target=0.4)
    made = bench(top=1, budget=Budget(trials=100, goals=goals)).run()
    assert repeats(made) == [(1, 1), (1, 2)]
    again = [e.outcome for e in made.runner.ledger.entries.values() if e.is_repeat]
    assert {(o.cause, o.epochs) for o in again} == {(Cause.FINISHED, EPOCHS)}
    assert made.ending.reason.startswith("the target ")


def test_repeats_begin_when_every_searched_trial_has_ended():
    made = bench(workers=3, pruner="asha", options={"eta": 2}).run()
    order = list(made.teller.outcomes)
    assert min(order.index(n) for n in order if n >= len(XS)) >= len(XS)
    assert len(made.runner.ledger.resting) == 0
    assert repeats(made) == [(n, r) for r in (1, 2) for n in BEST]


# ------------------------------------------------------------------------------------------- the paired test
def test_one_that_is_worse_with_every_seed_gets_no_fifth():
    made = bench(top=2, seeds=6).run()
    assert repeats(made) == [(n, r) for r in (1, 2, 3, 4) for n in (3, 7)] + [(3, 5), (3, 6)]
    assert (
        "trial   7  gets no further seeds: worse than trial 3 by the paired Wilcoxon test over 4 seeds (p = 0.062)"
        in (made.view.said)
    )
    assert made.ending.reason.endswith("the best 2 were trained again with 4 to 6 of 6 other seeds")


def test_without_a_threshold_all_get_all_seeds():
    assert len(repeats(bench(top=2, seeds=6, p_threshold=0.0).run())) == 12


# ------------------------------------------------------------------------------------------- the reserve
def test_the_search_leaves_its_trials_to_the_repeats():
    made = bench(top=2, seeds=2, budget=Budget(trials=9)).run()
    assert (searched(made), len(repeats(made))) == (5, 4)
    assert (
        made.ending.reason
        == "all 5 trials for the search are used, and the best 2 were trained again with 2 of 2 other seeds"
    )


def test_half_of_a_budget_is_for_the_search_and_the_repeats_are_fewer_then():
    made = bench(top=2, seeds=3, budget=Budget(trials=8)).run()
    assert (searched(made), len(repeats(made))) == (4, 4)
    assert made.ending.reason == (
        "all 4 trials for the search are used, and the best 2 were trained again with 2 of 3 other seeds: "
        "the budget has no room for more"
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_the_search_leaves_its_epochs_to_the_repeats(workers):
    made = bench(top=2, seeds=2, budget=Budget(epochs=80), workers=workers).run()
    assert made.runner.ledger.spent(0.0).epochs == 80
    assert len(repeats(made)) == 4
    again = [e.outcome for e in made.runner.ledger.entries.values() if e.is_repeat]
    assert {(o.state, o.epochs) for o in again} == {(TrialState.COMPLETE, EPOCHS)}


def test_trials_that_stop_early_need_a_smaller_reserve():
    def short(suggestion):
        return lambda params, epoch: rising(params, epoch) if epoch <= 5 else None

    made = bench(top=2, seeds=2, budget=Budget(epochs=60), curve_of=short).run()
    assert (searched(made), len(repeats(made))) == (8, 4)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_search_leaves_its_time_to_the_repeats(workers):
    made = bench(top=2, seeds=2, budget=Budget(seconds=100.0), workers=workers).run()
    assert len(repeats(made)) == 4
    assert {e.outcome.state for e in made.runner.ledger.entries.values() if e.is_repeat} == {TrialState.COMPLETE}
    assert made.runner.seconds <= 101.0


def test_a_round_that_would_not_be_whole_is_not_begun():
    made = bench(top=3, seeds=3, budget=Budget(trials=16)).run()
    assert (searched(made), repeats(made)) == (8, [(n, r) for r in (1, 2) for n in BEST])
    assert made.ending.reason.endswith("with 2 of 3 other seeds: the budget has no room for more")


def test_the_first_round_may_be_a_part():
    made = bench(top=3, seeds=1, budget=Budget(trials=5)).run()
    assert (searched(made), len(repeats(made))) == (3, 2)
    assert made.ending.reason.endswith("the best 3 were trained again with 0 to 1 of 1 other seeds: "
                                       "the budget has no room for more")  # fmt: skip


# ------------------------------------------------------------------------------------------- interruptions
def interrupted_after(epochs, **settings):
    trained = []

    def curve_of(suggestion):
        def curve(params, epoch):
            trained.append(epoch)
            if len(trained) == epochs:
                first.runner.interrupt()
            return noisy(suggestion)(params, epoch)

        return curve

    first = bench(curve_of=curve_of, **settings)
    first.run()
    again = bench(restored=recorded(first.runner), checkpoints=first.checkpoints, **settings).run()
    return first, again


@pytest.mark.parametrize("epochs", [5, 80, 81, 95, 110, 139])
def test_an_interrupted_study_is_confirmed_as_one_that_was_not(epochs):
    straight = bench().run()
    first, again = interrupted_after(epochs)
    assert first.ending.interrupted
    assert first.teller.outcomes | again.teller.outcomes == straight.teller.outcomes
    assert first.epochs_trained + again.epochs_trained == straight.epochs_trained
    assert repeats(again) == repeats(straight)


def test_a_confirmed_study_trains_nothing_more():
    done = bench().run()
    again = bench(restored=recorded(done.runner)).run()
    assert again.epochs_trained == 0
    assert again.ending == done.ending


def test_more_seeds_are_added_to_those_there_are():
    done = bench(seeds=1).run()
    again = bench(seeds=2, restored=recorded(done.runner)).run()
    assert repeats(again) == repeats(bench(seeds=2).run())


def test_a_larger_budget_searches_on_and_confirms_those_that_are_best_then():
    done = bench(top=2, seeds=1, budget=Budget(trials=5)).run()
    assert (searched(done), repeats(done)) == (3, [(1, 1), (2, 1)])
    driver = bench().driver
    driver._params = tuple({"x": x} for x in [*XS[:3], 0, 0, *XS[3:]])
    again = bench(top=2, seeds=1, budget=ENDLESS, restored=recorded(done.runner), driver=driver).run()
    assert [of for of, _ in repeats(again)] == [1, 2, 5, 9]
    found = finalists(recorded(again.runner), again.runner._rules.objective.direction)
    assert [one.number for one in found] == [5, 9, 1, 2]


def test_a_repeat_that_was_cut_is_made_again_when_there_is_room():
    done = bench(top=1, seeds=1).run()
    trials = list(recorded(done.runner))
    trials[-1] = replace(trials[-1], outcome=replace(trials[-1].outcome, state=TrialState.PRUNED, cause=Cause.BUDGET))
    again = bench(top=1, seeds=1, restored=tuple(trials)).run()
    assert repeats(again) == [(3, 1), (3, 1)]


def test_a_lost_worker_costs_a_repeat_nothing():
    made = bench(top=1, seeds=1, lose={(8, 4): Cause.LOST}).run()
    assert made.teller.outcomes[8].epochs == EPOCHS
    assert made.teller.outcomes[8].state is TrialState.COMPLETE

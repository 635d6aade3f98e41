"""The loop on simulated time: scripted suggestions, curves from a function, no TensorFlow."""

import math
from dataclasses import dataclass, field

import pytest

from models.objective import Direction, Objective
from models.training.orders import EpochReport
from search.backends.simulated import SimulatedBackend
from search.budget import Budget
from search.clock import ManualClock
from search.drivers.scripted import ScriptedDriver
from search.parts import Parts
from search.progress import SilentView
from search.pruning.registry import make_pruner
from search.runner import Rules, Runner
from search.study import Cause, RecordedTrial, Suggestion, TrialState

OBJECTIVE = Objective("val_accuracy", Direction.MAXIMIZE)
EPOCHS = 10


class Teller:
    """Keeps what it is told, as record and tracker would."""

    def __init__(self):
        self.new, self.refused, self.started, self.reports, self.outcomes = [], {}, [], [], {}
        self.total = 0.0
        self.turns, self.flushed = 0, []
        self.spared = {}
        self.pauses, self.promotions = [], []

    def new_trial(self, suggestion):
        self.new.append(suggestion.number)

    def never_trained(self, suggestion, outcome):
        self.refused[suggestion.number] = outcome

    def audited(self, number, stop):
        assert number not in self.spared, "a stop is told once"
        self.spared[number] = stop

    def trial_started(self, suggestion, *, epoch):
        self.started.append((suggestion.number, epoch))

    def epoch(self, number, report):
        self.reports.append((number, report.epoch))

    def paused(self, number, pause):
        self.pauses.append((number, pause.epoch))

    def goes_on(self, suggestion, promoted):
        self.promotions.append((suggestion.number, *promoted))

    def trial_finished(self, number, outcome):
        assert number not in self.outcomes, "a trial is told once"
        self.outcomes[number] = outcome

    def keep_up(self):
        self.turns += 1

    def flush(self):
        self.flushed.append(len(self.reports))

    def seconds(self, seconds):
        self.total = seconds


def rising(params, epoch):
    """A better `x` is better at every epoch."""
    return {"val_accuracy": params["x"] * (1 - math.exp(-epoch / 3))}


def checkpoint(*, epochs):
    """What trial 0 with x = 0.5 has on disk after so many epochs."""
    return {0: tuple(EpochReport(e, rising({"x": 0.5}, e), 1.0) for e in range(1, epochs + 1))}


class Shown(SilentView):
    """Counts what a person sees."""

    def __init__(self):
        self.shown, self.said = [], []

    def say(self, line):
        self.said.append(line)

    def show(self, progress):
        self.shown.append(progress)


@dataclass
class Bench:
    """A runner and what surrounds it."""

    xs: list
    curve: object = rising
    curve_of: object = None
    workers: int = 1
    budget: Budget = field(default_factory=lambda: Budget(trials=100))
    pruner: str = "none"
    options: dict = field(default_factory=dict)
    driver: object = None
    candidates: int = 10
    lose: dict = field(default_factory=dict)
    limit: object = None
    epochs_of: object = None
    trial_seconds: float | None = None
    restored: tuple = ()
    seconds: float = 0.0
    epoch_s: object = 1.0
    checkpoints: dict = field(default_factory=dict)
    rules: dict = field(default_factory=dict)

    def __post_init__(self):
        self.clock, self.teller, self.view = ManualClock(), Teller(), Shown()
        self.driver = self.driver or ScriptedDriver([{"x": x} for x in self.xs], max_epochs=EPOCHS)
        self.backend = SimulatedBackend(
            self.curve, objective=OBJECTIVE, workers=self.workers, seconds_per_epoch=self.epoch_s, clock=self.clock,
            lose=self.lose, checkpoints=self.checkpoints, curve_of=self.curve_of,
        )  # fmt: skip
        pruner = make_pruner(self.pruner, self.options, direction=Direction.MAXIMIZE, max_epochs=EPOCHS)
        parts = Parts(
            self.driver, pruner, self.backend, self.teller, self.clock, self.view,
            free=lambda number: self.checkpoints.pop(number, None),
        )  # fmt: skip
        limit = self.limit or (lambda params: None)
        rules = Rules(
            OBJECTIVE, self.budget, limit, self.epochs_of, self.trial_seconds, candidates=self.candidates, **self.rules
        )
        self.runner = Runner(parts, rules, restored=self.restored, seconds=self.seconds)

    def run(self):
        self.ending = self.runner.run()
        return self

    @property
    def epochs_trained(self):
        return len(self.teller.reports)


def test_a_trial_that_ends_with_the_budget_is_complete_when_it_has_all_its_epochs():
    bench = Bench([0.5, 0.9], budget=Budget(epochs=EPOCHS)).run()
    assert (bench.teller.outcomes[0].state, bench.teller.outcomes[0].reason) == (TrialState.COMPLETE, "")
    assert bench.ending.reason == "all 10 epochs are used"


def test_every_suggestion_is_trained_and_told_once():
    bench = Bench([0.5, 0.9, 0.7]).run()
    assert bench.ending.reason == "the search space is exhausted"
    assert {n: o.state for n, o in bench.teller.outcomes.items()} == dict.fromkeys(range(3), TrialState.COMPLETE)
    assert bench.teller.outcomes[1].best_epoch == EPOCHS
    assert bench.epochs_trained == 3 * EPOCHS


def test_a_trial_is_recorded_before_it_is_trained():
    bench = Bench([0.5]).run()
    assert bench.teller.new == [0]
    assert bench.teller.started == [(0, 0)]


def test_workers_train_side_by_side():
    alone, together = Bench([0.5] * 4).run(), Bench([0.5] * 4, workers=4).run()
    assert alone.clock.monotonic_s() >= 4 * EPOCHS
    assert together.clock.monotonic_s() < 2 * EPOCHS


@pytest.mark.parametrize("workers", [1, 3])
def test_the_budget_of_trials_is_kept_exactly(workers):
    bench = Bench([0.5] * 50, budget=Budget(trials=5), workers=workers).run()
    assert len(bench.teller.outcomes) == 5
    assert bench.ending.reason == "all 5 trials are used"


@pytest.mark.parametrize("workers", [1, 3])
def test_the_budget_of_epochs_is_never_overshot(workers):
    bench = Bench([0.5] * 50, budget=Budget(epochs=37), workers=workers).run()
    assert bench.epochs_trained == 37
    cut = [o for o in bench.teller.outcomes.values() if o.cause is Cause.BUDGET]
    assert cut
    assert all(o.state is TrialState.PRUNED and o.objective is not None for o in cut)


def test_the_budget_of_time_ends_trials_after_their_epoch():
    bench = Bench([0.5] * 50, budget=Budget(seconds=25.0)).run()
    assert 25 <= bench.clock.monotonic_s() < 27
    assert bench.ending.reason == "the time of 25 s is used"


def test_time_of_earlier_commands_counts():
    bench = Bench([0.5] * 50, budget=Budget(seconds=25.0), seconds=20.0).run()
    assert bench.clock.monotonic_s() < 8
    assert bench.teller.total >= 25


def test_a_pruned_trial_has_its_reason_and_keeps_its_best():
    bench = Bench([0.9] * 6 + [0.1], pruner="median").run()
    last = bench.teller.outcomes[6]
    assert (last.state, last.cause) == (TrialState.PRUNED, Cause.PRUNED)
    assert "median" in last.reason
    assert last.objective == pytest.approx(0.1 * (1 - math.exp(-last.epochs / 3)))
    assert last.epochs < EPOCHS


def test_a_trial_is_not_pruned_after_its_last_epoch():
    bench = Bench(
        [0.9] * 6 + [0.1],
        pruner="median",
        curve=lambda p, e: {"val_accuracy": p["x"] if e == EPOCHS else 0.5},
    )
    assert bench.run().teller.outcomes[6].state is TrialState.COMPLETE


def test_a_configuration_with_fewer_epochs_is_planned_and_judged_by_its_own():
    """After its last epoch no pruner is asked, however poor it is."""
    bench = Bench([0.9] * 6 + [0.1], pruner="median", epochs_of=lambda p: 1 if p["x"] == 0.1 else EPOCHS).run()
    assert [bench.runner.ledger.entries[n].suggestion.epochs for n in (5, 6)] == [EPOCHS, 1]
    assert (bench.teller.outcomes[6].state, bench.teller.outcomes[6].epochs) == (TrialState.COMPLETE, 1)


def test_a_configuration_outside_the_limits_is_told_and_costs_no_trial():
    bench = Bench([0.5, 5.0, 0.6], budget=Budget(trials=2), limit=lambda p: "x <= 1: x is 5.0" if p["x"] > 1 else None)
    bench.run()
    assert bench.teller.refused[1].cause is Cause.INFEASIBLE
    assert bench.teller.refused[1].reason == "x <= 1: x is 5.0"
    assert sorted(bench.teller.outcomes) == [0, 2]


def test_limits_that_leave_nothing_end_the_study_with_a_sentence():
    bench = Bench([5.0] * 600, limit=lambda p: "x <= 1: x is 5.0").run()
    assert "500 configurations in a row broke a limit (last: x <= 1: x is 5.0)" in bench.ending.reason


def test_a_lost_worker_costs_the_trial_nothing_but_its_epoch():
    bench = Bench([0.5], lose={(0, 4): Cause.LOST}).run()
    assert bench.teller.outcomes[0].state is TrialState.COMPLETE
    assert bench.teller.started == [(0, 0), (0, 3)]
    assert [epoch for _, epoch in bench.teller.reports] == list(range(1, EPOCHS + 1))


def test_a_trial_that_loses_its_worker_three_times_fails():
    bench = Bench([0.5, 0.6], lose={(0, e): Cause.LOST for e in (2, 3, 4)}).run()
    assert bench.teller.outcomes[0].state is TrialState.FAILED
    assert "its worker was lost 3 times" in bench.teller.outcomes[0].reason
    assert bench.teller.outcomes[1].state is TrialState.COMPLETE


def test_a_trial_over_its_time_is_pruned_with_its_best_and_not_repeated():
    bench = Bench([0.5], trial_seconds=3.0).run()
    outcome = bench.teller.outcomes[0]
    assert (outcome.state, outcome.cause, outcome.epochs) == (TrialState.PRUNED, Cause.OVER_TIME, 3)
    forced = Bench([0.5], lose={(0, 4): Cause.OVER_TIME}).run().teller.outcomes[0]
    assert (forced.cause, forced.epochs) == (Cause.OVER_TIME, 3)
    assert forced.objective is not None


def test_out_of_memory_is_pruned_and_the_study_goes_on():
    bench = Bench([0.5, 0.6], curve=lambda p, e: MemoryError("8 GB") if p["x"] == 0.5 else rising(p, e)).run()
    assert bench.teller.outcomes[0].cause is Cause.OUT_OF_MEMORY
    assert bench.teller.outcomes[1].state is TrialState.COMPLETE


def test_three_identical_failures_in_a_row_end_the_study_with_their_traceback():
    bench = Bench([0.5] * 10, curve=lambda p, e: ValueError("no such column")).run()
    assert len(bench.teller.outcomes) == 3
    assert "3 trials in a row failed alike: ValueError: no such column" in bench.ending.reason
    assert "ValueError: no such column" in bench.ending.traceback


def test_different_failures_do_not_end_the_study():
    bench = Bench([0.1, 0.2, 0.3, 0.4], curve=lambda p, e: ValueError(f"no {p['x']}")).run()
    assert len(bench.teller.outcomes) == 4
    assert not bench.ending.traceback


def test_an_interrupted_study_pauses_its_trials_and_tells_no_outcome():
    bench = Bench([0.5] * 5, workers=2)
    told = []

    def curve(params, epoch):
        told.append(epoch)
        if len(told) == 5:
            bench.runner.interrupt()
        return rising(params, epoch)

    bench.backend.curve = curve
    bench.run()
    assert bench.ending.interrupted
    assert bench.teller.outcomes == {}
    assert len(bench.runner.ledger.unfinished) == 2


def test_a_study_whose_trials_have_all_begun_is_interrupted_as_well():
    bench = Bench([0.5, 0.6], workers=3, budget=Budget(trials=2))
    told = []

    def curve(params, epoch):
        told.append(epoch)
        if len(told) == 5:
            bench.runner.interrupt()
        return rising(params, epoch)

    bench.backend.curve = curve
    bench.run()
    assert bench.ending.interrupted
    assert len(bench.runner.ledger.unfinished) == 2


def test_an_unfinished_trial_goes_on_before_a_new_one_starts():
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (0.1, 0.2), None)
    bench = Bench([0.5, 0.6], restored=(stored,), checkpoints=checkpoint(epochs=2), budget=Budget(trials=2)).run()
    assert bench.teller.started == [(0, 2), (1, 0)]
    assert len(bench.teller.outcomes[0].metrics) == 1
    assert bench.epochs_trained == 2 * EPOCHS - 2


def test_with_the_budget_used_up_an_unfinished_trial_is_closed_and_not_trained():
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (0.1, 0.2, 0.3, 0.4), None)
    bench = Bench([0.5] * 3, restored=(stored,), checkpoints=checkpoint(epochs=4), budget=Budget(epochs=4)).run()
    assert bench.epochs_trained == 0
    assert bench.teller.outcomes[0].cause is Cause.BUDGET
    assert bench.teller.outcomes[0].objective is not None


def test_an_unfinished_trial_without_an_epoch_is_closed_when_the_time_is_up():
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), (), None)
    bench = Bench([0.5], restored=(stored,), seconds=30.0, budget=Budget(seconds=20.0)).run()
    assert bench.teller.outcomes[0].cause is Cause.BUDGET


def test_finished_trials_of_an_earlier_command_count_and_are_not_repeated():
    done = Bench([0.5, 0.6]).run()
    restored = tuple(
        RecordedTrial(Suggestion(n, {"x": 0.5}, EPOCHS), (0.1,) * EPOCHS, o) for n, o in done.teller.outcomes.items()
    )
    bench = Bench([0.5] * 9, restored=restored, budget=Budget(trials=3)).run()
    assert sorted(bench.teller.outcomes) == [2]


def test_epochs_that_only_the_checkpoint_knows_are_recorded_when_the_trial_goes_on():
    """The study was killed: its last reports are lost, the checkpoint was written after them."""
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), [rising({"x": 0.5}, 1)["val_accuracy"]], None)
    bench = Bench([0.5], restored=(stored,), checkpoints=checkpoint(epochs=4)).run()
    assert bench.teller.reports == [(0, epoch) for epoch in range(2, EPOCHS + 1)]
    values = bench.runner.ledger.entries[0].values
    assert values == [rising({"x": 0.5}, epoch)["val_accuracy"] for epoch in range(1, EPOCHS + 1)]


def test_epochs_that_a_checkpoint_repeats_are_not_recorded_twice():
    stored = RecordedTrial(Suggestion(0, {"x": 0.5}, EPOCHS), [0.1] * 6, None)
    bench = Bench([0.5], restored=(stored,), checkpoints=checkpoint(epochs=4)).run()
    assert bench.teller.reports == [(0, epoch) for epoch in range(5, EPOCHS + 1)]


def test_what_is_told_may_be_stored_at_every_turn_of_the_loop():
    bench = Bench([0.5]).run()
    assert bench.teller.turns >= EPOCHS


def test_every_report_is_stored_before_the_driver_is_asked():
    bench = Bench([0.5] * 3).run()
    assert bench.teller.flushed == [0, EPOCHS, 2 * EPOCHS, 3 * EPOCHS]


def test_short_epochs_are_not_all_shown_but_every_end_is():
    bench = Bench([0.5] * 3, epoch_s=0.001).run()
    assert 3 <= len(bench.view.shown) <= 6
    assert [progress.complete for progress in bench.view.shown][-1] == 3


def test_long_epochs_are_all_shown():
    bench = Bench([0.5]).run()
    assert {progress.spent.epochs for progress in bench.view.shown} == set(range(EPOCHS + 1))

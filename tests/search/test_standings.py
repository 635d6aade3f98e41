"""The standings, kept up to date report by report, answer as if they were read from all curves every time."""

import math
import time

import numpy as np
import pytest

from models.objective import Direction, Objective
from models.training.orders import EpochReport, Order
from search.ledger import Ledger
from search.pruning.registry import PRUNERS, make_pruner
from search.standings import Ranking, Standings
from search.study import Cause, Curve, Outcome, Suggestion, TrialState
from tests.search.pruning.rivals import PlainRanking, WholeCurves

MAX_EPOCHS = 12
METRIC = "m"
OPTIONS = {
    "median": {"startup_trials": 2, "warmup_epochs": 0},
    "percentile": {"startup_trials": 2, "warmup_epochs": 1, "percentile": 30.0},
    "successive_halving": {"eta": 2},
    "hyperband": {"eta": 3},
    "patient": {"patience": 2, "pruner": {"name": "hyperband", "eta": 2}},
    "threshold": {"lower": -1.0},
    "dominated": {"dominators": 1, "warmup_epochs": 0},
}
LEVELS = (-math.inf, -0.5, 0.1, 0.1, 0.2, 0.3, 0.30000001, 0.7, math.inf, math.nan)
"""Few, so that ties are frequent."""


class History:
    """A study that lives through everything: steps at random, each decision compared with that over whole curves."""

    def __init__(self, name, direction, seed):
        self.rng = np.random.default_rng(seed)
        self.direction = direction
        self.pruner = make_pruner(name, OPTIONS.get(name, {}), direction=direction, max_epochs=MAX_EPOCHS)
        self.ledger = Ledger(Objective(METRIC, direction), group=self.pruner.group)
        self.orders = set()

    def live(self, steps):
        for _ in range(steps):
            kind = self.rng.choice(["report"] * 12 + ["begin"] * 2 + ["complete", "prune", "fail", "lose"])
            training = [entry.number for entry in self.ledger.training]
            if kind == "begin" or not training:
                self._begin()
            elif kind == "report":
                self._report(int(self.rng.choice(training)))
            elif kind == "lose":
                self.ledger.rest(int(self.rng.choice(training)))
            else:
                self._end(int(self.rng.choice(training)), kind)

    def _begin(self):
        resting = self.ledger.next_unfinished
        if resting is not None and self.rng.random() < 0.7:
            self.ledger.begin(resting.suggestion)
        else:
            self.ledger.begin(Suggestion(len(self.ledger.entries), {}, MAX_EPOCHS))

    def _report(self, number):
        """The next epoch; now and then one that was trained before, as after a lost worker."""
        known = len(self.ledger.entries[number].values)
        epoch = known + 1 if self.rng.random() < 0.85 else int(self.rng.integers(1, known + 2))
        if epoch > MAX_EPOCHS:
            self._end(number, "complete")
            return
        value = float(self.rng.choice(LEVELS)) if self.rng.random() < 0.6 else float(self.rng.random())
        entry = self.ledger.epoch(number, EpochReport(epoch, {METRIC: value}, 1.0, n_params=number % 3))
        group = self.pruner.group(number)
        others = [e.curve for e in self.ledger.entries.values() if e is not entry]
        whole = WholeCurves([c for c in others if self.pruner.group(c.number) == group], self.direction)
        decision = self.pruner.decide(entry.curve, self.ledger.others(number))
        assert decision == self.pruner.decide(entry.curve, whole)
        self.orders.add(decision.order)

    def _end(self, number, kind):
        state = {"complete": TrialState.COMPLETE, "prune": TrialState.PRUNED, "fail": TrialState.FAILED}[kind]
        self.ledger.end(number, Outcome(state, Cause.FINISHED))


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("name", sorted(PRUNERS))
def test_every_decision_is_that_over_whole_curves(name, direction):
    orders = set()
    with np.errstate(invalid="ignore"):  # numpy's percentile of infinities
        for seed in range(12):
            history = History(name, direction, seed)
            history.live(150)
            orders |= history.orders
    assert (Order.STOP in orders) is (name != "none")


@pytest.mark.parametrize("direction", list(Direction))
def test_a_ranking_leaves_the_asking_trial_out(direction):
    rng = np.random.default_rng(1)
    for _ in range(200):
        bests = sorted(rng.choice([0.1, 0.2, 0.2, 0.5, 0.7, rng.random()], int(rng.integers(2, 9))).tolist())
        without = int(rng.integers(len(bests)))
        ranking = Ranking(bests, direction, without)
        plain = PlainRanking(np.array(bests[:without] + bests[without + 1 :]), direction)
        assert len(ranking) == len(plain)
        for value in (*bests, 0.0, 0.3, 1.0, math.nan):
            assert ranking.better_than(value) == plain.better_than(value)
        for share in (0.0, 25.0, 50.0, 100 / 3, 90.0, 100.0):
            assert ranking.percentile(share) == plain.percentile(share)


def test_percentiles_are_those_of_numpy_to_the_last_bit():
    rng = np.random.default_rng(2)
    for _ in range(500):
        bests = sorted(rng.normal(size=int(rng.integers(1, 40))).tolist())
        share = float(rng.choice([50.0, 25.0, 75.0, 100 * rng.random()]))
        assert Ranking(bests, Direction.MAXIMIZE).percentile(share) == float(np.percentile(bests, share))


def test_a_question_builds_nothing_that_others_see():
    curves = [Curve(n, (0.1 * n, 0.2 * n), ended=True) for n in range(5)]
    asked, silent = Standings.of(curves, Direction.MAXIMIZE), Standings.of(curves, Direction.MAXIMIZE)
    for epoch in (1, 2, 3):
        len(asked.beside(0).bests(epoch))
    for standings in (asked, silent):
        standings.report(9, 1, 0.15)
        standings.complete(9)
    for epoch in (1, 2, 3):
        assert asked.beside(1).bests(epoch) == silent.beside(1).bests(epoch)
        assert asked.beside(1).bests_of_complete(epoch) == silent.beside(1).bests_of_complete(epoch)


def test_a_report_costs_as_much_in_a_large_study_as_in_a_small_one():
    """Ten times the trials, far less than ten times the CPU: the smaller of a few runs, against noise."""
    small, large = (min(cost_of_a_report(trials) for _ in range(3)) for trials in (1_000, 10_000))
    assert large < 4 * small


def cost_of_a_report(trials):
    pruner = make_pruner("median", {"warmup_epochs": 0}, direction=Direction.MAXIMIZE, max_epochs=MAX_EPOCHS)
    rng = np.random.default_rng(0)
    ledger = Ledger(Objective(METRIC, Direction.MAXIMIZE), group=pruner.group)

    def trial(number):
        ledger.begin(Suggestion(number, {}, MAX_EPOCHS))
        for epoch in range(1, 4):
            entry = ledger.epoch(number, EpochReport(epoch, {METRIC: rng.random()}, 1.0))
            pruner.decide(entry.curve, ledger.others(number))
            ledger.spent(1.0)
        ledger.end(number, Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=0.5, best_epoch=1))

    for number in range(trials):
        trial(number)
    begun = time.process_time()
    for number in range(trials, trials + 200):
        trial(number)
    return time.process_time() - begun

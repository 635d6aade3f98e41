"""Every option of every pruner changes a decision."""

import math
from typing import Any

import pytest

from models.objective import Direction
from search.ports import Rested
from search.pruning.registry import OPTIONS, make_pruner
from search.resting import RestingTrials
from search.standings import Standings
from search.study import Curve, Decision
from tests.search.pruning.rivals import asked

EPOCHS = 27
BASES: dict[str, dict[str, Any]] = {"threshold": {"lower": 0.3, "upper": 0.9}}
"""Options that a pruner cannot do without."""

CHANGES: dict[tuple[str, str], Any] = {
    ("median", "startup_trials"): 12,
    ("median", "warmup_epochs"): 9,
    ("median", "interval_epochs"): 5,
    ("median", "min_trials"): 12,
    ("percentile", "percentile"): 90.0,
    ("percentile", "startup_trials"): 12,
    ("percentile", "warmup_epochs"): 9,
    ("percentile", "interval_epochs"): 5,
    ("percentile", "min_trials"): 12,
    ("successive_halving", "min_epochs"): 5,
    ("successive_halving", "eta"): 2,
    ("successive_halving", "min_early_stopping_rate"): 2,
    ("hyperband", "min_epochs"): 5,
    ("hyperband", "eta"): 9,
    ("hyperband", "promote"): False,
    ("patient", "patience"): 1,
    ("patient", "min_delta"): 0.2,
    ("patient", "pruner"): {"name": "threshold", "lower": 0.99},
    ("threshold", "lower"): 0.6,
    ("threshold", "upper"): 0.5,
    ("threshold", "warmup_epochs"): 9,
    ("threshold", "interval_epochs"): 5,
    ("asha", "min_epochs"): 5,
    ("asha", "eta"): 2,
    ("one_epoch", "min_epochs"): 5,
    ("one_epoch", "one_in"): 5,
    ("extrapolate", "least_chance"): 0.4,
    ("extrapolate", "startup_trials"): 12,
    ("extrapolate", "warmup_epochs"): 9,
    ("extrapolate", "interval_epochs"): 5,
    ("dominated", "dominators"): 8,
    ("dominated", "warmup_epochs"): 9,
    ("dominated", "interval_epochs"): 5,
}
"""Pruner and option: another value than the default."""


def curve(number: int) -> Curve:
    """Curves that rise to ten different heights, some with setbacks."""
    values = [
        (number + 1) / 10 * (1 - math.exp(-epoch / 4)) + 0.1 * math.sin(epoch * number) for epoch in range(1, EPOCHS)
    ]
    return Curve(number, tuple(values), ended=True, n_params=100)


def decisions(name: str, options: dict[str, Any]) -> list[Decision]:
    """What the pruner says of every epoch of ten trials, each beside the nine others."""
    pruner = make_pruner(name, options, direction=Direction.MAXIMIZE, max_epochs=EPOCHS)
    trials = [curve(number) for number in range(10)]
    return [
        asked(pruner, Curve(trial.number, trial.values[:epoch], n_params=100), [t for t in trials if t is not trial])
        for trial in trials
        for epoch in range(1, EPOCHS)
    ]


def answers(name: str, options: dict[str, Any]) -> list[object]:
    """The orders of these decisions, and which of ten trials that rest after one epoch goes on."""
    pruner = make_pruner(name, options, direction=Direction.MAXIMIZE, max_epochs=EPOCHS)
    resting = RestingTrials(Direction.MAXIMIZE, pruner.group)
    trials = [Curve(number, curve(number).values[:1]) for number in range(10)]
    for trial in trials:
        resting.add(Rested(trial.number, 1, trial.values[0]))
    others = Standings.of(trials, Direction.MAXIMIZE, pruner.group).beside
    return [*(d.order for d in decisions(name, options)), pruner.promote(resting, others, more=True)]


@pytest.mark.parametrize(("name", "option"), CHANGES)
def test_an_option_changes_a_decision(name: str, option: str) -> None:
    base = BASES.get(name, {})
    changed = {**base, option: CHANGES[(name, option)]}
    assert answers(name, changed) != answers(name, base)


def test_no_option_is_left_out() -> None:
    assert set(CHANGES) == {(name, option) for name, options in OPTIONS.items() for option in options}

"""Every option of every pruner changes a decision."""

import math
from typing import Any

import pytest

from models.objective import Direction
from search.pruning.registry import OPTIONS, make_pruner
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
    ("patient", "patience"): 1,
    ("patient", "min_delta"): 0.2,
    ("patient", "pruner"): {"name": "threshold", "lower": 0.99},
    ("threshold", "lower"): 0.6,
    ("threshold", "upper"): 0.5,
    ("threshold", "warmup_epochs"): 9,
    ("threshold", "interval_epochs"): 5,
}
"""Pruner and option: another value than the default."""


def curve(number: int) -> Curve:
    """Curves that rise to ten different heights, some with setbacks."""
    values = [
        (number + 1) / 10 * (1 - math.exp(-epoch / 4)) + 0.1 * math.sin(epoch * number) for epoch in range(1, EPOCHS)
    ]
    return Curve(number, tuple(values), ended=True)


def decisions(name: str, options: dict[str, Any]) -> list[Decision]:
    """What the pruner says of every epoch of ten trials, each beside the nine others."""
    pruner = make_pruner(name, options, direction=Direction.MAXIMIZE, max_epochs=EPOCHS)
    trials = [curve(number) for number in range(10)]
    return [
        asked(pruner, Curve(trial.number, trial.values[:epoch]), [t for t in trials if t is not trial])
        for trial in trials
        for epoch in range(1, EPOCHS)
    ]


@pytest.mark.parametrize(("name", "option"), CHANGES)
def test_an_option_changes_a_decision(name: str, option: str) -> None:
    base = BASES.get(name, {})
    changed = decisions(name, {**base, option: CHANGES[(name, option)]})
    assert [d.order for d in changed] != [d.order for d in decisions(name, base)]


def test_no_option_is_left_out() -> None:
    assert set(CHANGES) == {(name, option) for name, options in OPTIONS.items() for option in options}

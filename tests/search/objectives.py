"""Optuna objectives as they are published, for tests."""

import sys
import time
from contextlib import suppress

import numpy as np
import optuna

STEPS = 6


def branching(trial):
    """Parameters that depend on others, reports and pruning."""
    x = trial.suggest_float("x", -5, 5)
    if trial.suggest_categorical("kind", ["a", "b"]) == "a":
        extra = trial.suggest_int("n", 1, 10) / 100
    else:
        extra = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
    value = 0.0
    for step in range(STEPS):
        value = x * x + 1 / (step + 1) + extra
        trial.report(value, step * 10)
        if trial.should_prune():
            raise optuna.TrialPruned(f"pruned at {step}")
    trial.set_user_attr("steps", STEPS)
    trial.set_user_attr("kind of value", "square")
    return value


def slow(trial):
    """Takes its time, so that it can be interrupted."""
    x = trial.suggest_float("x", 0, 1)
    for step in range(12):
        time.sleep(0.15)
        trial.report(x + 1 / (step + 1), step)
    return x


def silent(trial):
    """Reports nothing."""
    return np.float32(trial.suggest_float("x", 0, 1))


def deaf(trial):
    """Never asks whether it is to be pruned, and catches all errors."""
    trial.suggest_float("x", 0, 1)
    for step in range(STEPS):
        with suppress(Exception):
            trial.report(float(step), step)
    return float(STEPS)


def gives_up(trial):
    trial.suggest_float("x", 0, 1)
    raise optuna.TrialPruned("too large a model")


def returns_best_when_pruned(trial):
    trial.report(3.0, 0)
    return 3.0 if trial.should_prune() else 1.0


def returns_none(trial):
    trial.suggest_float("x", 0, 1)


def returns_two(trial):
    return 1.0, 2.0


def returns_one_of_a_list(trial):
    return [1.5]


def returns_nan(trial):
    trial.suggest_float("x", 0, 1)
    return float("nan")


def breaks(trial):
    trial.suggest_float("x", 0, 1)
    raise RuntimeError("no such layer")


def exits(trial):
    sys.exit(1)


def random_number(trial):
    return float(np.random.default_rng(np.random.randint(1 << 30)).random())


class Objective:
    """An objective with a state of its own."""

    def __call__(self, trial):
        return trial.suggest_float("x", 0, 1)


made = Objective()
number = 3


class Given:
    """An objective that needs its rows."""

    def __init__(self, rows):
        self.rows = rows

    def __call__(self, trial):
        return float(len(self.rows))

"""Every key under `training` changes behaviour."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.objective import Direction, Objective
from models.spec.sections import entries_of, knobs_of
from models.spec.training import TrainingSpec

Make = Callable[..., Any]

NUMBERS = {  # looked at by themselves, in test_optimizers_and_losses
    *("momentum", "nesterov", "beta_1", "beta_2", "rho", "weight_decay", "clip_norm", "clip_value"),
    "label_smoothing",
}

HISTORIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "epochs": ({}, {"epochs": 3}),
    "batch_size": ({}, {"batch_size": 60}),
    "optimizer": ({}, {"optimizer": "sgd"}),
    "loss": ({}, {"loss": "focal"}),
    "class_weights": ({}, {"class_weights": "balanced"}),
    "metrics": ({}, {"metrics": ["auc"]}),
}
"""Key: two options under which a trial's history differs."""


@pytest.mark.parametrize("key", HISTORIES)
def test_a_key_changes_the_history(trial: Make, key: str) -> None:
    base, change = HISTORIES[key]
    assert trial({**base, **change}).run().history != _base(trial, base)


_known: dict[str, Any] = {}


def _base(trial: Make, options: dict[str, Any]) -> Any:
    """The history under `options`, trained once for all tests."""
    name = repr(options)
    if name not in _known:
        _known[name] = trial(options).run().history
    return _known[name]


STILL = [1.0] * 6
ENDS: dict[str, tuple[dict[str, Any], list[float], int, str]] = {
    "early_stopping": ({"early_stopping": "none"}, STILL, 6, "epochs"),
    "early_stopping.patience": ({"early_stopping": {"patience": 2}}, STILL, 3, "early stopping"),
    "early_stopping.min_delta": (
        {"early_stopping": {"patience": 2, "min_delta": 0.5}},
        [9.0, 8.9, 8.8, 8.7, 8.6],
        3,
        "early stopping",
    ),
    "early_stopping.start_from_epoch": (
        {"early_stopping": {"patience": 1, "start_from_epoch": 3}},
        STILL,
        5,
        "early stopping",
    ),
    "stop_on_nan": ({"stop_on_nan": True}, [1.0, math.nan, 1.0], 2, "nan"),
    "stop_on_nan with infinity": ({"stop_on_nan": True}, [1.0, math.inf, 1.0], 2, "nan"),
    "stop_on_nan off": ({"stop_on_nan": False}, [1.0, math.nan, 1.0], 3, "epochs"),
    "stop_at": ({"stop_at": 0.5}, [1.0, 0.5, 0.1], 2, "target"),
    "stop_at off": ({"stop_at": "none"}, [1.0, 0.5, 0.1], 3, "epochs"),
}
"""Key: options, validation losses, and after which epoch and by what a trial ends."""


@pytest.mark.parametrize("key", ENDS)
def test_a_key_says_when_a_trial_ends(script: Make, key: str) -> None:
    options, values, epochs, reason = ENDS[key]
    played = script(options, values)
    assert (played.life.epoch, played.life.ended_by or "epochs") == (epochs, reason)


def test_stop_at_reads_the_objective_by_its_rule_and_direction(script: Make) -> None:
    objective = Objective("val_loss", Direction.MAXIMIZE, at="mean", last_k=2)
    assert script({"stop_at": 0.8}, [0.1, 0.9, 0.8, 0.9], objective=objective).life.epoch == 3


RATES: dict[str, tuple[dict[str, Any], list[float]]] = {
    "learning_rate": ({"learning_rate": 0.5}, [0.5] * 6),
    "schedule": ({"schedule": "cosine"}, [1, 0.933013, 0.75, 0.5, 0.25, 0.066987]),
    "warmup_epochs": ({"warmup_epochs": 1}, [0.5, 1, 1, 1, 1, 1]),
    "decay_rate": ({"schedule": "step", "decay_rate": 0.1, "decay_epochs": 3}, [1, 1, 1, 0.1, 0.1, 0.1]),
    "decay_epochs": ({"schedule": "step", "decay_rate": 0.1, "decay_epochs": 5}, [1, 1, 1, 1, 1, 0.1]),
    "reduce_lr": ({"reduce_lr": "none"}, [1, 1, 1, 1, 1, 1]),
    "reduce_lr.factor": ({"reduce_lr": {"factor": 0.1, "patience": 2}}, [1, 1, 1, 0.1, 0.1, 0.01]),
    "reduce_lr.patience": ({"reduce_lr": {"factor": 0.5, "patience": 1}}, [1, 1, 0.5, 0.25, 0.125, 0.0625]),
    "reduce_lr.min_lr": (
        {"reduce_lr": {"factor": 0.5, "patience": 1, "min_lr": 0.4}},
        [1, 1, 0.5, 0.4, 0.4, 0.4],
    ),
    "reduce_lr in a warm-up": (
        {"reduce_lr": {"factor": 0.5, "patience": 2}, "warmup_epochs": 4},
        [0.2, 0.4, 0.6, 0.4, 0.5, 0.25],
    ),
    "reduce_lr under a schedule": (
        {
            "reduce_lr": {"factor": 0.5, "patience": 1},
            "schedule": "step",
            "decay_rate": 0.1,
            "decay_epochs": 4,
        },
        [1, 1, 0.5, 0.25, 0.0125, 0.00625],
    ),
}
"""Key: options, and the learning rates of six epochs in which nothing improves after the first."""


@pytest.mark.parametrize("key", RATES)
def test_a_key_changes_the_learning_rate(script: Make, key: str) -> None:
    options, expected = RATES[key]
    history = script(options, STILL).life.history
    assert [row["learning_rate"] for row in history] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("wanted", "kept"), [(True, [2.0]), (False, None)])
def test_restore_best_keeps_the_weights_of_the_best_epoch(script: Make, wanted: bool, kept: Any) -> None:
    played = script({"restore_best": wanted}, [0.9, 0.3, 0.5])
    assert played.life.best_weights == kept


@pytest.mark.parametrize("wanted", [True, False])
def test_csv_log_writes_the_log(script: Make, tmp_path: Path, wanted: bool) -> None:
    path = tmp_path / "epochs.csv"
    script({"csv_log": wanted}, [1.0, 0.5], csv_log=path)
    assert path.exists() is wanted


@pytest.mark.parametrize(("seconds", "saved"), [(1, [1, 2, 3, 4]), (20, [2, 4]), (30, [3]), (50, [])])
def test_checkpoint_every_says_how_often(script: Make, seconds: int, saved: list[int]) -> None:
    """Each epoch takes ten seconds on the script's clock."""
    assert script({"checkpoint_every": seconds}, [1.0] * 4).saved == saved


def test_no_key_is_left_out() -> None:
    alone = {"restore_best", "csv_log", "checkpoint_every"}
    alone |= {"callbacks", "jit_compile"}  # in test_own_callbacks and test_jit_compile
    tested = {*HISTORIES, *ENDS, *RATES, *NUMBERS, *alone}
    keys = {place.name for place in knobs_of(TrainingSpec)} | set(entries_of(TrainingSpec))
    assert keys - tested == {"others"}, "`others` is read with the study file, before there is a configuration"

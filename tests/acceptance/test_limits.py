"""The real command against trials that take too much: time, memory, disk."""

import json
import os
import signal

import pytest

pytestmark = pytest.mark.slow

STUDY = """
study: limits
data: sklearn:digits
objective: val_accuracy
model: {family: mlp, layers: 2, units: 8}
training: {epochs: 3, batch_size: 64, learning_rate: 0.01}
search: {sampler: random, pruner: none, duplicates: train}
budget: {trials: 3}
tracking: none
"""
ENDLESS = ("model.units=2048", "model.layers=3", "training.batch_size=1", "training.epochs=100")
"""An epoch of minutes."""


@pytest.fixture
def study(place):
    place.write(STUDY)
    return place


def test_a_trial_that_outgrows_its_memory_is_pruned_with_both_figures(study):
    """8,000 units have 64 million weights, and Adam keeps two numbers more for each: more than a gigabyte."""
    text = study.run("run", "space.yaml", "model.units=8000", "workers.memory=900 MB", "budget=1")
    assert study.trials("limits") == {0: "PRUNED"}
    assert study.outcome("limits", 0, "cause") == "out of memory"
    reason = study.outcome("limits", 0, "reason")
    assert reason.startswith("out of memory: its worker held ")
    assert reason.endswith(" of the 900 MB of workers.memory")
    assert reason in text


def test_a_small_trial_keeps_within_the_same_memory(study):
    study.run("run", "space.yaml", "workers.memory=900 MB", "budget=2")
    assert study.trials("limits") == {0: "COMPLETE", 1: "COMPLETE"}


def test_a_memory_that_no_worker_can_do_with_is_told(study):
    text = study.run("run", "space.yaml", "workers.memory=50 MB", code=1)
    assert "workers.memory is 50 MB, but a worker takes " in text
    assert "before it trains anything; give it more, or leave it out" in text


def test_the_time_of_a_study_is_over_also_in_the_middle_of_an_epoch(study):
    text = study.run("run", "space.yaml", *ENDLESS, "budget={time: 10s}")
    assert "stopped: the time of 10 s is used" in text
    assert study.trials("limits") == {0: "PRUNED"}
    assert study.outcome("limits", 0, "reason") == (
        "its epoch did not end within 1 s after the study's time (budget.time)"
    )


def test_a_trial_that_is_ended_by_force_is_stored_as_its_last_checkpoint_has_it(study):
    """Its epoch does not end because its worker is stopped; another worker stores it."""
    long = ("training.epochs=10000", "training.early_stopping=none", "training.checkpoint_every=0.001")
    command = study.start("run", "space.yaml", *long, "budget={time: 15s}", "ensemble=1")
    trial = study.root / "studies" / "limits" / "trials" / "0000"
    command.wait_for(lambda text: (trial / "checkpoint").exists(), "a checkpoint")
    os.kill(command.workers()[0], signal.SIGSTOP)
    assert command.end() == 0, command.text
    assert study.trials("limits") == {0: "PRUNED"}
    assert study.outcome("limits", 0, "cause") == "budget used up"
    stored = json.loads((trial / "manifest.json").read_text())["result"]
    assert study.outcome("limits", 0, "best_epoch") == stored["best_epoch"] > 0
    assert {path.name for path in trial.iterdir()} >= {"model.keras", "predictions.npz"}
    assert not (trial / "checkpoint").exists()
    assert "the best single model wins" in command.text


def test_the_time_of_a_trial_is_over_also_in_the_middle_of_an_epoch(study):
    study.run("run", "space.yaml", *ENDLESS, "workers.trial_time=6s", "budget=1")
    assert study.outcome("limits", 0, "cause") == "over time"
    assert study.outcome("limits", 0, "reason").startswith("it was ended by force after ")


def test_beyond_so_many_trials_models_are_deleted_and_the_rest_is_exported(study):
    study.run("run", "space.yaml", "keep=2", "ensemble=2", "budget=4")
    trials = study.root / "studies" / "limits" / "trials"
    assert len(list(trials.glob("*/model.keras"))) == len(list(trials.glob("*/manifest.json"))) == 2
    assert len(list(trials.glob("*/deleted.json"))) == 2
    members = json.loads((trials.parent / "ensemble.json").read_text())["members"]
    assert all((trials / f"{m['trial']:04d}" / "model.keras").exists() for m in members)
    study.run("export", "limits", "--to", "exported")

"""The real command, killed in mid-study in every way that a night can bring, and run again."""

import os
import re
import signal

import pytest

pytestmark = pytest.mark.slow

STUDY = """
study: night
seed: 3
data: sklearn:digits
model: {family: mlp, layers: 2, units: {int: [16, 64]}}
training:
  epochs: 40
  batch_size: 16
  learning_rate: {float: [1e-3, 1e-2], log: true}
  early_stopping: none
  checkpoint_every: 0.001
search: {sampler: random, pruner: none}
budget: {trials: 5}
workers: 2
"""
TRIALS, EPOCHS = 5, 40


FROZEN = """
import sys
from dataclasses import replace
from pathlib import Path

from search.backends.local import LocalBackend
from search.clock import SystemClock
from search.session import Stage, local_settings, run_study
from search.spec import load


def workers(study, clock):
    return LocalBackend(replace(local_settings(study), frozen_s=7.0), study.task_of, clock)


if __name__ == "__main__":
    sys.exit(run_study(load(Path("space.yaml")), stream=sys.stdout, stage=Stage(SystemClock(), workers)))
"""
"""The command `run`, with less patience."""


@pytest.fixture
def study(place):
    place.write(STUDY)
    return place


def finished(text):
    return re.findall(r"^trial +(\d+)  done", text, re.MULTILINE)


def check_whole(place):
    """The budget is used, every trial counts once, nothing is left running; in MLflow every trial is one run with
    every epoch once.
    """
    assert place.trials("night") == dict.fromkeys(range(TRIALS), "COMPLETE")
    assert place.epochs("night") == dict.fromkeys(range(TRIALS), EPOCHS)
    runs = place.runs()
    assert sorted(runs) == ["night", *(f"trial-{n:04d}" for n in range(TRIALS))]
    assert all(statuses == ["FINISHED"] for statuses in runs.values())
    shown = place.steps("val_loss")
    assert {name: shown[name] for name in runs if name != "night"} == {
        f"trial-{n:04d}": list(range(1, EPOCHS + 1)) for n in range(TRIALS)
    }


def test_a_killed_coordinator_loses_no_finished_trial_and_counts_none_twice(study):
    command = study.start("run", "space.yaml")
    command.wait_for(lambda text: len(finished(text)) >= 2, "two finished trials")
    command.kill()
    command.end()
    before = {n for n, state in study.trials("night").items() if state == "COMPLETE"}
    assert len(before) >= 2
    text = study.run("run", "space.yaml")
    assert not before & {int(n) for n in finished(text)}
    check_whole(study)


def test_a_killed_worker_is_replaced_and_its_trial_goes_on(study):
    command = study.start("run", "space.yaml")
    command.wait_for(lambda text: len(finished(text)) >= 1, "a finished trial")
    os.kill(command.workers()[0], signal.SIGKILL)
    assert command.end() == 0, command.text
    assert "its worker died (killed by SIGKILL)" in command.text
    check_whole(study)


def test_a_frozen_worker_is_replaced_and_its_trial_goes_on(study):
    """Stopped in the middle of whatever it does; here a worker is taken for frozen sooner than after a minute."""
    command = study.start_script(FROZEN)
    command.wait_for(lambda text: len(finished(text)) >= 1, "a finished trial")
    os.kill(command.workers()[0], signal.SIGSTOP)
    assert command.end() == 0, command.text
    assert "its worker gave no sign of life for 7 s" in command.text
    check_whole(study)


def test_a_worker_whose_epoch_never_ends_is_replaced_and_its_trial_goes_on(study):
    command = study.start("run", "space.yaml", "workers.silence=9s")
    command.wait_for(lambda text: len(finished(text)) >= 1, "a finished trial")
    os.kill(command.workers()[0], signal.SIGSTOP)
    assert command.end() == 0, command.text
    assert "no epoch ended for 9 s (workers.silence)" in command.text
    check_whole(study)


def test_ctrl_c_saves_the_epoch_and_the_next_run_goes_on_in_the_same_mlflow_runs(study):
    command = study.start("run", "space.yaml")
    command.wait_for(lambda text: len(finished(text)) >= 1, "a finished trial")
    command.kill(signal.SIGINT)
    assert command.end() == 130
    assert "stopping after this epoch" in command.text
    assert "go on:  python -m search run space.yaml" in command.text
    assert not [s for statuses in study.runs().values() for s in statuses if s == "RUNNING"]
    study.run("run", "space.yaml")
    check_whole(study)


def test_sigterm_ends_a_study_as_gently_as_ctrl_c(study):
    command = study.start("run", "space.yaml")
    command.wait_for(lambda text: len(finished(text)) >= 1, "a finished trial")
    command.kill(signal.SIGTERM)
    assert command.end() == 130
    assert "go on:" in command.text


def test_a_second_ctrl_c_stops_at_once_and_the_study_can_go_on(study):
    command = study.start("run", "space.yaml")
    command.wait_for(lambda text: len(finished(text)) >= 1, "a finished trial")
    stopped = command.workers()
    for worker in stopped:
        os.kill(worker, signal.SIGSTOP)  # so that no epoch ever ends
    command.kill(signal.SIGINT)
    command.wait_for(lambda text: "once more stops at once" in text, "the first answer")
    command.kill(signal.SIGINT)
    assert command.end() == 130
    study.run("run", "space.yaml")
    check_whole(study)


def test_a_finished_study_trains_nothing_more(study):
    study.run("run", "space.yaml")
    text = study.run("run", "space.yaml")
    assert finished(text) == []
    assert "stopped: all 5 trials are used" in text
    check_whole(study)

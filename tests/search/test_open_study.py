"""From a suggestion to a task: seeds, data sets, limits and the longest training."""

import numpy as np
import pytest
from spec_text import SMALL, read

from models.config import Config
from search.open_study import OpenStudy
from search.study import Suggestion

IRIS = SMALL.replace("digits", "iris")


@pytest.fixture
def opened(tmp_path):
    def open_study(*overrides, text=IRIS):
        return OpenStudy.open(read(tmp_path, text, f"folder={tmp_path}", *overrides))

    return open_study


def test_every_trial_has_a_seed_of_its_own(opened):
    first, other = opened("seed=1"), opened("seed=2")
    assert len({first.seed_of(n) for n in range(100)} | {other.seed_of(n) for n in range(100)}) == 200
    assert first.seed_of(3) == opened("seed=1").seed_of(3)


def test_a_task_holds_all_that_a_worker_needs(opened, tmp_path):
    study = opened("training.epochs=7", "model={layers: 1, units: {int: [4, 9]}}")
    task = study.task_of(Suggestion(5, {"units": 6}, 7, resume=True))
    assert (task.number, task.epochs, task.resume, task.seed) == (5, 7, True, study.seed_of(5))
    assert task.folder == tmp_path / "small" / "trials" / "0005"
    assert Config.from_json(task.config).values()["units"] == (6,)
    assert (task.data / "signature.json").exists()


def test_one_data_set_is_prepared_for_each_configuration_of_the_data_knobs(opened):
    study = opened("data.scaling={choice: [standard, robust]}")
    standard, again, robust = (
        study.data.of(study.file.config({"scaling": name})) for name in ("standard", "standard", "robust")
    )
    assert standard[0] == again[0] != robust[0]
    assert standard[1] is again[1]
    assert not np.allclose(standard[1].train.x, robust[1].train.x)
    assert (standard[1].train.rows == robust[1].train.rows).all()


def test_the_seed_decides_the_data_set(opened):
    folders = {opened(f"seed={seed}").task_of(Suggestion(0, {}, 1)).data for seed in (1, 2)}
    assert len(folders) == 2


def test_a_broken_limit_is_told_with_its_value(opened):
    study = opened("limits=[params <= 100]", "model={layers: 1, units: {int: [4, 900]}}")
    assert study.why_infeasible({"units": 4}) is None
    assert study.why_infeasible({"units": 900}) == "params <= 100: params is 7203"


def test_without_limits_no_data_are_read(opened, tmp_path):
    study = opened("data={source: absent.csv, target: y}")
    assert study.why_infeasible({}) is None
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(("epochs", "most"), [("7", 7), ("{int: [3, 12]}", 12), ("{choice: [5, 20, 10]}", 20)])
def test_the_longest_training_is_known_also_when_it_varies(opened, epochs, most):
    assert opened(f"training.epochs={epochs}").file.max_epochs == most


def test_trials_train_a_tenth_of_their_epochs_at_a_time_where_most_have_a_graph_of_their_own(opened):
    shared = "model={layers: 1, units: {int: [4, 900]}}"
    assert opened("training.epochs=50", shared).stint == 1
    alone = "model={layers: {int: [1, 9]}, activation: {choice: [relu, gelu, elu, tanh]}}"
    assert opened("training={epochs: 45, optimizer: {choice: [adam, sgd, rmsprop, nadam]}}", alone).stint == 5


@pytest.mark.parametrize(
    ("budget", "mean"),
    [
        ("{trials: 20}", 10),
        ("{trials: 20, epochs: 100}", 5),
        ("{trials: 20, epochs: 600}", 10),
        ("{trials: 20, time: 1m}", None),
        ("{epochs: 100}", None),
    ],
)
def test_a_trial_may_have_a_third_of_all_epochs_or_what_the_budget_leaves_it(opened, budget, mean):
    assert opened("training.epochs=30", f"budget={budget}").mean_epochs == mean

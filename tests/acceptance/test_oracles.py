"""The real command with KerasTuner's oracles, killed and interrupted in mid-study, and run again."""

import re
import signal

import pytest
from optuna.storages import RDBStorage

pytestmark = pytest.mark.slow

STUDY = """
study: tuned
seed: 0
data: sklearn:wine
model: {family: mlp, layers: {int: [1, 2]}, units: {int: [8, 64], per: layers}}
training:
  epochs: 9
  learning_rate: {float: [1e-3, 1e-1], log: true}
  early_stopping: none
search: {driver: keras_tuner, oracle: hyperband, pruner: none}
budget: {trials: 12}
ensemble: none
tracking: none
workers: 1
"""


def trials(place, study):
    """Every trial's configuration, state and objective, by its number."""
    storage = RDBStorage(f"sqlite:///{place.root}/studies/{study}/record.db")
    (held,) = storage.get_all_studies()
    return [(t.number, t.params, t.state.name, t.value) for t in storage.get_all_trials(held._study_id)]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
@pytest.mark.parametrize(
    ("oracle", "moment"), [("hyperband", r"goes on after epoch 1"), ("bayesian", r"trial +4  done")]
)
def test_a_study_goes_on_as_if_it_had_never_stopped(place, how, oracle, moment):
    """One worker, so that the events come in one order."""
    place.write(STUDY)
    options = (f"search.oracle={oracle}", *(["search.startup_trials=4"] if oracle == "bayesian" else []))
    place.run("run", "space.yaml", "study=straight", *options)
    command = place.start("run", "space.yaml", "study=stopped", *options)
    command.wait_for(lambda text: re.search(moment, text), moment)
    command.kill(how)
    command.end()
    place.run("run", "space.yaml", "study=stopped", *options)
    assert trials(place, "stopped") == trials(place, "straight")

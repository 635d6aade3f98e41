"""The real command under a pruner that pauses: what goes on is what would never have stopped."""

import re

import numpy as np
import pytest

pytestmark = pytest.mark.slow

STUDY = """
study: {name}
seed: 3
data: sklearn:digits
model: {{family: mlp, layers: 2, units: {{int: [16, 64]}}, dropout: 0.1}}
training:
  epochs: 8
  learning_rate: {{float: [1e-3, 1e-2], log: true}}
  early_stopping: none
search: {{sampler: random, pruner: {pruner}}}
budget: {{trials: 3}}
workers: 1
tracking: none
"""


def stored(place, study, number):
    """Predictions and epoch log of a trial."""
    folder = place.root / "studies" / study / "trials" / f"{number:04d}"
    with np.load(folder / "predictions.npz") as file:
        predictions = {part: file[part] for part in file.files}
    return predictions, (folder / "log.csv").read_text()


def test_a_trial_that_rested_is_bit_for_bit_one_that_did_not(place):
    texts = {}
    for name, pruner in (("straight", "none"), ("resting", "{name: one_epoch, min_epochs: 2, one_in: 2}")):
        texts[name] = place.run("run", place.write(STUDY.format(name=name, pruner=pruner), f"{name}.yaml"))
    went_on = {int(n) for n in re.findall(r"^trial +(\d+)  goes on", texts["resting"], re.MULTILINE)}
    rested = [n for n, state in place.trials("resting").items() if state == "COMPLETE" and n in went_on]
    assert rested
    for number in rested:
        (ours, log), (theirs, other_log) = stored(place, "resting", number), stored(place, "straight", number)
        assert ours.keys() == theirs.keys()
        assert all(np.array_equal(ours[part], theirs[part]) for part in ours)
        assert log == other_log
    # those that rested to the end have a model as well, of their last checkpoint
    pruned = [number for number, state in place.trials("resting").items() if state == "PRUNED"]
    assert pruned
    for number in pruned:
        assert place.outcome("resting", number, "reason").startswith("paused at epoch")
        assert stored(place, "resting", number)

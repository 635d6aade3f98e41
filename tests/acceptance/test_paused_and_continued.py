"""The real command under a pruner that pauses: what goes on is what would never have stopped."""

import json
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


HALVED = STUDY.replace("budget: {{trials: 3}}", "budget: {{trials: 12}}")
"""Of the first four at a rung one goes on, so that the first ones rest."""
ASHA = "{name: asha, eta: 4}"


def resting(place, study):
    """Number -> the epoch at which a trial rests, as the record has it."""
    query = (
        "SELECT t.number, a.value_json FROM trial_user_attributes a "
        "JOIN trials t ON t.trial_id = a.trial_id WHERE a.key = 'paused' AND t.state = 'RUNNING'"
    )
    stored = place._rows(place.root / "studies" / study / "record.db", query)
    paused = {number: json.loads(value) for number, value in stored}
    return {number: pause["epoch"] for number, pause in paused.items() if pause is not None}


def went_on(text):
    """(trial, epoch after which it went on), in order."""
    return [(int(n), int(e)) for n, e in re.findall(r"^trial +(\d+)  goes on after epoch (\d+)", text, re.MULTILINE)]


@pytest.mark.parametrize("pruner", [ASHA, "{name: hyperband, eta: 2}"])
def test_of_the_trials_that_rest_at_the_rungs_the_best_are_trained_to_the_end(place, pruner):
    text = place.run("run", place.write(HALVED.format(name="halved", pruner=pruner)))
    epochs = place.epochs("halved")
    assert place.last_epochs("halved") == epochs
    assert set(epochs) == set(range(12))
    assert sum(epochs.values()) < 0.75 * 12 * 8
    complete = [number for number, state in place.trials("halved").items() if state == "COMPLETE"]
    assert {epochs[number] for number in complete} == {8}
    assert len(re.findall(r"  paused  ", text)) >= 4
    assert resting(place, "halved") == {}
    # all bests but those of the candidates have given up their checkpoints
    assert not list((place.root / "studies" / "halved" / "trials").glob("*/checkpoint*"))


def test_a_study_that_is_killed_while_trials_rest_goes_on_with_all_of_them(place):
    file = place.write(HALVED.format(name="killed", pruner=ASHA).replace("epochs: 8", "epochs: 8\n  batch_size: 8"))
    command = place.start("run", file)
    command.wait_for(went_on, "a trial that goes on")
    command.kill()
    command.end()
    rested, before = resting(place, "killed"), place.epochs("killed")
    assert rested
    text = place.run("run", file)
    after = place.epochs("killed")
    assert sorted(place.trials("killed")) == list(range(12))
    assert set(place.trials("killed").values()) <= {"COMPLETE", "PRUNED"}
    # every epoch is stored once, without gaps, and none that was known is lost
    assert place.last_epochs("killed") == after
    assert all(after[number] >= epochs for number, epochs in before.items())
    moved = dict(reversed(went_on(text)))
    for number, epoch in rested.items():
        if number in moved:
            assert moved[number] == epoch, "it goes on from where it rested"
            assert after[number] > epoch
        else:
            assert after[number] == epoch
            assert place.outcome("killed", number, "reason").startswith(f"paused at epoch {epoch} ")

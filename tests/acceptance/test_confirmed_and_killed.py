"""The real command with `confirm`, killed while it trains the best again, and run again."""

import csv
import json
import re
import signal

import pytest

pytestmark = pytest.mark.slow

STUDY = """
study: sure
seed: 3
data: sklearn:digits
objective: val_accuracy
model: {family: mlp, layers: 1, units: {int: [16, 64]}}
training:
  epochs: 12
  batch_size: 8
  learning_rate: {float: [1e-3, 1e-2], log: true}
  early_stopping: none
  checkpoint_every: 0.001
search: {sampler: random, pruner: median}
budget: {trials: 12}
confirm: {top: 2, seeds: 3}
workers: 2
ensemble: 4
"""


def repeats(place):
    """Number -> what the record says that a trial repeats."""
    query = (
        "SELECT t.number, a.value_json FROM trial_user_attributes a "
        "JOIN trials t ON t.trial_id = a.trial_id WHERE a.key = 'repeat'"
    )
    rows = place._rows(place.root / "studies" / "sure" / "record.db", query)
    return {number: json.loads(value) for number, value in rows}


@pytest.mark.parametrize("which", [signal.SIGKILL, signal.SIGINT])
def test_a_study_that_is_stopped_while_it_confirms_goes_on_there(place, which):
    command = place.start("run", place.write(STUDY))
    command.wait_for(lambda text: re.search(r"repeats trial \d+ with seed 2 of 3", text), "the second round")
    command.kill(which)
    command.end()
    before = {n: state for n, state in place.trials("sure").items() if state == "COMPLETE"}
    begun = set(repeats(place))
    text = place.run("run", "space.yaml")

    states, found = place.trials("sure"), repeats(place)
    assert len(states) == 12
    assert set(found) == set(range(6, 12)) >= begun
    assert {states[number] for number in found} == {"COMPLETE"}
    assert before.items() <= states.items()
    assert sorted(r["round"] for r in found.values()) == [1, 1, 2, 2, 3, 3]
    assert len({(r["of"], r["round"]) for r in found.values()}) == 6
    assert len({r["seed"] for r in found.values()}) == 3
    assert place.last_epochs("sure") == place.epochs("sure")
    assert "confirmed: val_accuracy with other seeds than in the search" in text
    assert "and the best 2 were trained again with 3 of 3 other seeds" in text

    rows = list(csv.DictReader((place.root / "studies" / "sure" / "leaderboard.csv").read_text().splitlines()))
    assert [row["seeds"] for row in rows[:3]] == ["3", "3", ""]
    assert {int(row["trial"]) for row in rows[:2]} == {r["of"] for r in found.values()}
    runs = place.runs()
    assert all(len(statuses) == 1 and "RUNNING" not in statuses for statuses in runs.values())
    assert {f"trial-{number:04d}" for number in range(12)} <= set(runs)
    sources = "SELECT count(*) FROM tags WHERE key = 'search.source' AND value LIKE 'repeat of trial %'"
    assert place._rows(place.root / "mlflow.db", sources) == [(6,)]
    place.run("export", "sure", "--to", "exported")

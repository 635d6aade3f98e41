"""Whole studies whose trials rest: what a person sees of them, and what the next command does."""

import io

import pytest
from rehearsal import Rehearsal, rising

from search.showing import show

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)


def test_paused_trials_are_shown_with_where_they_rest_and_rest_on_in_the_next_command():
    rehearsal = Rehearsal()
    trained = []

    def interrupting(params, epoch):
        trained.append(epoch)
        if len(trained) == 3:
            rehearsal.stop()
        return rising(params, epoch)

    rehearsal.curve = interrupting
    rehearsal.run("search.pruner={name: asha, eta: 4}")
    assert "trial   0  paused" in rehearsal.text
    assert "3 paused" in rehearsal.text
    assert {row["state"] for row in rehearsal.rows} == {"PAUSED"}
    assert all(row["reason"].startswith("paused at epoch 1 (") for row in rehearsal.rows)
    shown = io.StringIO()
    show("studies/small", None, stream=shown)
    show("studies/small", 0, stream=shown)
    assert "3 paused" in shown.getvalue()
    assert "it goes on when it is promoted" in shown.getvalue()
    again = Rehearsal()
    again.checkpoints = rehearsal.checkpoints
    again.run("search.pruner={name: asha, eta: 4}")
    assert "goes on after epoch" in again.text
    assert {row["state"] for row in again.rows} == {"COMPLETE", "PRUNED"}


def test_pruned_trials_of_which_nothing_was_stored_are_counted_and_not_listed_one_by_one():
    rules = ("search.pruner={name: threshold, lower: 0.2}", "ensemble=2", "budget.trials=6")
    rehearsal = Rehearsal().run(*rules)
    pruned = [row["trial"] for row in rehearsal.rows if row["state"] == "PRUNED"]
    assert pruned, "some trials must have been below the threshold"
    assert "passed over" not in rehearsal.text
    for trial in pruned:
        (rehearsal.folder / "trials" / f"{int(trial):04d}" / "manifest.json").unlink()
    again = Rehearsal().run(*rules)
    assert f"passed over: {len(pruned)} pruned trial" in again.text
    assert "holds no finished trial" not in again.text

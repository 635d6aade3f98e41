"""A whole `run` under goals, with duplicates, and with the audit of pruning: what each key changes."""

import io

import pytest
from rehearsal import Rehearsal

from search.showing import show

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tenths(params, epoch):
    return {"loss": 1.0, "val_accuracy": epoch / 10}


def nearly_alike(params, epoch):
    return {"loss": 1.0, "val_accuracy": 0.5 + 1e-6 * params["learning_rate"]}


def shown(*asked):
    stream = io.StringIO()
    show("small", *(asked or (None,)), stream=stream)
    return stream.getvalue()


def test_the_target_ends_the_study_in_the_middle_of_a_trial():
    rehearsal = Rehearsal(tenths).run("budget={trials: 9, target: 0.3}")
    assert [(row["epochs"], row["state"]) for row in rehearsal.rows] == [("3", "COMPLETE")]
    assert "stopped: the target 0.3 is reached: trial 0 has 0.3  (1 done" in rehearsal.text
    assert "small: val_accuracy, at most 9 trials, until 0.3" in rehearsal.text
    assert rehearsal.code == 0
    again = Rehearsal(tenths).run("budget={trials: 9, target: 0.3}")
    assert len(again.rows) == 1
    further = Rehearsal(tenths).run("budget={trials: 9, target: 0.5}")
    assert [row["epochs"] for row in further.rows] == ["5", "3"]


def test_patience_ends_the_study_and_more_of_it_goes_on():
    rehearsal = Rehearsal().run("budget={trials: 50, patience_trials: 3}")
    best, count = int(rehearsal.rows[0]["trial"]), len(rehearsal.rows)
    assert count == best + 1 + 3
    assert "stopped: 3 trials in a row brought nothing better than" in rehearsal.text
    again = Rehearsal().run("budget={trials: 50, patience_trials: 3}")
    assert len(again.rows) == count
    assert "stopped: 3 trials in a row brought nothing better than" in again.text
    assert len(Rehearsal().run("budget={trials: 50, patience_trials: 5}").rows) > count


def test_a_small_expected_gain_ends_the_study():
    rehearsal = Rehearsal(nearly_alike).run("budget={trials: 40, expected_gain_below: 0.001}")
    assert len(rehearsal.rows) == 15
    assert "stopped: the next trial is expected to gain " in rehearsal.text
    assert ", less than 0.001 (by the last 15 trials)" in rehearsal.text
    again = Rehearsal(nearly_alike).run("budget={trials: 40, expected_gain_below: 0.001}")
    assert len(again.rows) == 15


def test_duplicates_are_passed_over_or_trained_with_another_seed():
    two = ("model.units={choice: [8, 16]}", "training.learning_rate=0.5", "budget=6")
    skipped = Rehearsal().run(*two)
    assert sorted(row["units"] for row in skipped.rows) == ["16", "8"]
    assert "stopped: all 2 configurations of the search space have been tried" in skipped.text
    again = Rehearsal().run(*two)
    assert len(again.rows) == 2
    trained = Rehearsal().run(*two, "study=twice", "search.duplicates=train")
    assert len(trained.rows) == 6
    seeds = [event["info"]["seed"] for event in trained.events if event["event"] == "trial_started"]
    assert len(set(seeds)) == 6


def test_a_duplicate_is_in_the_record_with_the_trial_that_it_repeats():
    Rehearsal().run("model.units={choice: [8, 16, 32]}", "training.learning_rate=0.5", "budget=6", "seed=1")
    first_line = shown().splitlines()[0]
    assert "3 done · 0 pruned" in first_line
    assert "tried before" in first_line


AUDITED = "search.pruner={name: threshold, lower: 0.3, warmup_epochs: 2}"


def test_the_audit_lets_stopped_trials_finish_and_says_what_came_of_it():
    none = Rehearsal().run(AUDITED, "study=none", "search.audit=0")
    assert {row["trial"]: row["epochs"] for row in none.rows if row["state"] == "PRUNED"} == {"2": "3"}
    assert "pruning: 1 trial stopped, 3 epochs saved; none was let finish to audit it" in none.text
    rehearsal = Rehearsal().run(AUDITED, "search.audit=1")
    row = next(row for row in rehearsal.rows if row["trial"] == "2")
    assert (row["epochs"], row["state"]) == ("6", "COMPLETE")
    assert row["reason"] == "finished; audited, its stop was after epoch 3"
    said = "pruning: 0 trials stopped, 0 epochs saved, 3 spent on the audit; 1 trial to be stopped was let finish"
    assert said in rehearsal.text
    assert said in shown()
    assert "to be stopped after epoch 3: " in shown(2)


def test_without_a_pruner_there_is_nothing_to_audit():
    assert "pruning:" not in Rehearsal().run().text

"""What a `run` leaves and says at its end."""

import numpy as np
import pytest
from rehearsal import Rehearsal, rising

from models.bundle import PREDICTIONS
from models.objective import Direction
from search.closing import counts, counts_line, importances_line, side_by_side
from search.leaderboard import rank
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trial(number, state=TrialState.COMPLETE, cause=Cause.FINISHED, objective=0.5, **params):
    outcome = None
    if state is not TrialState.RUNNING:
        outcome = Outcome(state, cause, objective=objective, best_epoch=2, epochs=3)
    return RecordedTrial(Suggestion(number, params, 10), (0.1, 0.2, 0.5), outcome)


ALL = [
    trial(0),
    trial(1, TrialState.PRUNED, Cause.PRUNED),
    trial(2, TrialState.PRUNED, Cause.INFEASIBLE, None),
    trial(3, TrialState.FAILED, Cause.ERROR, None),
    trial(4, TrialState.RUNNING),
    trial(5),
    trial(6, TrialState.PRUNED, Cause.DUPLICATE, None),
]


def test_trials_are_counted_by_what_became_of_them():
    assert counts(ALL) == {
        "complete": 2, "pruned": 1, "infeasible": 1, "duplicate": 1, "failed": 1, "paused": 0, "unfinished": 1,
        "epochs": 21,
    }  # fmt: skip


def test_the_line_of_counts_leaves_out_what_did_not_happen():
    said = "2 done · 1 pruned · 1 outside the limits · 1 tried before · 1 failed · 1 unfinished · 21 epochs"
    assert counts_line(ALL) == said
    assert counts_line([]) == "0 done · 0 pruned · 0 epochs"


def test_the_best_trials_stand_side_by_side_with_blanks_for_what_they_do_not_have():
    rows = rank([trial(0, units=8), trial(1, objective=0.25, momentum=0.9)], Direction.MAXIMIZE)
    lines = side_by_side(rows).splitlines()
    assert lines[0].split() == ["trial", "0", "1"]
    assert lines[1].split() == ["objective", "0.5000", "0.2500"]
    assert [line.split() for line in lines if "units" in line or "momentum" in line] == [
        ["units", "8"],
        ["momentum", "0.9"],
    ]


def test_parameters_are_named_by_what_they_explain():
    assert importances_line({"a": 0.2, "b": 0.75, "c": 0.05}) == "b 75 % · a 20 % · c 5 %"


def test_the_end_says_why_it_ended_and_what_it_has():
    rehearsal = Rehearsal().run("ensemble=3")
    assert "stopped: all 4 trials are used  (4 done · 0 pruned · 24 epochs; 0:24)" in rehearsal.text
    assert "best trials by val_accuracy:" in rehearsal.text
    assert "use it: python -m search export studies/small --to exported/" in rehearsal.text


def test_without_an_ensemble_there_is_nothing_to_use():
    assert "use it:" not in Rehearsal().run().text


def test_trials_that_cannot_be_members_are_passed_over_and_named():
    rehearsal = Rehearsal()

    def breaking(params, epoch):
        folders = sorted(rehearsal.backend.study.folder.root.glob("trials/*"))
        if len(folders) == 4 and epoch == 1:  # as the last trial begins
            np.savez(folders[1] / PREDICTIONS, validation=np.zeros((30, 3), np.float32))
            (folders[2] / PREDICTIONS).unlink()
        return rising(params, epoch)

    rehearsal.curve = breaking
    rehearsal.run("ensemble=4")
    assert "passed over: trial 1: studies/small/trials/0001/predictions.npz is damaged: its checks" in rehearsal.text
    assert "passed over: trial 2: studies/small/trials/0002/predictions.npz is damaged: it is not " in rehearsal.text
    members = {m["trial"] for contender in rehearsal.ensemble["contenders"].values() for m in contender}
    assert members <= {0, 3}


def test_a_study_without_stored_predictions_says_why_it_has_no_ensemble():
    rehearsal = Rehearsal()

    def forgetting(params, epoch):
        for path in rehearsal.backend.study.folder.root.glob("trials/*/manifest.json"):
            path.unlink()
        return rising(params, epoch)

    rehearsal.curve = forgetting
    rehearsal.run("ensemble=2")
    assert "no ensemble: no trial has stored predictions; look at the failed ones" in rehearsal.text
    assert rehearsal.code == 0


def test_an_interrupted_study_makes_no_ensemble_yet():
    rehearsal = Rehearsal()

    def stopping(params, epoch):
        if epoch == 2:
            rehearsal.stop()
        return rising(params, epoch)

    rehearsal.curve = stopping
    rehearsal.run("ensemble=2")
    assert not (rehearsal.folder / "ensemble.json").exists()
    assert "stopped: interrupted" in rehearsal.text
    assert "1 unfinished" in rehearsal.text

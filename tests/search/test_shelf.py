"""The files of ended trials: what is deleted as trials end, and what a killed process leaves of it."""

import json
from dataclasses import replace

import pytest

from models.bundle import CONFIG, DELETED, FORMAT, MANIFEST, MODEL, PREDICTIONS, delete_bundle, is_complete, why_deleted
from models.files import checksum
from models.objective import Direction
from search.folder import StudyFolder
from search.keep import Keep
from search.shelf import Shelf, size_of
from search.study import Cause, Outcome, RecordedTrial, Repeat, Suggestion, TrialState
from search.telling import LOG_NAME
from search.trial import CHECKPOINT_NAME

FILES = (CONFIG, MODEL, PREDICTIONS)


class Study:
    """A folder with trials in it, and their shelf."""

    def __init__(self, root):
        self.folder, self.said, self.outcomes = StudyFolder(root), [], {}

    def end(self, number, objective, *, size_bytes=1000):
        """The files of a trial that has ended with `objective`."""
        trial = self.folder.trial(number)
        trial.mkdir(parents=True, exist_ok=True)
        for name in (*FILES, LOG_NAME):
            (trial / name).write_bytes(b"x" * size_bytes)
        sums = {name: checksum(trial / name) for name in FILES}
        (trial / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": sums, "result": {}}))
        state = TrialState.FAILED if objective is None else TrialState.COMPLETE
        self.outcomes[number] = Outcome(state, Cause.FINISHED, objective=objective)

    def shelf(self, **keep):
        return Shelf(self.folder, Keep(**keep), Direction.MAXIMIZE, say=self.said.append)

    def recorded(self, *unfinished):
        """The trials as the record has them; those in `unfinished` may still go on."""
        return [
            RecordedTrial(Suggestion(n, {}, 1), (), None if n in unfinished else outcome)
            for n, outcome in self.outcomes.items()
        ]

    @property
    def whole(self):
        return [n for n in self.outcomes if is_complete(self.folder.trial(n))]


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


def put(study, shelf, *objectives):
    for number, objective in enumerate(objectives):
        study.end(number, objective)
        shelf.put(number, study.outcomes[number])


def test_as_trials_end_the_worst_lose_their_files(study):
    put(study, study.shelf(trials=2), 0.5, 0.3, 0.4, 0.6)
    assert study.whole == [0, 3]
    assert why_deleted(study.folder.trial(1)) == "`keep` holds the files of 2 trials, it was in place 3"
    assert why_deleted(study.folder.trial(3)) is None


def test_a_deleted_trial_keeps_its_log_and_a_note(study):
    put(study, study.shelf(trials=1), 0.5, 0.3)
    assert sorted(path.name for path in study.folder.trial(1).iterdir()) == sorted([DELETED, LOG_NAME])


def test_the_disk_is_measured_without_what_stays(study):
    study.end(0, 0.5)
    size = size_of(study.folder.trial(0))
    assert size == 3 * 1000 + (study.folder.trial(0) / MANIFEST).stat().st_size
    put(study, study.shelf(disk_bytes=2 * size), 0.5, 0.3, 0.4)
    assert study.whole == [0, 2]


def test_a_trial_that_failed_leaves_no_checkpoint_beyond_the_limit(study):
    failed = study.folder.trial(5)
    failed.mkdir(parents=True)
    (failed / CHECKPOINT_NAME).write_bytes(b"x" * 1000)
    shelf = study.shelf(trials=1)
    put(study, shelf, 0.5)
    shelf.put(5, Outcome(TrialState.FAILED, Cause.ERROR))
    assert not (failed / CHECKPOINT_NAME).exists()


def test_the_members_of_the_last_ensemble_stay(study):
    study.folder.root.mkdir(exist_ok=True)
    study.folder.ensemble.write_text(json.dumps({"members": [{"trial": 0, "weight": 1.0}]}))
    put(study, study.shelf(trials=1), 0.1, 0.2, 0.3)
    assert study.whole == [0, 2]


def test_the_files_of_confirmed_trials_stay_beyond_the_limit(study):
    shelf = study.shelf(trials=1)
    put(study, shelf, 0.1, 0.3)
    shelf.spare([1])
    for number, objective in ((2, 0.5), (3, 0.4)):
        study.end(number, objective)
        shelf.put(number, study.outcomes[number])
    assert study.whole == [1, 2]


def test_the_next_command_spares_confirmed_trials_too(study):
    for number, objective in enumerate((0.1, 0.3, 0.5)):
        study.end(number, objective)
    trials = study.recorded()
    trials[2] = replace(trials[2], suggestion=Suggestion(2, {}, 1, repeat=Repeat(0, 1, 7)))
    study.shelf(trials=1).take_up(trials)
    assert study.whole == [0, 2]


def test_a_damaged_ensemble_spares_nobody(study):
    study.folder.ensemble.write_text("{}")
    put(study, study.shelf(trials=1), 0.1, 0.2, 0.3)
    assert study.whole == [2]


def test_trials_of_earlier_commands_count_and_those_that_may_go_on_do_not(study):
    for number, objective in enumerate((0.1, 0.2, 0.3)):
        study.end(number, objective)
    study.shelf(trials=1).take_up(study.recorded(0))
    assert study.whole == [0, 2], "trial 0 is stored, but not recorded yet"


@pytest.mark.parametrize("left", [(), (MODEL,), FILES])
def test_what_a_killed_process_had_half_deleted_is_no_bundle_and_is_deleted_by_the_next(study, left):
    """It died after the manifest was gone."""
    study.end(0, 0.9)
    study.end(1, 0.1)
    half = study.folder.trial(0)
    delete_bundle(half, why="it was too much", spared=(*left, LOG_NAME))
    assert not is_complete(half)
    study.shelf(trials=1).take_up(study.recorded())
    assert study.whole == [1]
    assert sorted(path.name for path in half.iterdir()) == sorted([DELETED, LOG_NAME])
    assert why_deleted(half) == "it was too much"


def test_a_bundle_whose_deletion_had_only_been_noted_is_whole(study):
    """The process died before the manifest was gone."""
    study.end(0, 0.9)
    (study.folder.trial(0) / DELETED).write_text(json.dumps({"why": "it was too much"}))
    assert why_deleted(study.folder.trial(0)) is None
    study.shelf(trials=1).take_up(study.recorded())
    assert study.whole == [0]


def test_a_note_that_cannot_be_read_still_says_that_the_files_were_deleted(study):
    study.end(0, 0.9)
    delete_bundle(study.folder.trial(0), why="")
    (study.folder.trial(0) / DELETED).write_text("[")
    assert why_deleted(study.folder.trial(0)) == "its note cannot be read"


def test_what_cannot_be_deleted_is_said_once_and_does_not_end_the_study(study):
    study.end(0, 0.1)
    (study.folder.trial(0) / DELETED).mkdir()  # no note can be written
    put_later = {1: 0.5, 2: 0.6}
    shelf = study.shelf(trials=1)
    shelf.take_up(study.recorded())
    for number, objective in put_later.items():
        study.end(number, objective)
        shelf.put(number, study.outcomes[number])
    assert study.whole == [0, 2]
    assert study.said == [f"the files in {study.folder.trial(0)} cannot be deleted (Is a directory); they stay"]


def test_a_folder_of_somebody_else_is_left_alone(study):
    study.end(0, 0.1)
    (study.folder.trial(0) / "mine").mkdir()
    study.end(1, 0.5)
    study.shelf(trials=1).take_up(study.recorded())
    assert study.whole == [1]
    assert (study.folder.trial(0) / "mine").is_dir()

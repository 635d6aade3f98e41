"""Stored studies are found by name or folder, and opened without changing them."""

import pytest
from rehearsal import Rehearsal

from models.objective import Direction, Objective
from search.lock import LockError
from search.record import RecordError
from search.stored import NoStudyError, StoredStudy

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_is_opened_by_its_name_or_its_folder(here):
    Rehearsal().run("seed=3", "objective.at={mean_of_last: 2}")
    by_name, by_folder = StoredStudy.open("small"), StoredStudy.open(str(here / "studies" / "small"))
    assert by_name.name == by_folder.name == "small"
    assert by_name.trials == by_folder.trials
    assert [t.number for t in by_name.trials] == [0, 1, 2, 3]
    assert by_name.seed == 3
    assert by_name.objective == Objective("val_accuracy", Direction.MAXIMIZE, at="mean", last_k=2)


def test_opening_a_study_changes_no_file_of_it():
    folder = Rehearsal().run().folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "record.db" not in path.name}
    trials = StoredStudy.open("small").trials
    assert {path: path.read_bytes() for path in before} == before
    assert StoredStudy.open("small").trials == trials


def test_an_unknown_study_lists_the_known_ones_and_the_nearest():
    for name in ("first", "second"):
        Rehearsal().run(f"study={name}", "budget=1")
    with pytest.raises(NoStudyError, match=r"there is no study `frist` under studies/ .*did you mean `first`\?"):
        StoredStudy.open("frist")


def test_where_there_is_no_study_it_says_how_to_begin_one():
    with pytest.raises(NoStudyError, match=r"run a study file first: python -m search run space.yaml"):
        StoredStudy.open("small")


def test_a_study_with_a_damaged_lock_or_record_is_refused():
    folder = Rehearsal().run("budget=1").folder
    (folder / "record.db").write_bytes(b"")
    with pytest.raises(RecordError, match="is empty, it was a study's record"):
        StoredStudy.open("small")
    (folder / "space.lock.json").write_text("nonsense")
    with pytest.raises(LockError, match=r"space.lock.json cannot be read"):
        StoredStudy.open("small")


def test_a_study_whose_record_is_gone_is_not_begun_anew_by_looking_at_it():
    folder = Rehearsal().run("budget=1").folder
    for path in folder.glob("record*"):
        path.unlink()
    with pytest.raises(NoStudyError, match=r"studies/small has no trials yet \(record.db is not there\); run its st"):
        StoredStudy.open("small")
    assert not (folder / "record.db").exists()

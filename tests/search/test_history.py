"""`history.json`: what it keeps, and which of it a study may use."""

import math

import pytest

from models.objective import Direction, Objective
from search.history import History, HistoryError, Part, PastTrial, fingerprint, history_of
from spaces.domains import Categories, IntRange
from spaces.space import Dimension, Space

SPACE = Space((Dimension("units", IntRange(1, 8)), Dimension("kind", Categories((None, True, "a")))))
OBJECTIVE = Objective("val_loss", Direction.MINIMIZE)
TRIALS = (
    PastTrial({"units": 3, "kind": None}, 0.5, 4, (0.7, math.nan, 0.5)),
    PastTrial({"units": 9, "kind": True}, 0.25, cut=True),
)
HISTORY = History("val_loss", Direction.MINIMIZE, (Part("a table", TRIALS), Part("a study", TRIALS[:1])))


def test_a_history_is_read_back_as_it_was_written(tmp_path):
    HISTORY.write(tmp_path / "h.json")
    found = History.read(tmp_path / "h.json")
    assert repr(found) == repr(HISTORY)


def test_there_may_be_no_history(tmp_path):
    assert History.read(tmp_path / "h.json") is None
    assert history_of(tmp_path / "h.json", OBJECTIVE, SPACE) is None
    assert fingerprint(tmp_path / "h.json") == ""


def test_another_history_has_another_fingerprint(tmp_path):
    HISTORY.write(tmp_path / "a.json")
    HISTORY.with_part(Part("a study", TRIALS)).write(tmp_path / "b.json")
    assert fingerprint(tmp_path / "a.json") != fingerprint(tmp_path / "b.json") != ""


def test_words_say_how_many_from_where_and_the_best():
    assert HISTORY.words == "3 trials from a table and a study; best 0.25"
    one = History("val_f1", Direction.MAXIMIZE, (Part("a study", TRIALS[:1]),))
    assert one.words == "1 trial from a study; best 0.5"
    assert History("m", Direction.MAXIMIZE, HISTORY.parts).best == 0.5


def test_only_what_lies_in_the_space_is_used(tmp_path):
    HISTORY.write(tmp_path / "h.json")
    found = history_of(tmp_path / "h.json", OBJECTIVE, SPACE)
    assert found is not None
    assert [t.params["units"] for t in found.trials] == [3, 3]
    narrow = Space((Dimension("units", IntRange(5, 8)),))
    assert history_of(tmp_path / "h.json", OBJECTIVE, narrow) is None


def test_a_history_of_another_objective_is_refused(tmp_path):
    HISTORY.write(tmp_path / "h.json")
    with pytest.raises(
        HistoryError, match=r"has values of val_loss \(min\), and the objective is val_auc \(max\); delete"
    ):
        history_of(tmp_path / "h.json", Objective("val_auc", Direction.MAXIMIZE), SPACE)


def test_a_damaged_history_gets_a_sentence(tmp_path):
    (tmp_path / "h.json").write_text('{"metric": ')
    with pytest.raises(
        HistoryError, match=r"h.json cannot be read .*; put back a copy; without a trial yet, delete it"
    ):
        History.read(tmp_path / "h.json")

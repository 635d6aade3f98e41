"""`space.lock.json`: what it holds, and which differences refuse a second run."""

import json
from dataclasses import replace

import pytest

from models.objective import Direction, Objective
from search.lock import Lock, LockError, StudyChangedError, compare, keep, versions
from spaces.domains import IntRange
from spaces.prior import Near
from spaces.space import Dimension, Space

SPEC = {
    "study": "small",
    "seed": 1,
    "data": {"source": "rows.csv", "scaling": "standard"},
    "model": {"units": {"int": [1, 8]}},
    "budget": {"trials": 4},
}


def lock(*, high=8, uuid="u", fingerprint="f", fixed=(), **spec):
    space = Space((Dimension("units", IntRange(1, high)),), {"scaling": "standard", **dict(fixed)})
    written = {**SPEC, "model": {"units": {"int": [1, high]}}, **spec}
    return Lock(
        written, space.to_json(), Objective("val_loss", Direction.MINIMIZE, at="mean", last_k=3), fingerprint, uuid
    )


def test_a_lock_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "space.lock.json"
    keep(path, lock())
    assert Lock.read(path) == lock()


def test_a_lock_names_the_versions_that_results_depend_on(tmp_path):
    keep(tmp_path / "l", lock())
    stored = json.loads((tmp_path / "l").read_text())
    assert stored["versions"]["numpy"] == versions()["numpy"]
    assert stored["python"].startswith("3.")
    assert stored["data_fingerprint"] == "f"


def test_a_second_run_keeps_the_identity_of_the_study(tmp_path):
    path = tmp_path / "l"
    keep(path, lock(uuid="first"))
    assert keep(path, lock(uuid="second")).uuid == "first"
    assert Lock.read(path).uuid == "first"


def test_what_has_no_meaning_for_finished_trials_may_change(tmp_path):
    path = tmp_path / "l"
    keep(path, lock())
    keep(path, lock(budget={"trials": 9}, workers={"count": 3}, folder="elsewhere", training={"csv_log": False}))
    assert Lock.read(path).spec["budget"] == {"trials": 9}


def test_what_is_believed_may_change():
    believed = Space((Dimension("units", IntRange(1, 8), prior=Near(3)),), {"scaling": "standard"})
    units = {"int": [1, 8], "prior": {"value": 3, "spread": 0.2}}
    new = replace(lock(), space=believed.to_json(), spec={**SPEC, "model": {"units": units}})
    assert compare(lock(), new) == compare(new, lock()) == []


def test_another_history_is_a_difference():
    assert compare(lock(), replace(lock(), history="a")) == [
        "the imported history (history.json) has changed since the study was begun"
    ]


def test_a_lock_from_before_there_was_history_has_none(tmp_path):
    keep(tmp_path / "l", lock())
    stored = json.loads((tmp_path / "l").read_text())
    del stored["history"]
    (tmp_path / "l").write_text(json.dumps(stored))
    assert Lock.read(tmp_path / "l") == lock()


def test_every_difference_is_told_once():
    new = lock(high=9, seed=2, data={"source": "other.csv", "scaling": "robust"}, fixed={"scaling": "robust"})
    assert compare(lock(), new) == [
        "`scaling` was fixed at standard; it is fixed at robust",
        "`units` was {int: [1, 8]}; it is {int: [1, 9]}",
        'data.source was "rows.csv" and is "other.csv"',
        "seed was 1 and is 2",
    ]


def test_a_key_that_is_gone_or_new_is_told():
    assert compare(lock(limits=["units > 1"]), lock()) == ['limits was ["units > 1"] and is absent']
    assert compare(lock(), lock(limits=["units > 1"])) == ['limits was absent and is ["units > 1"]']


def test_data_that_changed_are_told_when_nothing_else_explains_it():
    assert compare(lock(), lock(fingerprint="g")) == ["the data have changed since the study was begun"]
    assert compare(lock(), lock(fingerprint="g", seed=2)) == ["seed was 1 and is 2"]


def test_a_changed_study_is_refused_and_its_lock_stays(tmp_path):
    path = tmp_path / "l"
    keep(path, lock())
    with pytest.raises(StudyChangedError, match="the study `small` was begun differently") as caught:
        keep(path, lock(seed=2))
    assert caught.value.differences == ["seed was 1 and is 2"]
    assert "begin a new study by adding `study=small-2` to the command" in str(caught.value)
    assert Lock.read(path).spec["seed"] == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"spec": {}}', '{"objective": {"direction": "up"}}', "\x00"])
def test_a_lock_that_cannot_be_read_gets_a_sentence(tmp_path, text):
    path = tmp_path / "l"
    path.write_text(text)
    with pytest.raises(LockError, match=r"l cannot be read \(.*\); put back a copy, or move the study's folder away"):
        Lock.read(path)


def test_a_lock_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(LockError, match="cannot be read"):
        Lock.read(tmp_path / "absent")

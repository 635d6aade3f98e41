"""Which task a target names, its classes and codes, and what is wrong with it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tables import ADULT_NAMES, real, spec, written

from models.data.errors import DataError
from models.data.sources import load
from models.data.targets import Target, read_target


def target_of(tmp_path: Path, values: Any, **fields: Any) -> Target:
    frame = pd.DataFrame({"a": range(len(values)), "y": values})
    data = spec(source=written(tmp_path, frame), folder=str(tmp_path), target="y", **fields)
    return read_target(load(data), data)


def array_target(tmp_path: Path, y: Any, **fields: Any) -> Target:
    np.savez(tmp_path / "a.npz", x=np.zeros((len(y), 2)), y=np.asarray(y))
    data = spec(source="a.npz", folder=str(tmp_path), **fields)
    return read_target(load(data), data)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["no", "yes"] * 5, ("no", "yes")),
        ([True, False] * 5, (False, True)),
        ([3, 5, 4, 3, 4, 5] * 2, (3, 4, 5)),
        ([1.0, 0.0] * 5, (0, 1)),
    ],
)
def test_few_distinct_values_are_classes_in_order(tmp_path: Path, values: Any, classes: Any) -> None:
    target = target_of(tmp_path, values)
    assert target.classes == classes
    assert [type(c) for c in target.classes] == [type(c) for c in classes]
    assert target.y.dtype == np.int32
    assert [target.classes[code] for code in target.y] == list(values)


@pytest.mark.parametrize("values", [[0.5, 1.5, 2.5, 0.5] * 3, list(range(30))])
def test_fractions_and_many_whole_numbers_are_amounts(tmp_path: Path, values: Any) -> None:
    target = target_of(tmp_path, values)
    assert not target.is_classes
    assert target.y.shape == (len(values), 1)
    assert target.y.dtype == np.float32


def test_many_whole_numbers_are_classes_of_images_and_amounts_of_windows(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=np.zeros((90, 4, 3)), y=np.arange(90) % 30)
    fields = {"source": "rows.npz", "folder": str(tmp_path)}
    images, windows = (spec(**fields, windows=answer) for answer in (False, True))
    assert read_target(load(images), images).is_classes
    assert not read_target(load(windows), windows).is_classes


def test_task_states_what_the_values_do_not(tmp_path: Path) -> None:
    assert not target_of(tmp_path, [3, 4, 5] * 4, task="regression").is_classes
    assert target_of(tmp_path, list(range(30)) * 3, task="classification").is_classes


def test_a_guess_is_noted(tmp_path: Path) -> None:
    target = target_of(tmp_path, [3, 4, 5] * 4)
    assert target.notes == ("target `y` has 3 distinct whole numbers: taken for classification; `task` states it",)


def test_labels_join_spellings_of_a_class(tmp_path: Path) -> None:
    target = target_of(tmp_path, ["a", "a.", "b", "b"] * 3, labels={"a.": "a"})
    assert target.classes == ("a", "b")
    assert target.y.tolist() == [0, 0, 1, 1] * 3


def test_several_targets_are_amounts(tmp_path: Path) -> None:
    target = array_target(tmp_path, np.arange(20.0).reshape(10, 2))
    assert target.y.shape == (10, 2)
    assert target.names == ("target0", "target1")


def test_one_hot_rows_are_classes(tmp_path: Path) -> None:
    target = array_target(tmp_path, np.eye(3, dtype=int)[[0, 1, 2] * 4])
    assert target.classes == (0, 1, 2)
    assert "one-hot" in target.notes[0]


@pytest.mark.parametrize(
    ("values", "fields", "says"),
    [
        (["a"] * 9, {}, "target `y` has one class: `a` in all 9 rows"),
        ([1.5] * 9, {}, "target `y` is 1.5 in every row"),
        (
            [1.5, None, 2.5, None] * 3,
            {},
            r"target `y` is missing in 6 of 12 rows: rows 2, 4, 6, 8, 10 and 1 more",
        ),
        (["a", "?", "b", "a"], {"missing": ["?"]}, "target `y` is missing in 1 of 4 rows: row 2;"),
        (list("abcdefgh"), {}, "target `y` has 8 classes in 8 rows; write `task: regression`"),
        (
            ["1", "2", "x", "3"],
            {"task": "regression"},
            "column `y` holds numbers but 1 of 4 cells are text: `x` in row 3",
        ),
        (["a", "b"] * 4, {"labels": {"c": "a"}}, "labels: no row of `y` is spelled `c`"),
        ([0.5, 1.5] * 4, {"labels": {"0.5": "a"}, "task": "regression"}, "`labels` names classes but"),
    ],
)
def test_what_is_wrong_with_a_target_is_said(tmp_path: Path, values: Any, fields: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        target_of(tmp_path, values, **fields)


def test_an_infinite_target(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"target `target` is infinite in row 2"):
        array_target(tmp_path, [0.5, np.inf, 1.5])


def test_several_targets_cannot_be_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"several targets .* cannot be classes"):
        array_target(tmp_path, np.arange(20).reshape(10, 2), task="classification")


def test_dotted_labels_of_the_adult_test_file_are_told_how_to_mend_them() -> None:
    data = spec(
        source="adult-train.csv",
        folder=real("adult"),
        names=ADULT_NAMES,
        target="income",
        split={"test": "adult-test.csv"},
    )
    with pytest.raises(DataError, match=r"16281 test rows have a class that no training row has") as caught:
        read_target(load(data), data)
    assert caught.value.mend == 'write `labels: {"<=50K.": "<=50K", ">50K.": ">50K"}`'

"""Rows of the user's own function: every form that they may have, how they are parted, and what is refused."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from models.code.load import prepare_own
from models.code.own_data import OwnPart, parts_of, read_parts, scoring_targets
from models.data.dataset import open_dataset
from models.data.errors import DataError
from models.spec.data import DataSpec
from search.variants import DataVariants
from tests.models.code.rows import load_data, one_hot, pair, parts, tensors, two_inputs

SPEC = DataSpec.model_validate({"source": "rows.py:load", "code": "rows.py:load"})


def sizes(given: object, spec: DataSpec = SPEC) -> dict[str, int]:
    found = parts_of(given, spec, seed=1)
    return {word: len(keras.tree.flatten(part.y)[0]) for word, part in found.items()}


def test_a_pair_is_split_by_the_shares_of_the_study_file() -> None:
    assert sizes(pair()) == {"train": 72, "validation": 24, "test": 24}
    no_test = SPEC.model_copy(update={"split": SPEC.split.model_copy(update={"test": None})})
    assert sizes(pair(), no_test) == {"train": 96, "validation": 24}


def test_no_row_is_lost_and_the_seed_decides_which_go_where() -> None:
    x = np.arange(50)
    first, again, other = (parts_of((x, x), SPEC, seed=seed) for seed in (1, 1, 2))
    assert sorted(np.concatenate([part.y for part in first.values()])) == list(range(50))
    assert list(first["test"].y) == list(again["test"].y) != list(other["test"].y)


def test_rows_of_several_inputs_stay_together() -> None:
    train = parts_of(two_inputs(), SPEC, seed=1)["train"]
    np.testing.assert_allclose(train.x["number"][:, 0], train.x["image"].mean(axis=(1, 2)), rtol=1e-5)


def test_parts_that_are_given_are_kept() -> None:
    assert sizes(parts()) == {"train": 80, "validation": 20, "test": 20}


def test_two_pairs_are_training_and_test_rows() -> None:
    assert sizes(load_data()) == {"train": 80, "validation": 20, "test": 20}


def test_arrays_by_name_are_parts() -> None:
    (x, y), (x_test, y_test) = load_data()
    given = {"x_train": x, "y_train": y, "x_val": x_test, "y_val": y_test}
    assert sizes(given) == {"train": 100, "validation": 20}


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.array([0, 2, 1]), [0, 2, 1]),
        (np.array([[0], [1]]), [0, 1]),
        (np.array([[0.0, 1.0], [1.0, 0.0]]), [1, 0]),
        (np.array([0.5, 1.5]), [[0.5], [1.5]]),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), [[1.0, 2.0], [3.0, 4.0]]),
    ],
)
def test_predictions_are_scored_by_classes_or_numbers(y: np.ndarray, expected: object) -> None:
    assert scoring_targets(OwnPart(np.zeros(len(y)), y)).tolist() == expected


def test_the_targets_of_a_data_set_are_read_once_through() -> None:
    _, validation = tensors()
    assert scoring_targets(OwnPart(validation, None)).shape == (40,)


def test_several_targets_are_not_scored() -> None:
    assert scoring_targets(OwnPart(np.zeros(3), {"a": np.zeros(3), "b": np.zeros(3)})).shape == (3, 0)


@pytest.mark.parametrize("given", [pair(), two_inputs(), one_hot()], ids=["pair", "two inputs", "one-hot"])
def test_what_is_written_is_read_again(given: object, tmp_path: Path) -> None:
    found = parts_of(given, SPEC, seed=1)
    prepare_own(found, tmp_path / "data", mark="a")
    read = read_parts(tmp_path / "data")
    assert read is not None
    for word, part in found.items():
        for mine, other in zip(
            keras.tree.flatten([part.x, part.y]), keras.tree.flatten([read[word].x, read[word].y]), strict=True
        ):
            np.testing.assert_array_equal(mine, other)
    dataset = open_dataset(tmp_path / "data")
    assert (dataset.signature.task, len(dataset.validation.y)) == ("multiclass", 24)


def test_data_sets_are_made_anew(tmp_path: Path) -> None:
    prepare_own(parts_of(tensors(), SPEC, seed=1), tmp_path / "data", mark="a")
    assert read_parts(tmp_path / "data") is None
    assert open_dataset(tmp_path / "data").test is None


NUMBERS = pd.DataFrame({"a": range(10), "b": np.linspace(0, 1, 10), "price": np.arange(10) * 2.5})
MIXED = NUMBERS.assign(kind=["old", "new"] * 5)
PRICE = SPEC.model_copy(update={"target": "price"})


def test_a_data_frame_of_numbers_is_one_array_beside_its_target() -> None:
    train = parts_of({"train": NUMBERS, "validation": NUMBERS[:4]}, PRICE, seed=1)["train"]
    np.testing.assert_array_equal(train.x, NUMBERS[["a", "b"]].to_numpy())
    np.testing.assert_array_equal(train.y, NUMBERS["price"].to_numpy())
    assert sizes(NUMBERS, PRICE) == {"train": 6, "validation": 2, "test": 2}


def test_a_data_frame_with_texts_is_an_input_for_each_column(tmp_path: Path) -> None:
    found = parts_of(MIXED, PRICE, seed=1)
    assert list(found["train"].x) == ["a", "b", "kind"]
    prepare_own(found, tmp_path, mark="one")
    assert set(read_parts(tmp_path)["train"].x["kind"]) == {"old", "new"}


def test_several_targets_are_columns_of_one_array() -> None:
    both = SPEC.model_copy(update={"target": ["a", "price"]})
    assert parts_of(NUMBERS, both, seed=1)["train"].y.shape == (6, 2)


ROW = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (3, r"`rows.py:load` gave int; return \(x, y\), a data frame, a dict of parts"),
        ({"train": (ROW, ROW), "valid": (ROW, ROW)}, r"gave a dict with `train, valid`; did you mean `validation`"),
        ((ROW, ROW[:3]), "gave arrays of 3 and 4 rows; give as many rows in each"),
        ((ROW[:1], ROW[:1]), "gave 1 rows, too few to split; give more, or every part by itself"),
        ((ROW, np.array([object()] * 4)), "objects is nothing that a model reads; give numbers or texts"),
        (tf.data.Dataset.range(3), r"gave no validation rows; return {train: ..., validation: ...}"),
    ],
)
def test_what_no_model_can_take_is_refused(given: object, text: str) -> None:
    with pytest.raises(DataError, match=text):
        parts_of(given, SPEC, seed=1)


@pytest.mark.parametrize(
    ("given", "spec", "text"),
    [
        (NUMBERS, SPEC, "gave a data frame and no target is named; write `target:` with one of a, b, price"),
        (NUMBERS[["a"]], PRICE, "gave a data frame without the column `price`"),
        ((ROW, ROW), PRICE, "gave no data frame, and `target` names a column of one; leave `target` out"),
    ],
)
def test_a_target_that_is_no_column_is_refused(given: object, spec: DataSpec, text: str) -> None:
    with pytest.raises(DataError, match=text):
        parts_of(given, spec, seed=1)


def test_a_data_set_without_targets_is_refused() -> None:
    with pytest.raises(DataError, match=r"a data set gave batches without targets; let it give \(x, y\)"):
        scoring_targets(OwnPart(tf.data.Dataset.range(3).batch(2), None))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def load():\n    raise ValueError('no rows today')\n", "no rows today"),
        ("import os\ndef load():\n    os._exit(3)\n", "loading `rows.py:load` ended with exit code 3; it said last: "),
    ],
)
def test_a_function_that_gives_no_rows_is_told(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text(text)
    spec = SPEC.model_copy(update={"folder": str(tmp_path)})
    with pytest.raises(DataError, match=told):
        DataVariants(tmp_path / "data", seed=1).prepared(spec)

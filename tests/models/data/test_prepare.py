"""Prepared folders: what is in them, when they are reused, and what is noted about the data."""

import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tables import ADULT_NAMES, SHARED, people, real, spec, written

from models.data.dataset import Dataset, open_dataset
from models.data.errors import DataError
from models.data.files import read_rows
from models.data.fingerprint import content_fingerprint
from models.data.prepare import prepare

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def prepared(folder: Path, frame: pd.DataFrame, *, seed: int = 1, **fields: Any) -> Dataset:
    data = spec(source=written(folder, frame), folder=str(folder), **fields)
    return prepare(data, folder / "data", seed=seed)


def test_parts_hold_prepared_rows_and_their_numbers(tmp_path: Path) -> None:
    frame = people()
    data = prepared(tmp_path, frame, target="bought")
    assert data.test is not None
    for part, size in ((data.train, 36), (data.validation, 12), (data.test, 12)):
        assert part.x.shape == (size, *data.signature.input_shape)
        assert part.x.dtype == np.float32
        assert part.y.dtype == np.int32
        assert [data.signature.classes[code] for code in part.y] == frame["bought"].iloc[part.rows].tolist()
    assert np.allclose(data.train.x, data.preprocessor.transform(frame.iloc[data.train.rows]))


def test_rows_are_mapped_from_disk_and_read_only(tmp_path: Path) -> None:
    data = prepared(tmp_path, people(), target="bought")
    assert isinstance(data.train.x, np.memmap)
    assert not data.train.x.flags.writeable


def test_the_signature_of_two_classes_has_one_output(tmp_path: Path) -> None:
    signature = prepared(tmp_path, people(), target="bought").signature
    assert (signature.task, signature.n_outputs, signature.classes) == ("binary", 1, ("no", "yes"))
    assert signature.n_train == 36


def test_the_signature_of_several_classes(tmp_path: Path) -> None:
    signature = prepare(spec(source="sklearn:digits"), tmp_path / "data", seed=1).signature
    assert (signature.task, signature.n_outputs, signature.input_shape) == ("multiclass", 10, (8, 8, 1))


def test_the_signature_of_a_regression_has_mean_and_deviation_of_training_rows(tmp_path: Path) -> None:
    data = prepare(spec(source="sklearn:diabetes"), tmp_path / "data", seed=1)
    assert (data.signature.task, data.signature.n_outputs) == ("regression", 1)
    assert data.signature.target_mean == pytest.approx((float(data.train.y.mean()),))
    assert data.signature.target_std == pytest.approx((float(data.train.y.std()),))


def test_several_targets_have_a_column_each(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": range(30), "u": np.arange(30) * 0.5, "v": np.arange(30) ** 2.0})
    data = prepared(tmp_path, frame, target=["u", "v"])
    assert data.signature.targets == ("u", "v")
    assert data.train.y.shape == (18, 2)


def test_a_folder_with_the_same_fingerprint_is_reused(tmp_path: Path) -> None:
    first = prepared(tmp_path, people(), target="bought")
    inode = (tmp_path / "data" / "x_train.npy").stat().st_ino
    again = prepared(tmp_path, people(), target="bought")
    assert (tmp_path / "data" / "x_train.npy").stat().st_ino == inode
    assert again.fingerprint == first.fingerprint


@pytest.mark.parametrize("changed", [{"seed": 2}, {"scaling": "robust"}, {"frame": people(seed=9)}])
def test_another_seed_spec_or_content_is_prepared_again(tmp_path: Path, changed: dict[str, Any]) -> None:
    first = prepared(tmp_path, people(), target="bought")
    again = prepared(tmp_path, **{"frame": people(), "target": "bought", **changed})
    assert again.fingerprint != first.fingerprint
    assert not np.array_equal(again.train.x, first.train.x)


def test_content_is_told_from_its_preparation(tmp_path: Path) -> None:
    plain = prepared(tmp_path, people(), target="bought")
    scaled = prepared(tmp_path, people(), target="bought", scaling="robust")
    assert plain.content == scaled.content
    data = spec(source="rows.csv", folder=str(tmp_path), target="bought")
    assert content_fingerprint(data) == plain.content


def test_a_moved_folder_keeps_its_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, moved = (prepared(tmp_path / name, people(), target="bought") for name in ("a", "b"))
    assert first.fingerprint == moved.fingerprint


def test_a_cut_file_is_made_again(tmp_path: Path) -> None:
    first = prepared(tmp_path, people(), target="bought")
    rows = np.array(first.train.x)
    os.truncate(tmp_path / "data" / "y_train.npy", 10)
    with pytest.raises(DataError, match="holds no prepared data"):
        open_dataset(tmp_path / "data")
    assert np.array_equal(prepared(tmp_path, people(), target="bought").train.x, rows)


def test_several_may_prepare_the_same_folder_at_once(tmp_path: Path) -> None:
    data = spec(source=written(tmp_path, people()), folder=str(tmp_path), target="bought")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: prepare(data, tmp_path / "data", seed=1), range(8)))
    assert len({data.fingerprint for data in made}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "rows.csv"]


def test_nothing_else_is_left_beside_the_folder(tmp_path: Path) -> None:
    prepared(tmp_path, people(), target="bought")
    prepared(tmp_path, people(), target="bought", scaling="robust")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "rows.csv"]


def test_a_failed_preparation_leaves_the_old_folder(tmp_path: Path) -> None:
    first = prepared(tmp_path, people(), target="bought")
    with pytest.raises(DataError, match="one class"):
        prepared(tmp_path, people().assign(bought="no"), target="bought")
    assert open_dataset(tmp_path / "data").fingerprint == first.fingerprint


def test_an_open_data_set_outlives_its_replacement(tmp_path: Path) -> None:
    first = prepared(tmp_path, people(), target="bought")
    kept = np.array(first.train.x)
    prepared(tmp_path, people(seed=5), target="bought")
    assert np.array_equal(first.train.x, kept)


def test_a_copy_of_the_target_is_noted(tmp_path: Path) -> None:
    frame = people(200)
    data = prepared(tmp_path, frame.assign(paid=frame["bought"].map({"yes": 1.0, "no": 0.0})), target="bought")
    assert [note for note in data.notes if "alone tells" in note] == [
        "column `paid` alone tells the class of at least 99.9% of the rows: "
        "add it to `ignore` if it is not known beforehand"
    ]


def test_a_scaled_copy_of_an_amount_is_noted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(0).random(100)}).assign(y=np.linspace(0, 9, 100))
    data = prepared(tmp_path, frame.assign(cents=frame["y"] * 100), target="y")
    assert "column `cents` alone tells the target" in "\n".join(data.notes)


def test_rows_on_both_sides_of_the_split_are_counted(tmp_path: Path) -> None:
    frame = pd.concat([people(), people()])
    notes = "\n".join(prepared(tmp_path, frame, target="bought").notes)
    assert "validation rows have the same inputs as a training row" in notes


def test_an_identifier_is_noted(tmp_path: Path) -> None:
    data = prepared(tmp_path, people(120).assign(id=range(120)), target="bought")
    assert "column `id` differs in every row" in "\n".join(data.notes)


def test_numbers_beyond_float32_are_noted(tmp_path: Path) -> None:
    data = prepared(tmp_path, people().assign(stamp=1.7e9 + np.arange(60)), target="bought")
    assert "column `stamp` has more digits than float32 holds" in "\n".join(data.notes)


def test_a_share_that_is_not_used_is_noted(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{f"{k}_{p}": np.arange(20) % 2 for k in "xy" for p in ("train", "test")})
    split = {"test": 0.3}
    data = prepare(spec(source="a.npz", folder=str(tmp_path), split=split), tmp_path / "data", seed=1)
    assert "the source brings its own test rows: split.test 0.3 is not used" in data.notes


def test_casual_and_registered_riders_add_up_to_the_target(tmp_path: Path) -> None:
    data = spec(source="day.csv", folder=real("bike_sharing"), target="cnt", split={"time": "dteday"})
    notes = "\n".join(prepare(data, tmp_path / "data", seed=1).notes)
    assert "columns `casual`, `registered` add up to the target with fixed weights" in notes


def test_adult_is_prepared_as_its_files_are(tmp_path: Path) -> None:
    data = prepare(
        spec(
            source="adult-train.csv",
            folder=real("adult"),
            names=ADULT_NAMES,
            target="income",
            missing=["?"],
            labels={"<=50K.": "<=50K", ">50K.": ">50K"},
            split={"validation": 0.15, "test": "adult-test.csv"},
        ),
        tmp_path / "data",
        seed=1,
    )
    assert data.test is not None
    assert (len(data.train.y) + len(data.validation.y), len(data.test.y)) == (32561, 16281)
    assert int(data.test.y.sum()) == 3846
    missing = {plan.name for plan in data.preprocessor.categories if "" in plan.vocabulary}
    assert missing == {"workclass", "occupation", "native-country"}


def test_california_flags_its_missing_bedrooms(tmp_path: Path) -> None:
    data = spec(source="housing.csv", folder=real("california_housing"), target="median_house_value")
    made = prepare(data, tmp_path / "data", seed=1)
    assert "total_bedrooms missing" in made.preprocessor.feature_names
    assert made.signature.task == "regression"


def test_the_example_source_reads_fashion_mnist() -> None:
    real("fashion_mnist")
    found = importlib.util.spec_from_file_location("example_sources", EXAMPLES / "sources.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert module.FOLDER == SHARED
    arrays = module.fashion_mnist()
    assert arrays["x_train"].shape == (60000, 28, 28)
    assert np.bincount(arrays["y_test"]).tolist() == [1000] * 10
    assert arrays["x_train"].mean() / 255 == pytest.approx(0.28604, abs=1e-5)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("with_target", [True, False])
def test_new_rows_of_a_headless_file_come_in_any_of_its_spellings(
    tmp_path: Path, header: bool, with_target: bool
) -> None:
    names = list(people().columns)
    written(tmp_path, people(), header=False)
    data = spec(source="rows.csv", folder=str(tmp_path), names=names, target="bought")
    preprocessor = prepare(data, tmp_path / "data", seed=1).preprocessor
    frame = people() if with_target else people().drop(columns="bought")
    new = read_rows(tmp_path / written(tmp_path, frame, "new.csv", header=header), preprocessor)
    assert np.allclose(preprocessor.transform(new), preprocessor.transform(people()))


def test_a_category_of_new_rows_keeps_its_leading_zeros(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": ["007", "A12"] * 20, "bought": ["yes", "no", "no", "yes"] * 10})
    preprocessor = prepared(tmp_path, frame, target="bought").preprocessor
    new = read_rows(tmp_path / written(tmp_path, frame.iloc[[0]], "new.csv"), preprocessor)
    assert np.array_equal(preprocessor.transform(new), preprocessor.transform(frame.iloc[[0]]))


def test_new_rows_of_arrays_come_as_npz_or_npy(tmp_path: Path) -> None:
    preprocessor = prepare(spec(source="sklearn:digits"), tmp_path / "data", seed=1).preprocessor
    np.savez(tmp_path / "a.npz", x=np.ones((2, 8, 8)), other=np.zeros(1))
    np.save(tmp_path / "a.npy", np.ones((2, 8, 8)))
    for name in ("a.npz", "a.npy"):
        assert preprocessor.transform(read_rows(tmp_path / name, preprocessor)).shape == (2, 8, 8, 1)


def test_new_rows_in_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    preprocessor = prepared(tmp_path, people(), target="bought").preprocessor
    (tmp_path / "rows.xls").write_text("a")
    with pytest.raises(DataError, match=r"rows.xls` is no table; known endings are \.csv, \.tsv"):
        read_rows(tmp_path / "rows.xls", preprocessor)


def test_new_rows_without_the_array_x_are_refused(tmp_path: Path) -> None:
    preprocessor = prepare(spec(source="sklearn:digits"), tmp_path / "data", seed=1).preprocessor
    np.savez(tmp_path / "a.npz", rows=np.ones((2, 8, 8)), other=np.zeros(1))
    with pytest.raises(DataError, match=r"a.npz` has no array `x`; known are other, rows"):
        read_rows(tmp_path / "a.npz", preprocessor)


def test_arrays_for_a_table_model_are_refused(tmp_path: Path) -> None:
    preprocessor = prepared(tmp_path, people(), target="bought").preprocessor
    np.save(tmp_path / "a.npy", np.ones((2, 5)))
    with pytest.raises(DataError, match="holds arrays but the model takes a table"):
        read_rows(tmp_path / "a.npy", preprocessor)

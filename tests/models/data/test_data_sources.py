"""What `load` reads from each kind of source, and what it says when it cannot."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import fitted, people, real, spec, written

from models.data.errors import DataError
from models.data.raw import OPEN, TEST, VALIDATION, Arrays, Table
from models.data.sources import load


def test_digits_stay_images() -> None:
    raw = load(spec(source="sklearn:digits"))
    assert isinstance(raw, Arrays)
    assert raw.x.shape == (1797, 8, 8)


@pytest.mark.parametrize(("name", "rows"), [("breast_cancer", 569), ("wine", 178), ("diabetes", 442), ("iris", 150)])
def test_embedded_tables_have_named_columns(name: str, rows: int) -> None:
    raw = load(spec(source=f"sklearn:{name}"))
    assert isinstance(raw, Table)
    assert len(raw.frame) == rows
    assert raw.targets == ("target",)


def test_embedded_classes_have_their_names() -> None:
    raw = load(spec(source="sklearn:iris"))
    assert isinstance(raw, Table)
    assert set(raw.frame["target"]) == {"setosa", "versicolor", "virginica"}


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    frame = people()
    frame["since"] = frame["since"].astype("datetime64[s]")
    frame.to_parquet(tmp_path / "rows.parquet")
    raw = load(spec(source="rows.parquet", folder=str(tmp_path), target="bought"))
    assert isinstance(raw, Table)
    assert list(raw.frame.columns) == list(frame.columns)


def test_a_tab_separated_file_needs_no_separator(tmp_path: Path) -> None:
    name = written(tmp_path, people(), "rows.tsv", sep="\t")
    raw = load(spec(source=name, folder=str(tmp_path), target="bought"))
    assert isinstance(raw, Table)
    assert "town" in raw.frame


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    name = written(tmp_path, people(), "rows.csv.gz")
    raw = load(spec(source=name, folder=str(tmp_path), target="bought"))
    assert len(raw.given) == 60


def test_leading_zeros_of_a_stated_category_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"zip": ["007", "008"] * 5, "y": ["a", "b"] * 5})
    raw = load(spec(source=written(tmp_path, frame), folder=str(tmp_path), target="y", categories=["zip"]))
    assert isinstance(raw, Table)
    assert raw.frame["zip"].iloc[0] == "007"


def test_npz_with_x_and_y(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((6, 3)), y=np.arange(6) % 2)
    raw = load(spec(source="a.npz", folder=str(tmp_path)))
    assert isinstance(raw, Arrays)
    assert raw.x.shape == (6, 3)


def test_target_names_the_y_array_of_an_npz_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((6, 3)), labels=np.arange(6))
    raw = load(spec(source="a.npz", folder=str(tmp_path), target="labels"))
    assert isinstance(raw, Arrays)
    assert raw.y.tolist() == [0, 1, 2, 3, 4, 5]


def test_npz_parts_are_kept_apart(tmp_path: Path) -> None:
    parts = {f"{k}_{part}": np.full(n, n) for part, n in (("train", 5), ("val", 2), ("test", 3)) for k in "xy"}
    np.savez(tmp_path / "a.npz", **parts)
    raw = load(spec(source="a.npz", folder=str(tmp_path)))
    assert raw.given.tolist() == [OPEN] * 5 + [VALIDATION] * 2 + [TEST] * 3


def test_npy_is_a_table_with_numbered_columns(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(12.0).reshape(4, 3))
    raw = load(spec(source="a.npy", folder=str(tmp_path), target="x2"))
    assert isinstance(raw, Table)
    assert raw.frame["x2"].tolist() == [2, 5, 8, 11]


FUNCTIONS = """
import numpy as np
import pandas as pd
def pair(): return np.zeros((4, 2)), np.array([0, 1, 0, 1])
def keras_pairs(): return (np.zeros((4, 2)), np.zeros(4)), (np.zeros((3, 2)), np.zeros(3))
def named(): return {"x_train": np.zeros((4, 2)), "y_train": np.zeros(4)}
def table(): return pd.DataFrame({"a": [1, 2], "y": [0, 1]})
def table_pair(): return pd.DataFrame({"a": [1, 2]}), pd.Series([0, 1])
def number(): return 7
def broken(): raise RuntimeError("no disk")
def wants(path): return path
"""


def from_function(tmp_path: Path, name: str, **fields: object) -> Table | Arrays:
    (tmp_path / "mine.py").write_text(FUNCTIONS)
    return load(spec(source=f"mine.py:{name}", folder=str(tmp_path), **fields))


@pytest.mark.parametrize(("name", "rows"), [("pair", 4), ("keras_pairs", 7), ("named", 4), ("table_pair", 2)])
def test_a_function_may_return_any_of_the_shapes(tmp_path: Path, name: str, rows: int) -> None:
    assert len(from_function(tmp_path, name).given) == rows


def test_a_function_may_return_a_frame(tmp_path: Path) -> None:
    assert isinstance(from_function(tmp_path, "table", target="y"), Table)


def test_a_function_of_an_installed_module_is_called() -> None:
    raw = load(spec(source="sklearn.datasets:make_moons"))
    assert isinstance(raw, Arrays)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pear", "has no function `pear`; did you mean `pair`"),
        ("number", r"`mine.py:number` gave int; return \(x, y\), a dict with x_train"),
        ("broken", "`mine.py:broken` raised RuntimeError: no disk"),
        ("wants", "`wants` of `mine.py` needs arguments"),
    ],
)
def test_what_is_wrong_with_a_function_is_said(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        from_function(tmp_path, name)


def test_a_module_that_is_not_there() -> None:
    with pytest.raises(DataError, match=r"module `no_such_module` cannot be imported"):
        load(spec(source="no_such_module:rows"))


def test_a_misspelt_file_is_told_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, people(), "people.csv")
    with pytest.raises(DataError, match=r"there is no file .*peple.csv`; did you mean `people.csv`"):
        load(spec(source="peple.csv", folder=str(tmp_path), target="bought"))


def test_an_unknown_kind_of_source() -> None:
    with pytest.raises(DataError, match=r"`rows.xls` is no known kind of source"):
        load(spec(source="rows.xls"))


@pytest.mark.parametrize("content", ["", "a,b\n"])
def test_a_file_without_rows(tmp_path: Path, content: str) -> None:
    (tmp_path / "rows.csv").write_text(content)
    with pytest.raises(DataError, match=r"is empty|has no rows"):
        load(spec(source="rows.csv", folder=str(tmp_path), target="b"))


def test_the_wrong_separator_is_told_the_right_one(tmp_path: Path) -> None:
    name = written(tmp_path, people(), sep=";")
    with pytest.raises(DataError, match=r'was read as one column .* write `separator: ";"`'):
        load(spec(source=name, folder=str(tmp_path), target="bought"))
    raw = load(spec(source=name, folder=str(tmp_path), target="bought", separator=";"))
    assert len(raw.given) == 60


def test_lines_of_different_lengths(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    with pytest.raises(DataError, match=r"lines of different lengths"):
        load(spec(source="rows.csv", folder=str(tmp_path), target="b"))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes("a,b\nMünchen,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"is not UTF-8 text"):
        load(spec(source="rows.csv", folder=str(tmp_path), target="b"))


def test_a_misspelt_column_is_told_the_nearest(tmp_path: Path) -> None:
    name = written(tmp_path, people())
    with pytest.raises(DataError, match=r"target: there is no column `bougt`; did you mean `bought`"):
        load(spec(source=name, folder=str(tmp_path), target="bougt"))
    with pytest.raises(DataError, match=r"ignore: there is no column `twon`; did you mean `town`"):
        load(spec(source=name, folder=str(tmp_path), target="bought", ignore=["twon"]))


def test_a_table_without_a_target_lists_its_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no target is named; write `target:` with one of age, visits, town"):
        load(spec(source=written(tmp_path, people()), folder=str(tmp_path)))


def test_a_header_that_looks_like_data_is_told_so(tmp_path: Path) -> None:
    name = written(tmp_path, pd.DataFrame({"7.4": [1, 2], "0.7": [3, 4]}))
    with pytest.raises(DataError, match=r"a file without a header needs `names`"):
        load(spec(source=name, folder=str(tmp_path), target="quality"))


def test_names_must_be_as_many_as_columns(tmp_path: Path) -> None:
    name = written(tmp_path, people(), header=False)
    with pytest.raises(DataError, match=r"has 6 columns but `names` lists 2"):
        load(spec(source=name, folder=str(tmp_path), names=["a", "bought"], target="bought"))


def test_a_test_file_lacking_a_column(tmp_path: Path) -> None:
    written(tmp_path, people())
    written(tmp_path, people().rename(columns={"age": "aged"}), "test.csv")
    with pytest.raises(DataError, match=r"`test.csv` has no column `age`; did you mean `aged`"):
        load(spec(source="rows.csv", folder=str(tmp_path), target="bought", split={"test": "test.csv"}))


def test_column_keys_are_refused_for_arrays() -> None:
    with pytest.raises(DataError, match=r"split.group names columns but `sklearn:digits` gives arrays"):
        load(spec(source="sklearn:digits", split={"group": "patient"}))


def test_a_file_that_raises_when_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("1 / 0")
    with pytest.raises(DataError, match=r"mine.py` raised ZeroDivisionError: division by zero; mend the file"):
        load(spec(source="mine.py:rows", folder=str(tmp_path)))


def test_a_mapping_without_x(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", features=np.zeros((3, 2)), y=np.zeros(3))
    with pytest.raises(DataError, match=r"`a.npz` has no array `x`; known are features, y"):
        load(spec(source="a.npz", folder=str(tmp_path)))


def test_arrays_of_text_are_no_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.full((2, 3, 3), "a"), y=np.zeros(2))
    with pytest.raises(DataError, match=r"x of `a.npz` is of type <U1; give numbers"):
        load(spec(source="a.npz", folder=str(tmp_path)))


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"rows.parquet` is no Parquet file: .*; write it again"):
        load(spec(source="rows.parquet", folder=str(tmp_path), target="y"))


def test_ignored_columns_are_left_out(tmp_path: Path) -> None:
    frame = people()
    kept = [plan.name for plan in fitted(tmp_path, frame, target="bought", ignore=["town", "age"]).columns]
    assert kept == ["visits", "member", "since"]


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}, {}], dtype=object), y=np.zeros(2))
    with pytest.raises(DataError, match=r"pickled objects are refused"):
        load(spec(source="a.npz", folder=str(tmp_path)))


def test_x_and_y_of_different_lengths(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), y=np.zeros(2))
    with pytest.raises(DataError, match=r"has 3 rows of x but y of shape \(2,\)"):
        load(spec(source="a.npz", folder=str(tmp_path)))


def test_white_wine_without_a_header_is_read_with_names() -> None:
    names = [f"c{i}" for i in range(11)] + ["quality"]
    raw = load(spec(source="winequality-white.csv", folder=real("wine_quality"), names=names, target="quality"))
    assert len(raw.given) == 4898

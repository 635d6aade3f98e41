"""What the preprocessing makes of numbers, booleans, dates, categories and arrays; and what it refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tables import fitted, people, spec

from models.data.columns import input_names
from models.data.errors import DataError
from models.data.fitting import fit_preprocessor
from models.data.preprocessor import Preprocessor, Reading
from models.data.raw import Arrays, Raw, Table
from models.data.scale_fitting import fit_scaling
from models.data.scaling import Scaling
from models.data.sources import load


def feature(preprocessor: Preprocessor, frame: pd.DataFrame, name: str) -> np.ndarray:
    return preprocessor.transform(frame)[:, preprocessor.feature_names.index(name)]


def test_every_kind_of_column_is_recognised(tmp_path: Path) -> None:
    preprocessor = fitted(tmp_path, people(), target="bought")
    assert {plan.name: plan.kind for plan in preprocessor.columns} == {
        "age": "number",
        "visits": "number",
        "town": "category",
        "member": "boolean",
        "since": "date",
    }


def test_features_are_finite_float32_of_the_stated_shape(tmp_path: Path) -> None:
    frame = people()
    preprocessor = fitted(tmp_path, frame, target="bought")
    x = preprocessor.transform(frame)
    assert x.dtype == np.float32
    assert x.shape == (60, *preprocessor.output_shape)
    assert np.isfinite(x).all()


@pytest.mark.parametrize("scaling", ["standard", "minmax", "robust", "quantile", "none"])
def test_it_comes_back_the_same_from_json(tmp_path: Path, scaling: str) -> None:
    frame = people()
    preprocessor = fitted(tmp_path, frame, target="bought", scaling=scaling)
    again = Preprocessor.loads(preprocessor.dumps())
    assert again == preprocessor
    assert np.array_equal(again.transform(frame), preprocessor.transform(frame))


def test_a_missing_number_becomes_the_median_and_is_flagged(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, None, 9.0], "y": list("abab")})
    preprocessor = fitted(tmp_path, frame, target="y", scaling="none")
    assert preprocessor.transform(frame).tolist() == [[1, 0], [2, 0], [2, 1], [9, 0]]


def test_statistics_come_from_training_rows_alone() -> None:
    frame = pd.DataFrame({"x0": [0.0, 2.0, 0.0, 2.0, 1000.0]})
    raw = Arrays(frame.to_numpy(), np.arange(5), ("y",), np.zeros(5, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(4), spec(source="a.npz"))
    assert preprocessor.transform(raw.x)[:4].ravel().tolist() == [-1, 1, -1, 1]


def test_an_unseen_category_goes_to_the_unknown_bucket(tmp_path: Path) -> None:
    preprocessor = fitted(tmp_path, pd.DataFrame({"c": ["x", "z", "x", None], "y": list("abab")}), target="y")
    assert preprocessor.feature_names == ("c unknown", "c = x", "c = missing", "c = z")
    new = pd.DataFrame({"c": ["x", "strange", None]})
    assert preprocessor.transform(new).tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]


def test_max_categories_keeps_the_most_frequent(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": ["x"] * 3 + ["z"] * 2 + ["w"], "y": list("ababab")})
    preprocessor = fitted(tmp_path, frame, target="y", max_categories=2)
    assert preprocessor.categories[0].vocabulary == ("x", "z")


def test_stated_missing_words_are_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["1", "?", "3", "4"], "y": list("abab")})
    preprocessor = fitted(tmp_path, frame, target="y", missing=["?"])
    assert feature(preprocessor, frame, "a missing").tolist() == [0, 1, 0, 0]


def test_numbers_stated_as_categories_are_words(tmp_path: Path) -> None:
    frame = pd.DataFrame({"month": [1, 2, 1, 12], "y": list("abab")})
    preprocessor = fitted(tmp_path, frame, target="y", categories=["month"])
    assert preprocessor.categories[0].vocabulary == ("1", "12", "2")
    assert preprocessor.transform(pd.DataFrame({"month": [12.0]})).tolist() == [[0, 0, 1, 0]]


def test_a_missing_boolean_is_one_half(tmp_path: Path) -> None:
    frame = pd.DataFrame({"m": [True, False, None, True], "y": list("abab")})
    preprocessor = fitted(tmp_path, frame, target="y")
    assert preprocessor.transform(pd.DataFrame({"m": [True, False, None]})).ravel().tolist() == [1, 0, 0.5]


def test_a_date_is_its_distance_and_its_phases(tmp_path: Path) -> None:
    frame = pd.DataFrame({"d": ["2024-01-01", "2024-01-03", "2024-01-05", "2024-01-07"], "y": list("abab")})
    preprocessor = fitted(tmp_path, frame, target="y")
    assert preprocessor.feature_names[0] == "d"
    assert not preprocessor.dates[0].time_of_day
    monday = preprocessor.transform(pd.DataFrame({"d": ["2024-01-08"]}))[0]
    names = preprocessor.feature_names
    assert monday[names.index("d sin of week")] == pytest.approx(0, abs=1e-6)
    assert monday[names.index("d cos of week")] == pytest.approx(1)


def test_hours_are_features_when_training_rows_have_them(tmp_path: Path) -> None:
    frame = pd.DataFrame({"d": ["2024-01-01 06:00", "2024-01-03 12:00", "2024-01-05", "2024-01-07"]})
    preprocessor = fitted(tmp_path, frame.assign(y=list("abab")), target="y")
    assert feature(preprocessor, frame, "d sin of day")[:2].tolist() == pytest.approx([1, 0], abs=1e-6)


def test_stated_dates_are_read_in_the_one_order_that_fits_all(tmp_path: Path) -> None:
    frame = pd.DataFrame({"d": ["03/04/2024", "25/12/2024", "01/02/2024", "31/01/2024"], "y": list("abab")})
    preprocessor = fitted(tmp_path, frame, target="y", dates=["d"])
    assert preprocessor.dates[0].form == "%d/%m/%Y"


def test_seconds_survive_over_decades(tmp_path: Path) -> None:
    frame = pd.DataFrame({"d": ["1931-05-06 01:02:03", "2024-01-03 12:00:00"] * 2, "y": list("abab")})
    raw = fitted(tmp_path, frame, target="y").raw_columns(frame)
    assert raw["d"][:2].astype("datetime64[s]").astype(str).ravel().tolist() == [
        "1931-05-06T01:02:03",
        "2024-01-03T12:00:00",
    ]


def test_a_constant_column_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "same": [7] * 4, "none": [None] * 4, "y": list("abab")})
    assert [plan.name for plan in fitted(tmp_path, frame, target="y").columns] == ["a"]


def test_an_image_gets_a_channel_axis_and_bytes_scale_to_one() -> None:
    images = np.zeros((6, 4, 5), np.uint8)
    images[0, 0, 0] = 51
    raw = Arrays(images, np.arange(6), ("y",), np.zeros(6, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(6), spec(source="a.npz", scaling="minmax"))
    assert preprocessor.output_shape == (4, 5, 1)
    assert preprocessor.transform(images).max() == pytest.approx(0.2)


def test_colour_channels_are_scaled_each_by_its_own() -> None:
    images = np.random.default_rng(0).normal([0, 5, 9], [1, 2, 3], (20, 4, 4, 3))
    raw = Arrays(images, np.arange(20), ("y",), np.zeros(20, np.int8))
    x = fit_preprocessor(raw, np.arange(20), spec(source="a.npz"))[0].transform(images)
    assert x.mean(axis=(0, 1, 2)) == pytest.approx([0, 0, 0], abs=1e-5)
    assert x.std(axis=(0, 1, 2)) == pytest.approx([1, 1, 1], abs=1e-5)


def test_windows_are_scaled_by_feature_and_get_no_channel() -> None:
    windows = np.random.default_rng(0).normal([0, 5, 9], [1, 2, 3], (30, 8, 3))
    windows[20:] += 100
    raw = Arrays(windows, np.arange(30), ("y",), np.zeros(30, np.int8))
    train = np.arange(20)
    preprocessor, _ = fit_preprocessor(raw, train, spec(source="a.npz", windows=True))
    x = preprocessor.transform(windows)[:20]
    assert preprocessor.output_shape == (8, 3)
    assert x.mean(axis=(0, 1)) == pytest.approx([0, 0, 0], abs=1e-5)
    assert x.std(axis=(0, 1)) == pytest.approx([1, 1, 1], abs=1e-5)
    assert fit_preprocessor(raw, train, spec(source="a.npz"))[0].output_shape == (8, 3, 1)


def test_nan_in_a_window_becomes_the_median_of_its_feature() -> None:
    windows = np.array([[[1.0, 7], [3, 8]], [[5, 9], [np.nan, 9]]])
    raw = Arrays(windows, np.arange(2), ("y",), np.zeros(2, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(2), spec(source="a.npz", windows=True, scaling="none"))
    assert preprocessor.transform(windows)[1].tolist() == [[5, 9], [3, 9]]


def test_bytes_in_windows_are_numbers_like_others() -> None:
    windows = np.array([[[10, 0], [20, 4]], [[30, 8], [20, 8]]], np.uint8)
    raw = Arrays(windows, np.arange(2), ("y",), np.zeros(2, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(2), spec(source="a.npz", windows=True, scaling="minmax"))
    assert preprocessor.transform(windows).tolist() == [[[0, 0], [0.5, 0.5]], [[1, 1], [0.5, 1]]]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            Arrays(np.zeros((4, 3)), np.arange(4), ("y",), np.zeros(4, np.int8)),
            r"windows are an array of shape \(n, steps, features\), but `a.npz` gives an array of shape \(4, 3\); "
            r"give such an array, with 1 feature for plain series, or write `family: mlp` without `windows`",
        ),
        (
            Arrays(np.zeros((4, 3, 3, 1)), np.arange(4), ("y",), np.zeros(4, np.int8)),
            r"gives an array of shape \(4, 3, 3, 1\); .* or write `family: cnn`",
        ),
        (Table(pd.DataFrame({"a": [1, 2]}), (), np.zeros(2, np.int8), Reading()), "gives a table; .* `family: mlp`"),
    ],
    ids=["flat", "images", "table"],
)
def test_other_data_than_windows_are_refused(raw: Raw, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit_preprocessor(raw, np.arange(2), spec(source="a.npz", windows=True))


def test_nan_in_an_array_becomes_the_median_of_its_feature() -> None:
    x = np.array([[1.0], [3.0], [5.0], [np.nan]])
    raw = Arrays(x, np.arange(4), ("y",), np.zeros(4, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(4), spec(source="a.npz", scaling="none"))
    assert preprocessor.transform(x).ravel().tolist() == [1, 3, 5, 3]


def test_a_feature_without_any_number_is_refused() -> None:
    x = np.array([[1.0, np.nan], [3.0, np.nan]])
    raw = Arrays(x, np.arange(2), ("y",), np.zeros(2, np.int8))
    with pytest.raises(DataError, match="no number in the training rows at feature 1"):
        fit_preprocessor(raw, np.arange(2), spec(source="a.npz"))


def test_quantile_scaling_makes_a_long_tail_normal() -> None:
    x = np.exp(np.random.default_rng(0).normal(0, 2, (20_000, 1)))
    z = fit_scaling(x, "quantile").apply(x)
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.std() == pytest.approx(1, abs=0.02)
    assert np.abs(z).max() < 4.5


@settings(deadline=None)
@given(
    x=hnp.arrays(np.float32, (30, 2), elements=st.floats(-1e6, 1e6, width=32)),
    kind=st.sampled_from(["standard", "minmax", "robust", "quantile", "none"]),
)
def test_scaling_is_finite_and_keeps_the_order(x: np.ndarray, kind: str) -> None:
    scaling = fit_scaling(x, kind)
    z = scaling.apply(x)
    assert np.isfinite(z).all()
    for i in range(2):
        assert (np.diff(z[np.argsort(x[:, i], kind="stable"), i]) >= -1e-6).all()
    assert Scaling.from_json(scaling.to_json()) == scaling


def test_column_names_become_input_names_that_differ() -> None:
    assert input_names(["age", "capital-gain", "a b", "a_b", "m²", "/x", ""]) == (
        "age",
        "capital-gain",
        "a_b",
        "a_b_2",
        "m_",
        "c_x",
        "column",
    )


@pytest.mark.parametrize(
    ("cells", "fields", "says"),
    [
        (
            ["1", "2", "n.a.", "4", "5", "6"],
            {},
            "`a` holds numbers but 1 of 6 cells are text: `n.a.` in row 3; "
            r'write `missing: \["n.a."\]` if that means missing, or list `a` under `categories`',
        ),
        (
            ["x", "z"] * 3,
            {"numbers": ["a"]},
            "`a` holds numbers but 6 of 6 cells are text: `x`, `z` in rows 1, 2, 3",
        ),
        (["soon", "2024-01-01"] * 3, {"dates": ["a"]}, "`a` holds dates but `soon` in rows 1, 3, 5 is none"),
        ([7] * 6, {}, "no input column is left"),
        (list(range(6)), {"numbers": ["a"], "dates": ["a"]}, "`a` is listed under several kinds"),
    ],
)
def test_what_is_wrong_with_a_column_is_said(
    tmp_path: Path, cells: list[object], fields: dict[str, object], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        fitted(tmp_path, pd.DataFrame({"a": cells, "y": list("ababab")}), target="y", **fields)


def test_new_rows_without_a_column_are_told_the_nearest(tmp_path: Path) -> None:
    preprocessor = fitted(tmp_path, people(), target="bought")
    with pytest.raises(DataError, match=r"column `age` is missing; did you mean `aged`\?"):
        preprocessor.transform(people().rename(columns={"age": "aged"}))


def test_text_in_a_number_column_of_new_rows_is_named(tmp_path: Path) -> None:
    preprocessor = fitted(tmp_path, people(), target="bought")
    rows = people().astype({"age": object})
    rows.loc[4, "age"] = "old"
    with pytest.raises(DataError, match="`age` holds numbers but 1 of 60 cells are text: `old` in row 5"):
        preprocessor.transform(rows)


@pytest.mark.parametrize(
    ("column", "cells", "says"),
    [
        ("visits", pd.to_datetime(["2024-01-01"]), "`visits` holds dates where numbers are expected; give numbers, or"),
        ("since", [7], "`since` holds int64 where dates are expected; give dates as text such as 2024-12-31, or"),
        ("member", ["perhaps"], "`member` holds true and false but `perhaps` stands in row 1"),
    ],
)
def test_a_column_of_new_rows_that_is_of_another_kind_is_named(
    tmp_path: Path, column: str, cells: object, says: str
) -> None:
    preprocessor = fitted(tmp_path, people(), target="bought")
    with pytest.raises(DataError, match=says):
        preprocessor.transform(people().iloc[:1].drop(columns=column).assign(**{column: cells}))


def test_a_column_of_things_is_no_input(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [[1], [2], [3], [4]], "y": list("abab")})
    frame.to_parquet(tmp_path / "rows.parquet")
    data = spec(source="rows.parquet", folder=str(tmp_path), target="y")
    with pytest.raises(DataError, match="column `a` holds ndarray values, which are no input; add `a` to `ignore`"):
        fit_preprocessor(load(data), np.arange(4), data)


def test_columns_stated_as_numbers_are_read_as_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [True, False, True, False], "y": list("abab")})
    assert fitted(tmp_path, frame, target="y").columns[0].kind == "boolean"
    assert fitted(tmp_path, frame, target="y", numbers=["a"]).columns[0].kind == "number"


def test_a_table_of_cells_stands_for_an_array() -> None:
    x = np.arange(120.0).reshape(6, 4, 5)
    raw = Arrays(x, np.arange(6), ("y",), np.zeros(6, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(6), spec(source="a.npz"))
    table = pd.DataFrame(x.reshape(6, 20))
    np.testing.assert_array_equal(preprocessor.transform(table), preprocessor.transform(x))


def test_rows_of_another_shape_are_refused() -> None:
    raw = Arrays(np.zeros((6, 4, 5)) + np.arange(6)[:, None, None], np.arange(6), ("y",), np.zeros(6, np.int8))
    preprocessor, _ = fit_preprocessor(raw, np.arange(6), spec(source="a.npz"))
    with pytest.raises(DataError, match=r"shape \(5, 4\) but the model was trained on \(4, 5\)"):
        preprocessor.transform(np.zeros((2, 5, 4)))
    with pytest.raises(DataError, match="give an array of numbers"):
        preprocessor.transform(np.full((2, 4, 5), "a"))


def test_a_table_model_refuses_arrays(tmp_path: Path) -> None:
    preprocessor = fitted(tmp_path, people(), target="bought")
    with pytest.raises(DataError, match="trained on named columns; give a table with the columns age, visits"):
        preprocessor.transform(np.zeros((2, 5)))

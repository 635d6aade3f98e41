"""Files of raw rows through an exported model."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.data.errors import DataError
from models.data.sources import load
from models.export import export
from models.predictor import Predictor

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def rows_of(tmp_path: Path) -> pd.DataFrame:
    return pd.read_csv(tmp_path / "people.csv").drop(columns=["class", "price", "area"])


def test_csv_and_parquet_give_the_same_predictions_without_the_target(exported: Path, tmp_path: Path) -> None:
    predictor = Predictor.open(exported)
    frame = rows_of(tmp_path)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    from_csv = predictor.predict(tmp_path / "rows.csv")
    assert list(from_csv) == ["prediction", "probability <=50K", "probability >50K"]
    assert len(from_csv) == 160
    pd.testing.assert_frame_equal(from_csv, predictor.predict(tmp_path / "rows.parquet"))
    pd.testing.assert_frame_equal(from_csv, predictor.predict(tmp_path / "people.csv"))


def test_the_order_of_columns_and_columns_that_are_not_asked_for_change_nothing(exported: Path, tmp_path: Path) -> None:
    predictor = Predictor.open(exported)
    frame = rows_of(tmp_path)
    frame[[*reversed(frame.columns)]].assign(more=1).to_csv(tmp_path / "rows.csv", index=False)
    pd.testing.assert_frame_equal(predictor.predict(tmp_path / "rows.csv"), predictor.predict(tmp_path / "people.csv"))


def test_missing_cells_and_unseen_categories_are_predicted(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(
        "member_1,weight 1,prepare,blend,since\n,,violet,,\n40,1,?,true,2001-02-03 04:05\n"
    )
    table = Predictor.open(exported).predict(tmp_path / "rows.csv")
    assert table.iloc[:, 1:].to_numpy().sum(axis=1) == pytest.approx([1.0, 1.0])


def test_more_rows_than_a_batch_come_back_in_order(exported: Path, tmp_path: Path) -> None:
    frame = rows_of(tmp_path)
    pd.concat([frame] * 8).to_csv(tmp_path / "rows.csv", index=False)
    table = Predictor.open(exported).predict(tmp_path / "rows.csv")
    once = Predictor.open(exported).predict(tmp_path / "people.csv")
    assert table["probability >50K"].to_numpy() == pytest.approx(np.tile(once["probability >50K"], 8), abs=1e-6)


def test_npz_rows_of_images_are_taken_under_x_or_alone(images, small_cnn, tmp_path: Path) -> None:
    images.trial(1.0, model=small_cnn)
    export(images.members, tmp_path / "out", scores={}, versions={})
    predictor = Predictor.open(tmp_path / "out")
    x = np.load(tmp_path / "images.npz")["x"][:5]
    np.savez(tmp_path / "alone.npz", anything=x)
    np.save(tmp_path / "alone.npy", x)
    table = predictor.predict(tmp_path / "images.npz").head(5)
    assert list(table)[:3] == ["prediction", "probability 0", "probability 1"]
    pd.testing.assert_frame_equal(table, predictor.predict(tmp_path / "alone.npz"), rtol=1e-4)
    pd.testing.assert_frame_equal(table, predictor.predict(tmp_path / "alone.npy"), rtol=1e-4)


def test_targets_are_the_columns_of_a_regression(study: Callable, tmp_path: Path) -> None:
    prices = study(target=["price", "area"], ignore=["class"])
    prices.trial(1.0)
    export(prices.members, tmp_path / "out", scores={}, versions={})
    assert list(Predictor.open(tmp_path / "out").predict(tmp_path / "people.csv")) == ["price", "area"]


def test_a_missing_column_is_named_with_the_nearest(exported: Path, tmp_path: Path) -> None:
    rows_of(tmp_path).rename(columns={"since": "sinse"}).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(DataError, match="column `since` is missing; did you mean `sinse`"):
        Predictor.open(exported).predict(tmp_path / "rows.csv")


def test_an_unreadable_number_is_named(exported: Path, tmp_path: Path) -> None:
    frame = rows_of(tmp_path).astype({"member_1": object})
    frame.loc[4, "member_1"] = "forty"
    frame.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(
        DataError, match="column `member_1` holds numbers but 1 of 160 cells are text: `forty` in row 5"
    ):
        Predictor.open(exported).predict(tmp_path / "rows.csv")


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no exported model: manifest\.json is not there; name the folder that"):
        Predictor.open(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model.keras", r"the checksum of model\.keras is not the one"),
        ("preprocessor.json", r"manifest\.json or preprocessor\.json cannot be read"),
        ("manifest.json", r"manifest\.json or preprocessor\.json cannot be read"),
    ],
)
def test_a_damaged_export_is_refused(exported: Path, name: str, said: str) -> None:
    (exported / name).write_bytes((exported / name).read_bytes()[:-20])
    with pytest.raises(DataError, match=f"is damaged: {said}.*; export the study again"):
        Predictor.open(exported)


def test_bad_rows_are_refused_before_a_framework_is_loaded(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    code = (
        "import sys; from pathlib import Path; from models.predictor import Predictor\n"
        f"try: Predictor.open(Path({str(exported)!r})).predict(Path({str(tmp_path / 'rows.csv')!r}))\n"
        "except ValueError as error: print(error)\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "column `member_1` is missing" in done.stdout


def test_classes_may_be_numbers(study: Callable, tmp_path: Path) -> None:
    digits = study(source="sklearn:iris", folder=None, missing=[])
    dataset = digits.trial(1.0)[1]
    export(digits.members, tmp_path / "out", scores={}, versions={})
    frame = load(digits.spec).frame
    frame.to_csv(tmp_path / "rows.csv", index=False)
    table = Predictor.open(tmp_path / "out").predict(tmp_path / "rows.csv")
    assert set(table["prediction"]) <= set(dataset.signature.classes)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["classes"] == list(dataset.signature.classes)

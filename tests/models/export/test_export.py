"""The exported folder: one Keras model on raw rows, equal to its members, free of this project."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from models import export_check
from models.blocks.raw_inputs import raw_tensors
from models.bundle import BundleError
from models.data.sources import load
from models.export import Member, export
from models.export_check import ExportError
from models.exported import ExportedModel
from models.spec.cnn import CnnSpec
from models.spec.rnn import RnnSpec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BLOCK_OURS = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("spaces", "models", "tracking", "search"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Block())
"""


def save(study, to: Path):
    return export(study.members, to, scores={"test": {"accuracy": 0.9}}, versions={"keras": "3"})


def test_members_with_different_preprocessing_are_averaged_from_the_same_raw_rows(classes, tmp_path: Path) -> None:
    datasets = [
        classes.trial(0.5)[1],
        classes.trial(0.3, scaling="quantile", max_categories=2)[1],
        classes.trial(0.2)[1],
    ]
    report = save(classes, tmp_path / "out")
    assert report.difference <= 1e-5
    assert report.rows == len(datasets[0].validation.rows) == 32
    raw = load(classes.spec).frame.iloc[datasets[0].validation.rows]
    model = keras.saving.load_model(report.folder / "model.keras", safe_mode=True)
    made = model.predict(raw_tensors(datasets[0].preprocessor, raw), verbose=0)
    assert made == pytest.approx(classes.blend(datasets), abs=1e-5)


def test_equal_preprocessing_is_one_graph(classes, tmp_path: Path) -> None:
    for weight in (0.5, 0.5):
        classes.trial(weight)
    save(classes, tmp_path / "out")
    names = [layer.name for layer in keras.saving.load_model(tmp_path / "out" / "model.keras").layers]
    assert sum(name.startswith("prepare") for name in names) == 2  # the column called prepare, and the one graph
    assert len(names) == len(set(names))


def test_one_member_is_exported_as_itself(classes, tmp_path: Path) -> None:
    dataset = classes.trial(1.0)[1]
    save(classes, tmp_path / "out")
    rows = load(classes.spec).frame.iloc[dataset.validation.rows]
    table = ExportedModel(tmp_path / "out").predict(rows)
    assert list(table) == ["prediction", "probability <=50K", "probability >50K"]
    assert table["probability >50K"].to_numpy() == pytest.approx(classes.blend([dataset])[:, 0], abs=1e-5)
    assert (table["prediction"] == np.where(table["probability >50K"] > 0.5, ">50K", "<=50K")).all()


def test_a_regression_with_two_targets_comes_back_in_its_own_units(study: Callable, tmp_path: Path) -> None:
    prices = study(target=["price", "area"], ignore=["class"])
    datasets = [prices.trial(0.6)[1], prices.trial(0.4, scaling="minmax")[1]]
    report = save(prices, tmp_path / "out")
    rows = load(prices.spec).frame.iloc[datasets[0].validation.rows]
    table = ExportedModel(report.folder).predict(rows)
    assert list(table) == ["price", "area"]
    apart = (table.to_numpy() - prices.blend(datasets)) / np.array(datasets[0].signature.target_std)
    assert np.abs(apart).max() <= 1e-5


def test_images_of_bytes_are_taken_raw(images, small_cnn: CnnSpec, tmp_path: Path) -> None:
    datasets = [images.trial(0.7, model=small_cnn)[1], images.trial(0.3, scaling="minmax")[1]]
    report = save(images, tmp_path / "out")
    rows = np.load(tmp_path / "images.npz")["x"][datasets[0].validation.rows]
    made = keras.saving.load_model(report.folder / "model.keras").predict(rows.astype("float32"), verbose=0)
    assert made == pytest.approx(images.blend(datasets), abs=1e-5)
    table = ExportedModel(report.folder).predict(rows)
    assert list(table["prediction"]) == list(made.argmax(axis=1))


def test_windows_are_taken_raw(windows, tmp_path: Path) -> None:
    lstm = RnnSpec(layers=2, units=4, bidirectional=True, dropout=0.2)
    gru = RnnSpec(cell="gru", units=5, pooling="average", head=3)
    datasets = [windows.trial(0.7, model=lstm)[1], windows.trial(0.3, model=gru, scaling="quantile")[1]]
    report = save(windows, tmp_path / "out")
    rows = np.load(tmp_path / "windows.npz")["x"][datasets[0].validation.rows]
    made = keras.saving.load_model(report.folder / "model.keras").predict(rows.astype("float32"), verbose=0)
    width = datasets[0].signature.target_std[0]
    assert made / width == pytest.approx(windows.blend(datasets) / width, abs=1e-5)
    table = ExportedModel(report.folder).predict(rows)
    assert table["target"].to_numpy() == pytest.approx(made[:, 0], abs=1e-4 * width)


def test_the_manifest_says_what_went_in(classes, tmp_path: Path) -> None:
    classes.trial(0.75)
    classes.trial(0.25, scaling="robust")
    report = save(classes, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [(m["trial"], m["weight"], m["objective"]) for m in manifest["members"]] == [
        (0, 0.75, 0.5),
        (1, 0.25, 0.5),
    ]
    assert manifest["members"][1]["config"]["data"]["scaling"] == "robust"
    assert (manifest["task"], manifest["classes"]) == ("binary", ["<=50K", ">50K"])
    assert {c["name"]: c["kind"] for c in manifest["columns"]} == {
        "member_1": "number",
        "weight 1": "number",
        "prepare": "category",
        "blend": "boolean",
        "since": "date",
    }
    assert manifest["scores"] == {"test": {"accuracy": 0.9}}
    assert manifest["check"] == {"rows": 32, "difference": report.difference}
    assert f"keras=={keras.__version__}" in (tmp_path / "out" / "requirements.txt").read_text().split()
    assert "trial 0 with weight 0.750, trial 1 with weight 0.250" in (tmp_path / "out" / "README.md").read_text()


def test_an_export_in_the_place_of_another_keeps_files_that_are_not_its_own(classes, tmp_path: Path) -> None:
    classes.trial(1.0)
    save(classes, tmp_path / "out")
    (tmp_path / "out" / "mine.csv").write_text("kept")
    save(classes, tmp_path / "out")
    assert (tmp_path / "out" / "mine.csv").read_text() == "kept"
    assert not list(tmp_path.glob(".out*"))


def test_a_model_that_predicts_something_else_is_refused_and_not_written(classes, tmp_path: Path) -> None:
    classes.trial(0.5)
    other = classes.trial(0.5)[0]
    stored = dict(np.load(other.folder / "predictions.npz"))
    stored["validation"][3] += 0.01
    np.savez(other.folder / "predictions.npz", **stored)
    manifest = json.loads((other.folder / "manifest.json").read_text())
    from models.files import checksum

    manifest["files"]["predictions.npz"] = checksum(other.folder / "predictions.npz")
    (other.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ExportError, match=r"for validation row 4, its members predicted .*: 0\.005 apart, where 1e-05"):
        save(classes, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_data_that_changed_since_the_study_are_named(classes, tmp_path: Path) -> None:
    member = classes.trial(1.0)[1]
    frame = pd.read_csv(tmp_path / "people.csv")
    frame.loc[member.validation.rows[2], "weight 1"] = -1
    frame.to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(ExportError, match=r"`people.csv` has changed since the study: validation row 3 is another"):
        save(classes, tmp_path / "out")
    frame.iloc[:20].to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(ExportError, match="has changed since the study: it has 20 rows, and row"):
        save(classes, tmp_path / "out")


def test_only_so_many_rows_are_checked(classes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classes.trial(1.0)
    monkeypatch.setattr(export_check, "ROWS_CHECKED", 5)
    assert save(classes, tmp_path / "out").rows == 5


def test_members_of_different_tasks_are_refused(classes, study: Callable, tmp_path: Path) -> None:
    classes.trial(0.5)
    prices = study(target="price", ignore=["class", "area"])
    prices.folder = tmp_path / "other"
    stranger = prices.trial(0.5)[0]
    members = [*classes.members, Member(9, 0.5, stranger.folder, stranger.dataset)]
    with pytest.raises(ExportError, match="trial 9 was trained on other rows or classes than trial 0; export members"):
        export(members, tmp_path / "out", scores={}, versions={})


def test_members_that_take_different_raw_rows_are_refused(classes, tmp_path: Path) -> None:
    classes.trial(0.5)
    classes.trial(0.5, ignore=("price", "area", "since"))
    with pytest.raises(
        ExportError, match=r"members take different raw rows: .*since.* against .*; export members of one study"
    ):
        save(classes, tmp_path / "out")


def test_weights_that_do_not_sum_to_one_are_refused(classes, tmp_path: Path) -> None:
    classes.trial(0.5)
    with pytest.raises(ExportError, match=r"the members' weights sum to 0\.5, not 1"):
        save(classes, tmp_path / "out")


def test_a_damaged_member_is_named(classes, tmp_path: Path) -> None:
    member = classes.trial(1.0)[0]
    (member.folder / "model.keras").write_bytes(b"no model")
    with pytest.raises(BundleError, match=r"trial-0000/model\.keras is damaged"):
        save(classes, tmp_path / "out")


@keras.saving.register_keras_serializable(package="ours")
class OwnLayer(keras.layers.Layer):
    """Would not load elsewhere."""

    def call(self, x):
        return x


def test_a_layer_of_our_own_is_refused(classes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models import export as module
    from models.blend_graph import blend_graph

    def with_own_layer(parts):
        inner = blend_graph(parts)
        return keras.Model(inner.input, OwnLayer()(inner.output))

    classes.trial(1.0)
    monkeypatch.setattr(module, "blend_graph", with_own_layer)
    with pytest.raises(ExportError, match="layers that plain Keras does not know: OwnLayer"):
        save(classes, tmp_path / "out")


@pytest.mark.slow
def test_the_model_loads_with_plain_keras_and_the_folder_works_without_this_project(classes, tmp_path: Path) -> None:
    dataset = classes.trial(1.0)[1]
    save(classes, tmp_path / "out")
    load(classes.spec).frame.iloc[dataset.validation.rows].to_pickle(tmp_path / "rows.pkl")
    code = (
        "import keras, pandas as pd\nfrom pathlib import Path\n"
        f"keras.saving.load_model({str(tmp_path / 'out' / 'model.keras')!r}, safe_mode=True)\n"
        f"sys.path.insert(0, {str(tmp_path / 'out')!r})\n"
        "from exported_ensemble.models.exported import ExportedModel\n"
        f"rows = pd.read_pickle({str(tmp_path / 'rows.pkl')!r})\n"
        f"table = ExportedModel(Path({str(tmp_path / 'out')!r})).predict(rows)\n"
        f"table.to_csv({str(tmp_path / 'made.csv')!r}, index=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", BLOCK_OURS + code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(tmp_path / "made.csv")["probability >50K"].to_numpy()
    assert made == pytest.approx(classes.blend([dataset])[:, 0], abs=1e-5)

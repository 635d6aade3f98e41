"""The MLflow pyfunc of an exported ensemble."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest

from models.bundle import save_bundle
from models.config import Config
from models.data.prepare import prepare
from models.export import ExportReport, Member, export
from models.exported import ExportedModel
from models.families.registry import build
from models.spec.data import DataSpec
from models.spec.mlp import MlpSpec
from models.spec.training import TrainingSpec
from tracking.pyfunc import save_pyfunc

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BLOCK_OURS = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("spaces", "models", "tracking", "search"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Block())
"""


@dataclass(frozen=True)
class Result:
    objective: float


@dataclass(frozen=True)
class Case:
    report: ExportReport
    rows: pd.DataFrame


def stored(spec: DataSpec, folder: Path) -> ExportReport:
    """The export of one trial on `spec`; its network need not be trained."""
    data = prepare(spec, folder / "data", seed=1)
    keras.utils.set_random_seed(0)
    family = MlpSpec(layers=1, units=4)
    network = build(family, data.signature)
    predictions = {"validation": network.predict(np.asarray(data.validation.x), verbose=0)}
    config = Config(spec, family, TrainingSpec())
    save_bundle(folder / "trial", model=network, config=config, result=Result(0.5), predictions=predictions)
    member = Member(0, 1.0, folder / "trial", folder / "data")
    return export([member], folder / "out", scores={}, versions={})


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A table with numbers, words and gaps."""
    folder = tmp_path_factory.mktemp("pyfunc")
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "size": rng.normal(10, 3, 80),
            "n": rng.integers(0, 9, 80),
            "colour": rng.choice(["red", "green"], 80),
        }
    )
    rows.loc[::9, "size"] = np.nan
    rows.loc[::8, "colour"] = None
    rows.assign(kind=np.where(rows["n"] > 4, "big", "small")).to_csv(folder / "rows.csv", index=False)
    return Case(stored(DataSpec(source="rows.csv", folder=str(folder), target="kind"), folder), rows)


def save(report: ExportReport, to: Path) -> Path:
    return save_pyfunc(to, files=report.files, package=report.package, requirements=report.requirements)


def test_it_predicts_what_the_export_predicts(case: Case) -> None:
    to = save(case.report, case.report.folder / "pyfunc")
    made = mlflow.pyfunc.load_model(str(to)).predict(case.rows)
    pd.testing.assert_frame_equal(made, ExportedModel(case.report.folder).predict(case.rows))


def test_it_takes_the_place_of_an_older_one_and_needs_what_is_stated(case: Case, tmp_path: Path) -> None:
    (tmp_path / "pyfunc").mkdir()
    (tmp_path / "pyfunc" / "old.txt").write_text("old")
    to = save(case.report, tmp_path / "pyfunc")
    assert not (to / "old.txt").exists()
    assert f"keras=={keras.__version__}" in (to / "requirements.txt").read_text().split()
    assert [entry.name for entry in tmp_path.iterdir()] == ["pyfunc"]


def test_a_missing_column_is_named(case: Case, tmp_path: Path) -> None:
    model = mlflow.pyfunc.load_model(str(save(case.report, tmp_path / "pyfunc")))
    with pytest.raises(ValueError, match="column `size` is missing"):
        model.predict(case.rows.drop(columns="size"))


def test_array_data_are_predicted_from_an_array(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", x=rng.random((60, 4, 4)), y=np.arange(60) % 3)
    report = stored(DataSpec(source="images.npz", folder=str(tmp_path)), tmp_path)
    rows = rng.random((5, 4, 4))
    made = mlflow.pyfunc.load_model(str(save(report, tmp_path / "pyfunc"))).predict(rows)
    pd.testing.assert_frame_equal(made, ExportedModel(report.folder).predict(rows))


@pytest.mark.slow
def test_it_loads_and_predicts_where_this_project_is_not(case: Case, tmp_path: Path) -> None:
    to = save(case.report, tmp_path / "pyfunc")
    case.rows.to_pickle(tmp_path / "rows.pkl")
    code = (
        "import mlflow, pandas as pd\n"
        f"rows = pd.read_pickle({str(tmp_path / 'rows.pkl')!r})\n"
        f"made = mlflow.pyfunc.load_model({str(to)!r}).predict(rows)\n"
        f"made.to_csv({str(tmp_path / 'made.csv')!r}, index=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", BLOCK_OURS + code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = ExportedModel(case.report.folder).predict(case.rows)
    assert pd.read_csv(tmp_path / "made.csv")["probability big"].to_numpy() == pytest.approx(
        expected["probability big"].to_numpy(), abs=1e-6
    )

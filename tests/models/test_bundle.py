"""One finished trial on disk: what comes back, and what is said of damage."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.bundle import BundleError, discard_bundle, is_complete, load_bundle, save_bundle
from models.config import Config
from models.files import checksum
from models.spec.data import DataSpec
from models.spec.mlp import MlpSpec
from models.spec.training import TrainingSpec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with numpy 2.5

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
CONFIG = Config(DataSpec(source="sklearn:iris", missing=["?"]), MlpSpec(layers=1, units=7), TrainingSpec())


@dataclass(frozen=True)
class Result:
    history: tuple[dict[str, float], ...]
    objective: float
    best_epoch: int
    ended_by: str


RESULT = Result(({"val_loss": 0.5, "loss": float("nan")}, {"val_loss": float("inf"), "loss": 1.0}), 0.5, 1, "nan")


def tiny() -> Any:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(4, activation="gelu")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, np.arange(6) % 2, verbose=0)
    return model


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny()


@pytest.fixture
def folder(tmp_path: Path, model: Any) -> Path:
    predictions = {"validation": model.predict(X, verbose=0), "test": np.ones((2, 2))}
    save_bundle(tmp_path / "t", model=model, config=CONFIG, result=RESULT, predictions=predictions)
    return tmp_path / "t"


def test_everything_comes_back(folder: Path, model: Any) -> None:
    bundle = load_bundle(folder)
    assert bundle.config == CONFIG
    assert bundle.result["best_epoch"] == 1
    assert bundle.result["ended_by"] == "nan"
    assert np.isnan(bundle.result["history"][0]["loss"])
    assert bundle.result["history"][1]["val_loss"] == float("inf")
    assert list(bundle.predictions) == ["validation", "test"]
    assert bundle.predictions["validation"].dtype == np.float32
    assert np.array_equal(bundle.model().predict(X, verbose=0), bundle.predictions["validation"])


def test_the_model_is_saved_without_its_optimizer_and_the_trained_one_keeps_it(folder: Path, model: Any) -> None:
    assert not getattr(load_bundle(folder).model(), "compiled", False)
    assert not hasattr(keras.saving.load_model(folder / "model.keras"), "optimizer")
    assert model.compiled


def test_the_manifest_is_plain_json(folder: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads((folder / "manifest.json").read_text(), parse_constant=refuse)


def test_other_files_of_the_folder_stay(folder: Path, model: Any) -> None:
    (folder / "log.csv").write_text("epoch")
    save_bundle(folder, model=model, config=CONFIG, result=RESULT, predictions={})
    assert (folder / "log.csv").read_text() == "epoch"
    assert load_bundle(folder).predictions == {}


def test_a_bundle_counts_from_the_moment_its_manifest_is_there(folder: Path) -> None:
    assert is_complete(folder)
    (folder / "manifest.json").unlink()
    assert not is_complete(folder)
    with pytest.raises(BundleError, match=r"t holds no finished trial \(manifest.json is not there\); a trial is"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["model.keras", "config.json", "predictions.npz"])
def test_a_flipped_byte_is_found_in_the_file_that_is_asked_for(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert not is_complete(folder)
    bundle = load_bundle(folder)
    asked = {"model.keras": bundle.model, "config.json": lambda: bundle.config}
    with pytest.raises(
        BundleError, match=f"{name} is damaged: its checksum is not the one in manifest.json; restore it"
    ):
        asked.get(name, lambda: bundle.predictions)()


def test_a_model_that_keras_cannot_open_is_named(folder: Path) -> None:
    """Its checksum is right: it was written by another version."""
    (folder / "model.keras").write_bytes(b"no archive")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.keras"] = checksum(folder / "model.keras")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=rf"model\.keras is damaged: Keras {keras.__version__} cannot open it"):
        load_bundle(folder).model()


def test_a_discarded_bundle_counts_as_gone(folder: Path) -> None:
    discard_bundle(folder)
    discard_bundle(folder)
    assert not is_complete(folder)


def test_a_lost_file_is_named(folder: Path) -> None:
    (folder / "predictions.npz").unlink()
    with pytest.raises(BundleError, match=r"predictions\.npz is damaged: it is not there"):
        _ = load_bundle(folder).predictions


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}', "\xff"])
def test_a_broken_manifest_is_named(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(BundleError, match=r"manifest\.json is damaged"):
        load_bundle(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
    with pytest.raises(BundleError, match="has format 2, not 1; open it with the version"):
        load_bundle(folder)


def test_predictions_are_read_without_a_framework(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from models.bundle import load_bundle\n"
        f"print(load_bundle(Path({str(folder)!r})).predictions['test'].shape)\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("(2, 2)\n", 0), done.stderr

"""Small studies on disk: prepared data, and stored trials with untrained networks, ready to be exported."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from models.bundle import save_bundle
from models.config import Config
from models.data.dataset import Dataset
from models.data.prepare import prepare
from models.export import Member, export
from models.families.registry import build
from models.spec.cnn import CnnSpec
from models.spec.data import DataSpec
from models.spec.mlp import MlpSpec
from models.spec.training import TrainingSpec


@dataclass(frozen=True)
class Result:
    """What of a trial's result the export looks at."""

    objective: float


@dataclass
class SmallStudy:
    """Trials of one data source; `members` grow with `trial`."""

    folder: Path
    spec: DataSpec
    members: list[Member]

    def trial(self, weight: float, *, model: Any = None, **data: Any) -> tuple[Member, Dataset]:
        """Store one more trial whose data knobs are `data`."""
        number = len(self.members)
        spec = self.spec.model_copy(update=data)
        where = self.folder / f"data-{'-'.join(map(str, data.values())) or 'plain'}"
        dataset = prepare(spec, where, seed=3)
        keras.utils.set_random_seed(number)
        family = model or MlpSpec(layers=2, units=8, batch_norm=True, dropout=0.2)
        network = build(family, dataset.signature)
        predictions = {"validation": network.predict(np.asarray(dataset.validation.x), verbose=0)}
        bundle = self.folder / f"trial-{number:04d}"
        config = Config(spec, family, TrainingSpec())
        save_bundle(bundle, model=network, config=config, result=Result(0.5), predictions=predictions)
        self.members.append(Member(number, weight, bundle, where))
        return self.members[-1], dataset

    def blend(self, datasets: list[Dataset]) -> np.ndarray:
        """The members' blend on the validation rows, (n_rows, n_outputs)."""
        from models.bundle import load_bundle

        stored = [load_bundle(m.folder).predictions["validation"] for m in self.members]
        assert len(stored) == len(datasets)
        return np.einsum("m,mro->ro", [m.weight for m in self.members], stored)


def people(n_rows: int = 160) -> pd.DataFrame:
    """A table of every kind of column, with gaps, and with names that clash with those of layers."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "member_1": rng.normal(40, 10, n_rows).round(1),
            "weight 1": rng.integers(0, 100_000, n_rows),
            "prepare": rng.choice(["red", "green", "?", "blue or so"], n_rows),
            "blend": rng.choice(["true", "false"], n_rows),
            "since": pd.date_range("2001-01-01", periods=n_rows, freq="31h").strftime("%Y-%m-%d %H:%M"),
        }
    )
    frame["class"] = np.where(frame["member_1"] + rng.normal(0, 5, n_rows) > 40, ">50K", "<=50K")
    frame["price"] = frame["member_1"] * 1000 + rng.normal(0, 100, n_rows)
    frame["area"] = frame["member_1"] * 0.01
    frame.loc[::7, "member_1"] = np.nan
    frame.loc[::11, "blend"] = None
    return frame


def small_study(folder: Path, /, **data: Any) -> SmallStudy:
    """A study in `folder`, of the table of people by default."""
    people().to_csv(folder / "people.csv", index=False)
    given = {"source": "people.csv", "folder": str(folder), "missing": ["?"]} | data
    return SmallStudy(folder, DataSpec(**given), [])


CLASSES = {"target": "class", "ignore": ["price", "area"]}
"""A binary task on people."""


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., SmallStudy]:
    """Makes a study."""
    return partial(small_study, tmp_path)


@pytest.fixture
def classes(study: Callable[..., SmallStudy]) -> SmallStudy:
    """A binary task on people."""
    return study(**CLASSES)


@pytest.fixture(scope="session")
def exported_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table of people and with `out`, the export of one trial on it; not to be changed."""
    folder = tmp_path_factory.mktemp("exported")
    classes = small_study(folder, **CLASSES)
    classes.trial(1.0)
    export(classes.members, folder / "out", scores={}, versions={})
    return folder


@pytest.fixture
def exported(exported_once: Path, tmp_path: Path) -> Path:
    """An export of a binary task, beside its `people.csv`; to be changed at will."""
    shutil.copy(exported_once / "people.csv", tmp_path)
    return Path(shutil.copytree(exported_once / "out", tmp_path / "out"))


@pytest.fixture
def images(study: Callable[..., SmallStudy], tmp_path: Path) -> SmallStudy:
    """Ten-class images of bytes, from an npz file."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, 256, size=(120, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", x=x, y=np.arange(120) % 10)
    return study(source="images.npz", missing=[])


@pytest.fixture
def windows(study: Callable[..., SmallStudy], tmp_path: Path) -> SmallStudy:
    """Windows of seven steps with three features each, some of them missing, and amounts to foretell."""
    rng = np.random.default_rng(2)
    x = rng.normal([0, 10, 500], [1, 3, 80], size=(120, 7, 3))
    y = x[:, -1, 0] * 40 + 100
    x[::9, 2, 1] = np.nan
    np.savez(tmp_path / "windows.npz", x=x, y=y)
    return study(source="windows.npz", missing=[], windows=True)


@pytest.fixture
def small_cnn() -> CnnSpec:
    return CnnSpec(blocks=1, filters=4, head=8)

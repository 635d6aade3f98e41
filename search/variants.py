"""Prepared data sets of a study: one for each configuration of the data knobs. Loads no framework."""

import hashlib
import json
from pathlib import Path

from models.config import Config
from models.data.dataset import Dataset
from models.data.prepare import prepare
from models.spec.data import DataSpec


class DataVariants:
    """Finds the prepared data set of a configuration under `root`; most studies have a single one."""

    def __init__(self, root: Path, *, seed: int) -> None:
        self._root = root
        self._seed = seed
        self._opened: dict[str, tuple[Path, Dataset]] = {}

    def of(self, config: Config) -> tuple[Path, Dataset]:
        """Folder and data set for `config.data`. Raises DataError for data that cannot be used."""
        return self.prepared(config.data)

    def prepared(self, data: DataSpec) -> tuple[Path, Dataset]:
        text = json.dumps([data.model_dump(mode="json"), self._seed], sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        if key not in self._opened:
            folder = self._root / key
            self._opened[key] = folder, prepare(data, folder, seed=self._seed)
        return self._opened[key]

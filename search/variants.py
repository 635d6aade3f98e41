"""Prepared data sets of a study: one for each configuration of the data knobs. Loads no framework."""

import hashlib
import json
import shutil
from pathlib import Path

from models.config import Config
from models.data.dataset import Dataset, open_dataset, read_manifest
from models.data.errors import DataError
from models.data.prepare import prepare
from models.spec.callbacks import OwnCallback
from models.spec.data import DataSpec
from search.own_process import run_module
from search.spec_callbacks import source_of


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
            made = prepare(data, folder, seed=self._seed) if data.code is None else self._own(data, folder)
            self._opened[key] = folder, made
        return self._opened[key]

    def _own(self, data: DataSpec, folder: Path) -> Dataset:
        """The rows of the user's own function, called by a process of its own unless its text is the same as before."""
        own = OwnCallback(str(data.code))
        source = source_of(own, Path(data.folder or "."))
        text = source.read_bytes() if source.is_file() else b""
        about = json.dumps([data.model_dump(mode="json", exclude={"folder"}), self._seed], sort_keys=True)
        mark = hashlib.sha256(text + about.encode()).hexdigest()
        manifest = read_manifest(folder)
        if manifest is None or manifest["fingerprint"] != mark:
            shutil.rmtree(folder, ignore_errors=True)
            job = {"data": data.model_dump(mode="json"), "seed": self._seed, "folder": str(folder), "mark": mark}
            done = run_module("models.code.load", job)
            if done.result is None:
                raise DataError(f"loading `{data.code}` ended with exit code {done.code}", f"it said last: {done.last}")
            if "problem" in done.result:
                before = f"{done.result['traceback'].rstrip()}\n" if done.result["traceback"] else ""
                raise DataError(before + done.result["problem"], done.result.get("mend", f"mend {data.code}"))
        return open_dataset(folder)

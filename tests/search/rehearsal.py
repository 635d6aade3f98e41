"""Whole studies on simulated time: the real loop, record, files and ensemble; curves instead of training."""

import csv
import io
import json
import os
import signal
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from optuna.storages import RDBStorage

from models.bundle import CONFIG, FORMAT, MANIFEST, MODEL, PREDICTIONS
from models.files import checksum
from search.backends.simulated import SimulatedBackend
from search.clock import ManualClock
from search.session import Stage, run_study
from search.spec import load

BASE = """\
study: small
data: sklearn:iris
objective: val_accuracy
model: {layers: 1, units: 8}
training: {epochs: 6, learning_rate: {float: [0.1, 0.9]}}
search: {sampler: random, pruner: none}
budget: {trials: 4}
ensemble: none
tracking: none
"""


def rising(params, epoch):
    """A larger learning rate is better, and every epoch is better than the last."""
    return {"loss": 1.0, "val_accuracy": params.get("learning_rate", 0.5) * (1 - 0.5**epoch)}


class PredictingBackend(SimulatedBackend):
    """Also leaves predictions in the trial's folder, as a worker does; better ones for later trials."""

    study = None

    def submit(self, suggestion):
        if self.study.file.spec.ensemble is not None:
            self._predict(suggestion)
        super().submit(suggestion)

    def _predict(self, suggestion):
        task = self.study.task_of(suggestion)
        _, dataset = self.study.data.of(self.study.file.config(suggestion.params))
        task.folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(suggestion.number)
        parts = {"validation": dataset.validation, "test": dataset.test}
        store(task.folder, task.config, {name: guesses(p.y, 3, rng) for name, p in parts.items() if p is not None})


def guesses(y, n_classes, rng):
    """Probabilities that lean to the truth and err independently of other guesses."""
    logits = rng.normal(size=(len(y), n_classes))
    if y.dtype.kind == "i":
        logits[np.arange(len(y)), y] += 1.0
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def store(folder, config, predictions):
    """A bundle without a model, and without waiting for the disk."""
    (folder / CONFIG).write_text(json.dumps(config))
    np.savez(folder / PREDICTIONS, **{part: p.astype(np.float32) for part, p in predictions.items()})
    sums = {name: checksum(folder / name) for name in (CONFIG, PREDICTIONS)}
    manifest = {"format": FORMAT, "files": {**sums, MODEL: ""}, "result": {}}
    (folder / MANIFEST).write_text(json.dumps(manifest))


@cache
def empty_record():
    """A record with its tables and nothing in them: making the tables takes as long as a whole study."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        storage = RDBStorage(f"sqlite:///{path}")
        storage.remove_session()
        storage.engine.dispose()
        return path.read_bytes()


class Rehearsal:
    """Runs studies in the working directory; what one printed is in `text`, its exit code in `code`."""

    def __init__(self, curve=rising, curve_of=None):
        self.curve, self.curve_of = curve, curve_of
        self.costs = lambda params: {}
        self.checkpoints = {}
        self.text, self.code, self.backend = "", None, None

    def write(self, text=BASE, name="space.yaml"):
        path = Path(name)
        path.write_text(text)
        return path

    def run(self, *overrides, text=BASE):
        file = load(self.write(text), overrides)
        stream = io.StringIO()
        self.clock = ManualClock()
        self.folder = Path(file.spec.folder) / file.spec.study
        if not (self.folder / "space.lock.json").exists() and not (self.folder / "record.db").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "record.db").write_bytes(empty_record())
        self.code = run_study(file, stream=stream, stage=Stage(self.clock, self._workers))
        self.text = stream.getvalue()
        return self

    def _workers(self, study, clock):
        self.backend = PredictingBackend(
            self.curve,
            objective=study.file.objective,
            workers=study.file.spec.workers.count,
            seconds_per_epoch=1.0,
            clock=clock,
            checkpoints=self.checkpoints,
            curve_of=self.curve_of,
            costs=self.costs,
        )
        self.backend.study = study
        return self.backend

    @staticmethod
    def stop():
        """Ctrl-C, as a person presses it."""
        os.kill(os.getpid(), signal.SIGINT)

    @property
    def events(self):
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]

    @property
    def rows(self):
        """The leaderboard, best first."""
        return list(csv.DictReader(io.StringIO((self.folder / "leaderboard.csv").read_text())))

    @property
    def rates(self):
        """The learning rates that were tried, in the order of the trials."""
        rows = sorted(self.rows, key=lambda row: int(row["trial"]))
        return [float(row["learning_rate"]) for row in rows]

    @property
    def ensemble(self):
        return json.loads((self.folder / "ensemble.json").read_text())

"""A small laboratory: tiny data sets, and trials on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.data.dataset import Dataset, Part
from models.objective import Direction, Objective
from models.signature import Signature
from models.spec.cnn import CnnSpec
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.training import TrainingSpec
from models.training.callbacks.crew import crew
from models.training.callbacks.report import OnEpoch
from models.training.checkpoint import CheckpointFile
from models.training.fit import fit
from models.training.graphs import Graphs
from models.training.life import Life
from models.training.orders import EpochReport, Order
from models.training.plan import FitPlan, FitResult
from models.training.process import sow_generators

N_TRAIN, N_VALIDATION = 60, 30
LOSS = Objective("val_loss", Direction.MINIMIZE)


def part(x: np.ndarray, y: np.ndarray) -> Part:
    return Part(x=x, y=y, rows=np.arange(len(x), dtype=np.int64))


def signature(task: str, shape: tuple[int, ...]) -> Signature:
    if task == "regression":
        return Signature("regression", shape, 1, (), ("y",), N_TRAIN, target_mean=(100.0,), target_std=(20.0,))
    if task == "binary":
        return Signature("binary", shape, 1, ("no", "yes"), ("y",), N_TRAIN)
    return Signature("multiclass", shape, 3, ("a", "b", "c"), ("y",), N_TRAIN)


def dataset(task: str = "multiclass", shape: tuple[int, ...] = (5,)) -> Dataset:
    """Rows that a line separates, with some noise; classes are out of balance."""
    rng = np.random.default_rng(3)
    n = N_TRAIN + N_VALIDATION
    x = rng.normal(size=(n, *shape)).astype(np.float32)
    score = x.reshape(n, -1)[:, 0] + 0.3 * rng.normal(size=n)
    if task == "regression":
        y: np.ndarray = (100 + 20 * score).astype(np.float32)[:, None]
    elif task == "binary":
        y = (score > 0.8).astype(np.int32)
    else:
        y = np.digitize(score, (-0.5, 1.2)).astype(np.int32)
    return Dataset(
        train=part(x[:N_TRAIN], y[:N_TRAIN]),
        validation=part(x[N_TRAIN:], y[N_TRAIN:]),
        test=None,
        signature=signature(task, shape),
        preprocessor=None,  # type: ignore[arg-type]  # training reads prepared rows only
        fingerprint="",
        content="",
    )


def go_on(report: EpochReport) -> Order:
    return Order.GO_ON


class ManualClock:
    """Seconds that pass only when `tick` is called."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Trial:
    """One configuration to train; `run` builds its model anew and fits it."""

    task: str = "multiclass"
    shape: tuple[int, ...] = (5,)
    model: MlpSpec | CnnSpec | RnnSpec = field(
        default_factory=lambda: MlpSpec.model_validate({"layers": 1, "units": 8})
    )
    training: dict[str, Any] = field(default_factory=dict)
    objective: Objective = LOSS
    plan: dict[str, Any] = field(default_factory=dict)
    graphs: Graphs = field(default_factory=Graphs)
    built: keras.Model | None = None
    reports: list[EpochReport] = field(default_factory=list)

    def run(
        self,
        *,
        seed: int = 1,
        checkpoint: CheckpointFile | None = None,
        on_epoch: OnEpoch = go_on,
    ) -> FitResult:
        sow_generators(99)  # must not matter
        data = dataset(self.task, self.shape)
        training = TrainingSpec.model_validate({"epochs": 2, "batch_size": 30, **self.training})
        plan = FitPlan(training=training, objective=self.objective, seed=seed, **self.plan)
        self.reports.clear()
        begun = self.graphs.begin(self.model, plan, data)
        self.built = begun.graph.model

        def answer(report: EpochReport) -> Order:
            self.reports.append(report)
            return on_epoch(report)

        return fit(begun, plan, on_epoch=answer, checkpoint=checkpoint)

    def weights(self) -> list[np.ndarray]:
        assert self.built is not None
        return self.built.get_weights()


class ScriptedModel:
    """What callbacks see of a model; its only weight is the number of the epoch."""

    def __init__(self) -> None:
        self.optimizer = keras.optimizers.SGD(1.0)
        self.stop_training = False
        self.epoch = 0

    def get_weights(self) -> list[float]:
        return [float(self.epoch)]


class Script:
    """The callbacks of a configuration, played over given validation losses; an epoch takes ten seconds."""

    def __init__(self, plan: FitPlan, clock: ManualClock, on_epoch: OnEpoch) -> None:
        self.life = Life(plan.training.epochs)
        self.saved: list[int] = []
        self._clock = clock
        self._callbacks = crew(plan, self.life, on_epoch=on_epoch, save=self._save)

    def play(self, values: list[float]) -> None:
        model = ScriptedModel()
        for callback in self._callbacks:
            callback.set_model(model)
            callback.on_train_begin()
        for i, value in enumerate(values):
            model.epoch = i + 1
            for callback in self._callbacks:
                callback.on_epoch_begin(i)
            self._clock.tick(10)
            for callback in self._callbacks:
                callback.on_epoch_end(i, {"loss": 1.0, "val_loss": value})
            if model.stop_training:
                break

    def _save(self) -> None:
        self.saved.append(self.life.epoch)


@pytest.fixture
def script(clock: ManualClock) -> Callable[..., Script]:
    """Plays the callbacks of `training` options over validation losses, one an epoch."""

    def play(training: dict[str, Any], values: list[float], *, on_epoch: OnEpoch = go_on, **plan: Any) -> Script:
        spec = TrainingSpec.model_validate({"learning_rate": 1.0, "epochs": len(values), **training})
        fields = {"objective": LOSS, "training": spec, "seed": 0, "clock": clock, **plan}
        played = Script(FitPlan(**fields), clock, on_epoch)
        played.play(values)
        return played

    return play


@pytest.fixture
def trial() -> Callable[..., Trial]:
    """Makes a trial of `training` options and other fields."""

    def make(training: dict[str, Any] | None = None, **fields: Any) -> Trial:
        return Trial(training=training or {}, **fields)

    return make


@pytest.fixture
def tiny() -> Callable[..., Dataset]:
    """Makes a data set of a task and row shape."""
    return dataset


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let through the one warning that TensorFlow 2.21 gives with new numpy whenever Keras copies a tensor."""
    mark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(mark)

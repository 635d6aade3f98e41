"""What the coordinator costs, without training: a trial against the trials that a study has, and a thousand workers.

    python -m benchmarks.coordinator --trials 100,1000,10000 --samplers random,tpe,cmaes,qmc,grid

Four tables. `memory`: the process after so many trials of a study with 8 simulated workers. `trial`: CPU of asking a
driver, of telling it, and of recording one trial with its reports on SQLite, when the study has so many trials
already. `open`: CPU of taking such a study up. `workers`: events a CPU second through the real loop with simulated
workers, an epoch a simulated second each, with a record on SQLite and an event log.

Stored studies are made first, which takes a while; with `--keep FOLDER` they are kept and used again.
"""

import argparse
import itertools
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from models.objective import Direction, Objective
from models.training.orders import EpochReport
from search.backends.simulated import SimulatedBackend
from search.budget import Budget
from search.clock import ManualClock
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from search.folder import StudyFolder
from search.parts import Parts
from search.ports import Driver
from search.progress import SilentView
from search.pruning.registry import make_pruner
from search.record import Record
from search.runner import Rules, Runner
from search.spec import load
from search.study import Cause, Outcome, Params, Suggestion, TrialState
from search.telling import Teller
from spaces.domains import Categories, FloatRange
from spaces.space import Dimension, Space
from tracking.event_log import EventLog
from tracking.values import StudyInfo

METRIC = "val_accuracy"
OBJECTIVE = Objective(METRIC, Direction.MAXIMIZE)
DIGITS = Path(__file__).parents[1] / "examples" / "digits.yaml"
GRID = Space(
    (
        Dimension("learning_rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("dropout", FloatRange(0.0, 0.5)),
        Dimension("momentum", FloatRange(0.0, 0.95)),
        Dimension("activation", Categories(("relu", "gelu", "tanh"))),
    )
)
"""A space with as many points as the largest study has trials."""
GRID_POINTS = 16
ALIKE = {"tpe": "random", "qmc": "random", "gp": "random"}
"""Samplers that learn the same from any trials are measured on the same stored study."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """`trials`: how many trials a study has; `measured`: how many more are timed; `epochs`: reports of each."""

    trials: tuple[int, ...]
    measured: int
    epochs: int


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    numbers = tuple(int(n) for n in options.trials.split(","))
    sizes = Sizes(numbers, options.measured, options.epochs)
    samplers, pruners = options.samplers.split(","), options.pruners.split(",")
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python -m benchmarks.coordinator {' '.join(arguments)}\n")
    tables: dict[str, Callable[[Path], list[str]]] = {
        "trial": lambda kept: trial_table(samplers, sizes, kept),
        "open": lambda kept: open_table(sizes, kept),
        "workers": lambda kept: workers_table(pruners, sizes, kept, workers=options.workers),
        "memory": lambda kept: memory_table(sizes),
    }
    with tempfile.TemporaryDirectory() as scratch:
        kept = options.keep or Path(scratch)
        kept.mkdir(parents=True, exist_ok=True)
        for name in options.tables.split(","):
            print("\n".join(tables[name](kept)), end="\n\n", flush=True)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coordinator", description=__doc__)
    parser.add_argument("--tables", default="memory,trial,open,workers", help="memory first, or a process of its own")
    parser.add_argument("--trials", default="100,1000,10000", help="how many trials the studies have")
    parser.add_argument("--measured", type=int, default=30, help="trials that are timed at each size")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--samplers", default="random,tpe,cmaes,qmc,grid")
    parser.add_argument("--pruners", default="none,median,successive_halving,hyperband")
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--keep", type=Path, help="folder of stored studies, used again")
    return parser.parse_args(arguments)


# ------------------------------------------------------------------------------------------- stored studies
def space_of(sampler: str) -> Space:
    return GRID if sampler == "grid" else load(DIGITS).space


def driver_of(sampler: str, epochs: int) -> Driver:
    points = GRID_POINTS if sampler == "grid" else None
    setup = DriverSetup(space_of(sampler), sampler, OBJECTIVE.direction, epochs, seed=1, grid_points=points)
    return make_driver("optuna", setup)


def opened(path: Path, sampler: str) -> Record:
    url = f"sqlite:///{path}"
    return Record.open(url, study="study", direction=OBJECTIVE.direction, space=space_of(sampler))


def value_of(params: Params, epoch: int) -> float:
    """A made-up accuracy, better near a learning rate of 0.01 and with every epoch."""
    rate = params["learning_rate"]
    assert isinstance(rate, float)
    return (1.0 - abs(rate - 0.01)) * (1 - 0.8**epoch)


def outcome_of(params: Params, epochs: int) -> Outcome:
    value = value_of(params, epochs)
    metrics = {METRIC: value, "loss": 1 - value, "accuracy": value, "val_loss": 1 - value}
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, "", value, epochs, epochs, epochs * 1.0, metrics)


def stored(sampler: str, trials: int, epochs: int, *, kept: Path) -> Path:
    """A study of so many trials in a file of `kept`, made unless it is there."""
    maker = ALIKE.get(sampler, sampler)
    path = kept / f"{maker}-{trials}x{epochs}.db"
    if not path.exists():
        driver, record = driver_of(maker, epochs), opened(path.with_suffix(".part"), maker)
        for number in range(trials):
            suggestion = asked(driver, number)
            write(record, suggestion, epochs)
            driver.tell(number, outcome_of(suggestion.params, epochs))
        record.close()
        path.with_suffix(".part").rename(path)
    return path


def asked(driver: Driver, number: int) -> Suggestion:
    suggestion = driver.ask(number)
    assert suggestion is not None, "the space is exhausted"
    return suggestion


def write(record: Record, suggestion: Suggestion, epochs: int) -> None:
    record.start(suggestion, seed=suggestion.number)
    for epoch in range(1, epochs + 1):
        record.report(suggestion.number, epoch=epoch, value=value_of(suggestion.params, epoch))
    record.finish(suggestion.number, outcome_of(suggestion.params, epochs))


# ------------------------------------------------------------------------------------------------- tables
def trial_table(samplers: Sequence[str], sizes: Sizes, kept: Path) -> list[str]:
    lines = [
        f"### CPU ms a trial of {sizes.epochs} epochs (medians of {sizes.measured})",
        "| sampler | trials recorded | ask | tell | in memory, ask + tell | SQLite record | all | all, an event |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for sampler in samplers:
        for trials in sizes.trials:
            ask, tell, record = trial_costs(sampler, trials, sizes, kept)
            whole = ask + tell + record
            event = whole / (sizes.epochs + 2)
            lines.append(
                f"| {sampler} | {trials} | {ask:.2f} | {tell:.2f} | {ask + tell:.2f} | {record:.2f} | {whole:.2f} "
                f"| {event:.3f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
    return lines


def trial_costs(sampler: str, trials: int, sizes: Sizes, kept: Path) -> tuple[float, float, float]:
    """Median CPU ms of ask, tell, and start + reports + finish of the record."""
    asking, telling, recording = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        shutil.copy(stored(sampler, trials, sizes.epochs, kept=kept), path)
        record, driver = opened(path, sampler), driver_of(sampler, sizes.epochs)
        driver.restore(record.trials())
        for number in range(trials, trials + sizes.measured):
            begun = time.process_time()
            suggestion = asked(driver, number)
            told = time.process_time()
            write(record, suggestion, sizes.epochs)
            written = time.process_time()
            driver.tell(number, outcome_of(suggestion.params, sizes.epochs))
            telling.append(time.process_time() - written)
            asking.append(told - begun)
            recording.append(written - told)
        record.close()
    ask, tell, write_ = (1000 * statistics.median(times) for times in (asking, telling, recording))
    return ask, tell, write_


def open_table(sizes: Sizes, kept: Path) -> list[str]:
    lines = [
        "### CPU s of taking a study up",
        "| trials recorded | open and read the record | restore the driver (tpe) | read again | importances |",
        "|---|---|---|---|---|",
    ]
    for trials in sizes.trials:
        path = stored("random", trials, sizes.epochs, kept=kept)
        times = [time.process_time()]
        record = opened(path, "random")
        restored = record.trials()
        times.append(time.process_time())
        driver_of("tpe", sizes.epochs).restore(restored)
        times.append(time.process_time())
        record.trials()
        times.append(time.process_time())
        record.importances(restored)
        times.append(time.process_time())
        record.close()
        parts = [f"{after - before:.2f}" for before, after in itertools.pairwise(times)]
        lines.append(f"| {trials} | {' | '.join(parts)} |")
    return lines


def workers_table(pruners: Sequence[str], sizes: Sizes, kept: Path, *, workers: int) -> list[str]:
    lines = [
        f"### The loop with {workers} simulated workers, record on SQLite and event log",
        "| pruner | trials recorded | events | events a CPU s | CPU ms an event |",
        "|---|---|---|---|---|",
    ]
    for pruner in pruners:
        for trials in sizes.trials:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "record.db"
                shutil.copy(stored("random", trials, sizes.epochs, kept=kept), path)
                loop = Loop(Path(folder), pruner=pruner, epochs=sizes.epochs, workers=workers)
                events, seconds = loop.run(trials=2 * workers, heard=Heard())
            lines.append(f"| {pruner} | {trials} | {events} | {events / seconds:.0f} | {1000 * seconds / events:.3f} |")
            print(lines[-1], file=sys.stderr, flush=True)
    return lines


def memory_table(sizes: Sizes) -> list[str]:
    heard = Heard(sizes.trials)
    with tempfile.TemporaryDirectory() as folder:
        Loop(Path(folder), pruner="median", epochs=sizes.epochs, workers=8).run(
            trials=max(sizes.trials) + 1, heard=heard
        )
    lines = ["### The coordinator's memory", "| trials | resident MiB |", "|---|---|"]
    return lines + [f"| {trials} | {size / 2**20:.1f} |" for trials, size in heard.rss_bytes.items()]


class Loop:
    """The real loop over simulated workers."""

    def __init__(self, folder: Path, *, pruner: str, epochs: int, workers: int) -> None:
        self._folder, self._pruner, self._epochs, self._workers = folder, pruner, epochs, workers
        self._record = opened(folder / "record.db", "random")
        self._restored = self._record.trials()
        self._log = EventLog(folder / "events.jsonl")
        self._log.study_started(StudyInfo("study", folder, "", METRIC, "max", seed=1, parameters=()))

    def run(self, *, trials: int, heard: "Heard") -> tuple[int, float]:
        """Trains so many more trials; how many events that was, and CPU seconds."""
        clock = ManualClock()
        runner = Runner(
            Parts(
                driver=driver_of("random", self._epochs),
                pruner=make_pruner(self._pruner, {}, direction=OBJECTIVE.direction, max_epochs=self._epochs),
                backend=SimulatedBackend(
                    heard.curve, objective=OBJECTIVE, workers=self._workers, seconds_per_epoch=1.0, clock=clock
                ),
                teller=Teller(
                    self._record, self._log, folder=StudyFolder(self._folder), metric=METRIC, clock=clock,
                    seed_of=lambda number: number,
                ),
                clock=clock,
                view=SilentView(),
            ),
            Rules(OBJECTIVE, Budget(trials=len(self._restored) + trials), heard.why_infeasible),
            restored=self._restored,
            seconds=0.0,
        )  # fmt: skip
        begun = time.process_time()
        runner.run()
        seconds = time.process_time() - begun
        self._record.close()
        return heard.epochs + 2 * trials, seconds


class Heard:
    """Plays curves, counts the epochs that it has played, and weighs the process before its `weighed`-th trials."""

    def __init__(self, weighed: Sequence[int] = ()) -> None:
        self.epochs = 0
        self.rss_bytes = dict.fromkeys(weighed, 0)
        self._trials = 0
        self._process = psutil.Process()

    def why_infeasible(self, params: Params) -> None:
        if self._trials in self.rss_bytes:
            self.rss_bytes[self._trials] = self._process.memory_info().rss
        self._trials += 1

    def curve(self, params: Params, epoch: int) -> dict[str, float]:
        self.epochs += 1
        value = value_of(params, epoch)
        return dict(EpochReport(epoch, {METRIC: value, "loss": 1 - value, "val_loss": 1 - value}, 1.0).metrics)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a trial costs beside its training: starting it, a report and its answer after each epoch, what is written.

    python -m benchmarks.messages

The whole loop with one worker that trains nothing: it reports its epochs as fast as they are answered.
"""

import os
import platform
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from benchmarks.whole_loop import OBJECTIVE, WholeLoop
from models.training.orders import EpochReport
from search.backends.local import Life
from search.backends.worker import WorkerSettings, prepare, serve
from search.study import Cause, Outcome, Suggestion, TrialState
from search.trial import Calls, TrialTask

LENGTHS = (1, 50)
TRIALS = 100


def report_only(task: TrialTask, calls: Calls) -> Outcome:
    """A trial of which nothing is trained."""
    calls.started((), 0.0)
    for epoch in range(1, task.epochs + 1):
        metrics = dict.fromkeys(("loss", "accuracy", "val_loss", OBJECTIVE.metric, "learning_rate"), 0.5)
        calls.epoch(EpochReport(epoch, metrics, 0.0))
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=0.5, best_epoch=1, epochs=task.epochs)


def work(connection: Connection, settings: WorkerSettings) -> None:
    prepare(settings)
    serve(connection, settings, report_only)


def measured(epochs: int, root: Path) -> tuple[float, float]:
    """Wall seconds and CPU seconds of the coordinator for TRIALS trials of `epochs`."""

    def task_of(suggestion: Suggestion) -> TrialTask:
        return TrialTask(suggestion.number, {}, OBJECTIVE, 0, epochs, root / "trial", root, resume=False)

    life = Life(work, ("benchmarks.messages",))
    loop = WholeLoop(task_of, root, n=TRIALS, epochs=epochs, workers=1, life=life)
    coordinator = psutil.Process()
    cpu, wall = sum(coordinator.cpu_times()[:2]), time.perf_counter()
    loop.run()
    taken = time.perf_counter() - wall, sum(coordinator.cpu_times()[:2]) - cpu
    loop.close()
    return taken


def main() -> int:
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python -m benchmarks.messages\n\n| {TRIALS} trials | wall ms | CPU ms of the coordinator |")
    print("|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        (short_wall, short_cpu), (wall, cpu) = (measured(n, Path(scratch) / f"{n}") for n in LENGTHS)
    epochs = LENGTHS[1] - LENGTHS[0]
    for name, one, other in (
        ("an epoch: report, answer, record, log", (wall - short_wall) / epochs, (cpu - short_cpu) / epochs),
        ("a trial of one epoch, from suggestion to record", short_wall, short_cpu),
    ):
        print(f"| {name} | {one / TRIALS * 1e3:.2f} | {other / TRIALS * 1e3:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

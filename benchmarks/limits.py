"""What the limits of a study cost, and how closely they are kept.

    python benchmarks/limits.py

Memory: a worker grows at a steady speed until it is ended; how much it held by then, beyond its limit. With and without
the watch between two signs of life. Disk: seconds to decide on and delete one bundle, by the number of those kept.
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil

from models.objective import Direction, Objective
from models.spec.byte_sizes import size_words
from search.backends.local import Life, LocalBackend, LocalSettings
from search.backends.worker import prepare, serve
from search.clock import SystemClock
from search.keep import Keep, Kept, surplus
from search.study import Cause, Lost, Outcome, Suggestion, TrialState
from search.trial import TrialTask

LIMIT_BYTES = 500 * 10**6
SPEEDS = (10**8, 5 * 10**8, 2 * 10**9)
"""Bytes a second that a worker grows by."""
STEP_S = 0.02
LOOKS = 10_000


def grow(task, calls):  # type: ignore[no-untyped-def]
    """A trial that never ends its first epoch."""
    calls.started((), 0.0)
    held, begun = [], time.perf_counter()
    for step in range(1, 10**6):
        held.append(bytearray(b"x" * int(task.config["speed"] * STEP_S)))
        time.sleep(max(0.0, begun + step * STEP_S - time.perf_counter()))
    return Outcome(TrialState.FAILED, Cause.ERROR, f"{len(held)} steps")


def watched(connection, settings):  # type: ignore[no-untyped-def]
    prepare(settings)
    serve(connection, settings, grow)


def unwatched(connection, settings):  # type: ignore[no-untyped-def]
    """Tells its memory with the signs of life alone."""
    prepare(settings)
    serve(connection, replace(settings, memory_bytes=None), grow)


def held_at_the_end(work, speed: int, folder: Path) -> str:  # type: ignore[no-untyped-def]
    """The reason for which the trial was ended."""

    def task_of(suggestion: Suggestion) -> TrialTask:
        objective = Objective("val_loss", Direction.MINIMIZE)
        config = {"speed": speed}
        return TrialTask(suggestion.number, config, objective, 0, 1, folder, folder, resume=False)

    settings = LocalSettings(
        workers=1, threads=1, silence_s=60, recycle_bytes=1 << 60, log=folder / "log", memory_bytes=LIMIT_BYTES
    )
    backend = LocalBackend(settings, task_of, SystemClock(), life=Life(work, ("search.backends.worker",)))
    try:
        backend.submit(Suggestion(0, {}, 1))
        while True:
            for event in backend.events(0.5):
                if isinstance(event, Lost):
                    return event.reason
    finally:
        backend.close(gently=False)


def decision_s(n: int) -> float:
    """Seconds to decide what goes when one bundle too many is among `n`."""
    kept = [Kept(number, number * 0.618 % 1.0, 10**6) for number in range(n)]
    times = []
    for _ in range(5):
        begun = time.process_time()
        surplus(kept, Direction.MAXIMIZE, keep=Keep(trials=n - 1), spared=())
        times.append(time.process_time() - begun)
    return median(times)


def main() -> None:
    process = psutil.Process()
    begun = time.process_time()
    for _ in range(LOOKS):
        process.memory_info()
    print(f"a look at the resident set  {(time.process_time() - begun) / LOOKS * 1e6:5.1f} us")
    with tempfile.TemporaryDirectory() as folder:
        for speed in SPEEDS:
            for name, work in (("watched", watched), ("signs of life", unwatched)):
                reason = held_at_the_end(work, speed, Path(folder))
                print(f"{size_words(speed):>8}/s  {name:<13}  {reason}")
    for n in (10, 100, 1000, 10_000):
        print(f"one bundle too many of {n:>6}  {decision_s(n) * 1e3:6.2f} ms to decide")


if __name__ == "__main__":
    main()

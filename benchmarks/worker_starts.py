"""Seconds until a worker has trained the first step of a small model, and what a worker takes of memory.

    python benchmarks/worker_starts.py

`spawn` imports TensorFlow in every worker; `forkserver` imports it once, in a server that workers are forked from.
"""

import multiprocessing
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil

WORKERS = 5


def first_step(connection) -> None:  # type: ignore[no-untyped-def]
    """Runs in the worker: one step of training, then how much memory is its own."""
    import keras
    import numpy as np

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
    connection.send(psutil.Process().memory_full_info().uss)


def seconds(method: str) -> tuple[float, float]:
    """Median seconds from starting a worker to its first step, and median of its own MiB; the server runs already."""
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["models.training.preload"])
    times, sizes = [], []
    for place in range(WORKERS + 1):
        here, there = context.Pipe()
        start = time.perf_counter()
        worker = context.Process(target=first_step, args=(there,))
        worker.start()
        size = here.recv() / 2**20
        if place > 0:  # the first one waits for the server
            times.append(time.perf_counter() - start)
            sizes.append(size)
        worker.join()
    return median(times), median(sizes)


def main() -> None:
    for method in ("spawn", "forkserver"):
        took, size = seconds(method)
        print(f"{method:<11} {took:5.2f} s to the first trained step, {size:4.0f} MiB of its own")


if __name__ == "__main__":
    main()

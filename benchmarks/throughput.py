"""How many CPU seconds and how much wall time fixed lists of configurations take, here and under other tools.

    python -m benchmarks.throughput --workloads digits,table,cnn --configurations 30 --rounds 3 --workers 2

Every tool trains the same configurations for the same epochs, without pruning, one thread a process. Tools take
turns in every round; the table gives medians over rounds. CPU and wall time count from the first trial: the import
of TensorFlow is the same for all and is paid once. Wall time is that of the slowest process.
"""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.tools import PROCESSES_OF_THEIR_OWN, TOOLS
from benchmarks.workloads import WORKLOADS, configurations, write_source


@dataclass(frozen=True, slots=True)
class Measured:
    """One tool on one list: CPU seconds of all its processes, wall seconds, and the mean of the best values."""

    cpu_s: float
    wall_s: float
    value: float
    rss_bytes: int


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python -m benchmarks.throughput {' '.join(arguments)}\n")
    for name in options.workloads.split(","):
        with tempfile.TemporaryDirectory() as folder:
            data = _prepared(name, Path(folder))
            rounds: dict[str, list[Measured]] = {tool: [] for tool in options.tools.split(",")}
            for _ in range(options.rounds):
                for tool, measured in rounds.items():
                    workers = options.workers if tool in PROCESSES_OF_THEIR_OWN else 1
                    measured.append(_measure(tool, name, data=data, n=options.configurations, workers=workers))
                    print(f"  {name} {tool}: {measured[-1]}", file=sys.stderr, flush=True)
        print(_table(name, options.configurations, rounds), flush=True)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--workloads", default="digits,table,cnn", help=f"some of {', '.join(WORKLOADS)}")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--configurations", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args(arguments)


def _prepared(name: str, folder: Path) -> Path:
    from models.data.prepare import prepare
    from models.spec.data import DataSpec

    source = write_source(WORKLOADS[name], folder)
    spec: dict[str, Any] = {"source": source} | ({"target": "y"} if source.endswith(".npz") else {})
    prepare(DataSpec.model_validate(spec), folder / "data", seed=0)
    return folder / "data"


def _measure(tool: str, name: str, *, data: Path, n: int, workers: int) -> Measured:
    """Trains the first `n` configurations, dealt out to `workers` processes."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for worker in range(workers):
        here, there = context.Pipe()
        share = configurations(WORKLOADS[name], n)[worker::workers]
        processes.append(context.Process(target=_work, args=(there, tool, json.dumps(share), data)))
        processes[-1].start()
        there.close()  # so that a process that dies ends the wait for it
        pipes.append(here)
    for pipe in pipes:
        pipe.recv()  # imported
    for pipe in pipes:
        pipe.send("go")
    parts = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    values = [value for part in parts for value in part["values"]]
    return Measured(
        cpu_s=sum(part["cpu_s"] for part in parts),
        wall_s=max(part["wall_s"] for part in parts),
        value=statistics.mean(values),
        rss_bytes=max(part["rss_bytes"] for part in parts),
    )


def _work(pipe: Connection, tool: str, share: str, data: Path) -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import psutil

    import models.training.preload  # noqa: F401
    from models.training.process import configure

    if tool == "kerastuner":
        import keras_tuner  # noqa: F401
    if tool == "optuna":
        import optuna  # noqa: F401
    configure(threads=1)
    pipe.send("imported")
    pipe.recv()
    with tempfile.TemporaryDirectory() as scratch:
        cpu, wall = time.process_time(), time.perf_counter()
        values = TOOLS[tool](json.loads(share), data, Path(scratch))
        pipe.send(
            {
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.perf_counter() - wall,
                "values": values,
                "rss_bytes": psutil.Process().memory_info().rss,
            }
        )


def _table(name: str, n: int, rounds: dict[str, list[Measured]]) -> str:
    lines = [
        f"### {name}: {n} configurations, {WORKLOADS[name].epochs} epochs",
        "| tool | CPU s | CPU s a trial | times ours | wall s | mean best value | largest process MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    cpu = {tool: statistics.median(m.cpu_s for m in measured) for tool, measured in rounds.items()}
    for tool, measured in rounds.items():
        wall = statistics.median(m.wall_s for m in measured)
        value = statistics.median(m.value for m in measured)
        size = statistics.median(m.rss_bytes for m in measured) / 2**20
        times = f"{cpu[tool] / cpu['ours']:.1f}" if "ours" in cpu else "-"
        lines.append(
            f"| {tool} | {cpu[tool]:.1f} | {cpu[tool] / n:.2f} | {times} | {wall:.1f} | {value:.4f} | {size:.0f} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

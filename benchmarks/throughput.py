"""How many trials an hour fixed lists of configurations, and whole searches, give here and under other tools.

    python -m benchmarks.throughput --workloads digits,table,cnn,bilstm,search --configurations 30 --rounds 3

Fixed lists: every tool trains the same configurations for the same epochs, without pruning, in two processes of one
thread each. Time counts from the first trial: the import of TensorFlow is the same for all and is paid once. Ours is
the whole product, with its coordinator, record and files. `search` is 200 trials on the digits as each tool's users
run them, imports included (see `benchmarks/searches.py`). Tools take turns in every round; the table gives medians
over rounds.
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

from benchmarks import searches
from benchmarks.tools import HAS_WORKERS, TOOLS
from benchmarks.workloads import WORKLOADS, configurations, data_section, write_source

SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Measured:
    """One tool on one list: CPU seconds of all processes, wall seconds of the slowest, and the best values' mean."""

    cpu_s: float
    wall_s: float
    value: float
    rss_bytes: int


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python -m benchmarks.throughput {' '.join(arguments)}\n", flush=True)
    for name in options.workloads.split(","):
        if name == SEARCH:
            print(searches.compared(options.tools.split(","), trials=options.trials, rounds=options.rounds), flush=True)
        else:
            print(_list_compared(name, options), flush=True)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    known = ", ".join([*WORKLOADS, SEARCH])
    parser.add_argument("--workloads", default=f"digits,table,cnn,bilstm,{SEARCH}", help=f"some of {known}")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--configurations", type=int, default=30)
    parser.add_argument("--trials", type=int, default=200, help=f"of `{SEARCH}`")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args(arguments)


def _list_compared(name: str, options: argparse.Namespace) -> str:
    with tempfile.TemporaryDirectory() as folder:
        data = _prepared(name, Path(folder))
        rounds: dict[str, list[Measured]] = {tool: [] for tool in options.tools.split(",")}
        for _ in range(options.rounds):
            for tool, measured in rounds.items():
                measured.append(_measure(tool, name, data=data, n=options.configurations, workers=options.workers))
                print(f"  {name} {tool}: {measured[-1]}", file=sys.stderr, flush=True)
    return _table(name, options.configurations, rounds)


def _prepared(name: str, folder: Path) -> Path:
    from models.data.prepare import prepare
    from models.spec.data import DataSpec

    spec = data_section(WORKLOADS[name], write_source(WORKLOADS[name], folder))
    prepare(DataSpec.model_validate(spec), folder / "data", seed=0)
    return folder / "data"


def _measure(tool: str, name: str, *, data: Path, n: int, workers: int) -> Measured:
    """Trains the first `n` configurations, dealt out to processes or to one process with workers of its own."""
    context = multiprocessing.get_context("spawn")
    listed = configurations(WORKLOADS[name], n)
    shares = [listed] if tool in HAS_WORKERS else [listed[worker::workers] for worker in range(workers)]
    pipes, processes = [], []
    for share in shares:
        here, there = context.Pipe()
        processes.append(context.Process(target=_work, args=(there, tool, json.dumps(share), data, workers)))
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
    assert len(values) == n, "every configuration must have been trained"
    return Measured(
        cpu_s=sum(part["cpu_s"] for part in parts),
        wall_s=max(part["wall_s"] for part in parts),
        value=statistics.mean(values),
        rss_bytes=max(part["rss_bytes"] for part in parts),
    )


def _work(pipe: Connection, tool: str, share: str, data: Path, workers: int) -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if tool not in HAS_WORKERS:
        import models.training.preload  # noqa: F401
        from models.training.process import configure

        configure(threads=1)
    with tempfile.TemporaryDirectory() as scratch:
        train = TOOLS[tool](json.loads(share), data, Path(scratch), workers)
        pipe.send("imported")
        pipe.recv()
        cpu_s, wall_s = _tree_cpu_s(), time.perf_counter()
        values = train()
        pipe.send(
            {
                "wall_s": time.perf_counter() - wall_s,
                "cpu_s": _tree_cpu_s() - cpu_s,
                "values": values,
                "rss_bytes": max(process.memory_info().rss for process in _tree()),
            }
        )


def _tree() -> list[Any]:
    """This process and all that it has started."""
    import psutil

    here = psutil.Process()
    return [here, *here.children(recursive=True)]


def _tree_cpu_s() -> float:
    return sum(process.cpu_times().user + process.cpu_times().system for process in _tree())


def _table(name: str, n: int, rounds: dict[str, list[Measured]]) -> str:
    lines = [
        f"### {name}: {n} configurations, {WORKLOADS[name].epochs} epochs",
        "| tool | wall s | trials an hour | ours is | CPU s a trial | ours needs | mean best value | largest MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    middle = {
        tool: Measured(*(statistics.median(getattr(m, field) for m in measured) for field in Measured.__slots__))
        for tool, measured in rounds.items()
    }
    ours = middle.get("ours")
    for tool, m in middle.items():
        faster = f"{m.wall_s / ours.wall_s:.1f} times as fast" if ours else "-"
        less = f"1/{m.cpu_s / ours.cpu_s:.1f}" if ours else "-"
        lines.append(
            f"| {tool} | {m.wall_s:.1f} | {3600 * n / m.wall_s:,.0f} | {faster} | {m.cpu_s / n:.2f} | {less} "
            f"| {m.value:.4f} | {m.rss_bytes / 2**20:.0f} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How good a model each search finds in the same time, with real training: test score, and when it was found.

    python benchmarks/real_search.py
    python benchmarks/real_search.py --workloads adult --seeds 1 --seconds 30

All searches run in this project's loop with the same trial core, workers and data, so that only what is trained, and
for how long, differs: `auto`; TPE with the Hyperband that stops, as Optuna has it; and KerasTuner's Hyperband. The
test score is that of the trial with the best validation score, and no search sees it.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.bundle import load_bundle
from models.ensemble.scores import score
from models.objective import Direction
from search.leaderboard import rank
from search.open_study import OpenStudy
from search.record import Record
from search.spec import StudyFile, load
from tracking.events import EpochsDone, TrialStarted, from_line

ROOT = Path(__file__).resolve().parents[1]
SEARCHES = {
    "auto": ["search={sampler: auto, pruner: auto}"],
    "TPE + Hyperband": ["search={sampler: tpe, pruner: {name: hyperband, promote: false}}"],
    "KerasTuner Hyperband": ["search={driver: keras_tuner, oracle: hyperband, pruner: none}"],
}
EXAMPLES = ROOT / "examples"
SEASONAL = """\
study: seasonal
data: {{source: "{source}:seasonal", task: regression, split: {{validation: 0.2, test: 0.2}}}}
objective: val_mae
model:
  family: rnn
  cell: {{choice: [lstm, gru]}}
  layers: {{int: [1, 2]}}
  units: {{choice: [8, 16, 32, 64], ordered: true}}
  pooling: {{choice: [last, average]}}
  dropout: {{float: [0.0, 0.4]}}
  head: {{choice: [0, 16, 64], ordered: true}}
training:
  epochs: 30
  batch_size: {{choice: [32, 64, 128], ordered: true}}
  optimizer: adam
  learning_rate: {{float: [1e-4, 1e-1], log: true}}
workers: 2
budget: {{trials: 1}}
"""


@dataclass(frozen=True)
class Found:
    """curve: (seconds, best validation score so far) at every improvement. test: of the trial that was best then."""

    curve: list[tuple[float, float]]
    test: float
    trials: int
    epochs: int


def file_of(workload: str, folder: Path) -> Path:
    if workload != "seasonal":
        return EXAMPLES / f"{workload}.yaml"
    path = folder / "seasonal.yaml"
    path.write_text(SEASONAL.format(source=ROOT / "benchmarks" / "real_sources.py"))
    return path


def searched(workload: str, search: str, seed: int, seconds: float, folder: Path) -> Found:
    """Runs one study in a process of its own and reads what it left."""
    name = f"{workload}-{list(SEARCHES).index(search)}-{seed}"
    common = [f"study={name}", f"folder={folder}", f"seed={seed}", f"budget={{time: {seconds:g}s}}"]
    overrides = [*common, "ensemble=none", "tracking=none", "limits=[]", *SEARCHES[search]]
    path = file_of(workload, folder)
    done = subprocess.run(
        [sys.executable, "-m", "search", "run", str(path), *overrides],
        cwd=folder, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return read(load(path, overrides))


def read(file: StudyFile) -> Found:
    study = OpenStudy.open(file)
    objective = file.objective
    record = Record.open(
        study.folder.record_url, study=file.spec.study, direction=objective.direction, space=file.space
    )
    trials = record.trials()
    record.close()
    for row in rank(trials, objective.direction):
        folder = study.folder.trial(row.number)
        if (folder / "manifest.json").exists():
            break
    _, dataset = study.data.of(file.config(row.params))
    assert dataset.test is not None
    bundle = load_bundle(folder)
    metric = objective.metric.removeprefix("val_")
    test = score(metric, dataset.test.y, bundle.predictions["test"], task=dataset.signature.task)
    curve = improvements(study.folder.events, objective.metric, objective.direction)
    return Found(curve, test, len(trials), sum(len(t.values) for t in trials))


def improvements(events: Path, metric: str, direction: Direction) -> list[tuple[float, float]]:
    """From the event log: seconds since the first trial began, and the best score so far."""
    began, best, found = None, float("nan"), []
    for line in events.read_text().splitlines():
        event = from_line(line)
        if isinstance(event, TrialStarted) and began is None:
            began = event.at_ms
        for row in event.rows if isinstance(event, EpochsDone) else ():
            value = row.metrics[metric]
            if began is not None and direction.better(value, best):
                best = value
                found.append(((row.at_ms - began) / 1000, value))
    return found


def seconds_to(curve: Sequence[tuple[float, float]], target: float, direction: Direction) -> float:
    """When a search first had `target` or better; infinity for never."""
    return next((s for s, value in curve if not direction.better(target, value)), float("inf"))


def table(found: dict[tuple[str, int], Found], seeds: int, direction: Direction) -> list[str]:
    """A line a search: mean test score and its standard error, and how soon `auto` had what it ended with."""
    lines = [
        "| search | test | ± | best validation | trials | epochs | its end reached by auto after |",
        "|---|---|---|---|---|---|---|",
    ]
    for search in SEARCHES:
        own = [found[search, seed] for seed in range(seeds)]
        tests = np.array([one.test for one in own])
        error = tests.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else float("nan")
        times = [
            seconds_to(found["auto", seed].curve, found[search, seed].curve[-1][1], direction) for seed in range(seeds)
        ]
        reached = [t for t in times if np.isfinite(t)]
        words = f"{np.median(times):.0f} s" if len(reached) > seeds / 2 else "-"
        lines.append(
            f"| {search} | {tests.mean():.4f} | {error:.4f} | {np.mean([one.curve[-1][1] for one in own]):.4f} | "
            f"{np.mean([one.trials for one in own]):.0f} | {np.mean([one.epochs for one in own]):.0f} | "
            f"{words} ({len(reached)} of {seeds}) |"
        )
    return lines


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ["fashion_mnist", "adult", "seasonal"]
    parser.add_argument("--workloads", default=names, type=lambda text: text.split(","), help=", ".join(names))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=120, help="of each search")
    options = parser.parse_args(arguments)
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python benchmarks/real_search.py {' '.join(arguments)}", flush=True)
    for workload in options.workloads:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            # seed by seed, so that the machine is the same for those that are compared
            found = {
                (search, seed): searched(workload, search, seed, options.seconds, folder)
                for seed in range(options.seeds)
                for search in SEARCHES
            }
            direction = load(file_of(workload, folder)).objective.direction
        print(f"\n{workload}, {options.seeds} seeds, {options.seconds:g} s each\n")
        print("\n".join(table(found, options.seeds, direction)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

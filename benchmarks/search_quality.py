"""How good a model a search has found after so many epochs, on recorded learning curves; nothing is trained.

    python benchmarks/search_quality.py                                    everything, hours
    python benchmarks/search_quality.py --instances 3 --seeds 2 --trainings 20 --strategies "auto,optuna tpe + median"
    python benchmarks/search_quality.py --workers 8,64 --sets lcbench

Regret is how far the best checkpoint so far stays behind the best known: in points of accuracy, or, for losses and
mixed units, in per cent of the way to the median random configuration. The budget is counted in full trainings' worth
of epochs, summed over workers. `auto` and what begins with "our" are studies of this project, with its runner, drivers
and pruners on simulated workers and clock. Results are kept in --out, and what stands there is not run again.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
# one core a process: the figures of `cpu` mean nothing otherwise
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from benchmarks import quality_tables, recorded_curves
from benchmarks.quality_product import PRODUCTS, study
from benchmarks.quality_strategies import STRATEGIES, why_not
from benchmarks.recorded_curves import FOLDER, SETS, Instance, MissingCurvesError

KNOWN = (*PRODUCTS, *STRATEGIES)


@dataclass(frozen=True)
class Job:
    """One search: a strategy on an instance with a seed."""

    strategy: str
    instance: Instance
    seed: int
    workers: int
    trainings: int

    def key(self) -> tuple[Any, ...]:
        return self.strategy, str(self.instance), self.seed, self.workers, self.trainings


def run(job: Job, folder: Path) -> dict[str, Any]:
    """The result of a job as plain data: improvements as (epochs, regret), and what it cost."""
    recorded_curves.open_folder(folder)
    from simulate import simulate

    problem = recorded_curves.problem_of(job.instance)
    budget = job.trainings * problem.R
    began = time.process_time()
    if job.strategy in PRODUCTS:
        space = recorded_curves.space_of(problem)
        trace: Any = study(PRODUCTS[job.strategy], problem, space, seed=job.seed, budget=budget, workers=job.workers)
    else:
        clock = "seconds" if job.workers > 1 else "epochs"
        trace = simulate(problem, STRATEGIES[job.strategy](), job.seed, budget, workers=job.workers, clock=clock)
    regret = recorded_curves.regret_of(job.instance, trace.value)
    return {
        **asdict(job), "max_epochs": problem.R, "epochs": trace.epochs, "regret": [round(float(r), 5) for r in regret],
        "trials": trace.trials, "finished": trace.finished, "cpu": round(time.process_time() - began, 2),
    }  # fmt: skip


def jobs(options: argparse.Namespace) -> Iterator[Job]:
    """All jobs, seed by seed, so that a run that is cut short has compared all strategies."""
    chosen = [i for name in options.sets for i in recorded_curves.instances(name)[: options.instances]]
    for workers in options.workers:
        for seed in range(options.seeds):
            for instance in chosen:
                for strategy in options.strategies:
                    yield Job(strategy, instance, seed, workers, options.trainings)


def stored(path: Path) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The results that were kept, by their jobs' keys."""
    if not path.exists():
        return {}
    results = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {_job_of(result).key(): result for result in results}


def _job_of(result: dict[str, Any]) -> Job:
    fields = {name: result[name] for name in ("strategy", "seed", "workers", "trainings")}
    return Job(instance=Instance(**result["instance"]), **fields)


def results_of(wanted: Sequence[Job], options: argparse.Namespace) -> list[dict[str, Any]]:
    """The results of all jobs, run over several processes where they are not kept already."""
    known = stored(options.out)
    left = [job for job in wanted if job.key() not in known]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=context) as pool, options.out.open("a") as out:
        running = [pool.submit(run, job, options.curves) for job in left]
        for count, done in enumerate(as_completed(running), start=1):
            result = done.result()
            known[_job_of(result).key()] = result
            out.write(json.dumps(result) + "\n")
            out.flush()
            print(f"\r{count} of {len(left)}", end="", file=sys.stderr)
    return [known[job.key()] for job in wanted]


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    words = lambda text: [word.strip() for word in text.split(",")]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=Path, default=FOLDER, help="folder of the recorded curves")
    parser.add_argument("--sets", type=words, default=list(SETS), help=", ".join(SETS))
    parser.add_argument("--instances", type=int, default=100, help="of each set, at most")
    parser.add_argument("--strategies", type=words, default=list(KNOWN), help=", ".join(KNOWN))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trainings", type=int, default=100, help="the budget in full trainings")
    parser.add_argument("--workers", type=lambda text: [int(word) for word in text.split(",")], default=[1, 8, 64])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("search_quality.jsonl"), help="where results are kept")
    options = parser.parse_args(arguments)
    for given, known in ((options.sets, SETS), (options.strategies, KNOWN)):
        unknown = [word for word in given if word not in known]
        if unknown:
            parser.error(f"not known: {', '.join(unknown)}; take some of {', '.join(known)}")
    return options


def main(arguments: Sequence[str]) -> int:
    options = options_of(arguments)
    try:
        recorded_curves.open_folder(options.curves)
    except MissingCurvesError as error:
        print(f"skipped: {error}")
        return 0
    for name in list(options.strategies):
        missing = why_not(name)
        if missing:
            print(f"left out: {missing}")
            options.strategies.remove(name)
    results = results_of(list(jobs(options)), options)
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("python benchmarks/search_quality.py " + " ".join(f'"{a}"' if " " in a else a for a in arguments))
    quality_tables.print_all(results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

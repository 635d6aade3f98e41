"""What a KerasTuner oracle costs: its start and memory, a suggestion, and telling a study to a new one.

    python benchmarks/oracle_costs.py

The space is that of `examples/digits.yaml`; trials are random, every second one rests.
"""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil

from search.backends.local import TRAINING
from search.drivers.keras_tuner.driver import KerasTunerDriver
from search.drivers.keras_tuner.process import OracleProcess
from search.drivers.setup import DriverSetup
from search.spec import load
from search.spec_search import ORACLES
from search.study import Cause, Outcome, Pause, RecordedTrial, Suggestion, TrialState
from spaces.space import Space

SIZES = (100, 500)
EPOCHS = 40
STUDY = load(Path(__file__).parents[1] / "examples" / "digits.yaml")


def imported(module: str) -> str:
    """Seconds and memory of a fresh process that imports `module`."""
    code = (
        f"import time; t = time.perf_counter(); import {module}; s = time.perf_counter() - t\n"
        "import psutil; m = psutil.Process().memory_full_info(); print(f'{s:.1f} s, {m.rss / 1e6:.0f} MB')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def told(space: Space, n: int) -> list[RecordedTrial]:
    """A study of `n` random trials."""
    trials = []
    for number in range(n):
        rng = np.random.default_rng(number)
        suggestion, values = Suggestion(number, space.sample(rng), EPOCHS), [float(rng.random())] * 2
        if number % 2:
            trials.append(RecordedTrial(suggestion, values, None, pause=Pause(2)))
        else:
            outcome = Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=values[0], best_epoch=2, epochs=EPOCHS)
            trials.append(RecordedTrial(suggestion, values, outcome))
    return trials


def driver_of(oracle: str, process: OracleProcess) -> KerasTunerDriver:
    points = 3 if oracle == "grid" else None
    setup = DriverSetup(STUDY.space, oracle, STUDY.objective.direction, EPOCHS, seed=0, grid_points=points)
    return KerasTunerDriver(setup, process)


def timed(driver: KerasTunerDriver, number: int) -> float:
    start = time.perf_counter()
    driver.ask(number)
    return time.perf_counter() - start


def main() -> None:
    print(f"import optuna: {imported('optuna')}; import keras_tuner: {imported('keras_tuner')}")
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(TRAINING.preload))
    multiprocessing.get_context("forkserver").Process(target=print).start()
    time.sleep(15)  # the server of the workers has started
    process = OracleProcess()
    seconds = timed(driver_of("random", process), 0)
    assert process.process is not None
    memory = psutil.Process(process.process.pid).memory_full_info()
    print(f"start {seconds:.1f} s, {memory.rss / 1e6:.0f} MB, {memory.uss / 1e6:.0f} MB of them its own")
    for oracle in ORACLES:
        for n in SIZES:
            driver = driver_of(oracle, process)
            driver.restore(told(STUDY.space, n))
            # the first question tells the whole study
            first, second = timed(driver, n), timed(driver, n + 1)
            print(f"{oracle:10} {n:4} trials: told and asked {first:5.2f} s, asked again {second:5.2f} s", flush=True)


if __name__ == "__main__":
    main()

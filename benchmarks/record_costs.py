"""What the record and the driver cost a trial, against asking and telling an Optuna study on SQLite directly.

    python benchmarks/record_costs.py

A trial has 20 epochs. Everything is written to a temporary folder on the disk at hand.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import optuna

from search.drivers.optuna_driver import tpe_driver
from search.drivers.samplers import tpe
from search.drivers.setup import DriverSetup
from search.record import Record, distribution
from search.spec import load
from search.study import Cause, Outcome, TrialState

TRIALS, EPOCHS = 100, 20


def through_the_project(folder: Path) -> tuple[float, float, float]:
    """Seconds for asking and telling, for recording, and for restoring, of all TRIALS."""
    study = load(Path(__file__).parents[1] / "examples" / "digits.yaml")
    direction = study.objective.direction
    setup = DriverSetup(space=study.space, sampler="tpe", direction=direction, max_epochs=EPOCHS, seed=1)
    driver = tpe_driver(setup)
    record = Record.open(f"sqlite:///{folder}/record.db", study="digits", direction=direction, space=study.space)
    asking = recording = 0.0
    for number in range(TRIALS):
        start = time.perf_counter()
        suggestion = driver.ask(number)
        asked = time.perf_counter()
        record.start(suggestion, seed=number)
        for epoch in range(1, EPOCHS + 1):
            record.report(number, epoch=epoch, value=epoch / EPOCHS)
        value = -abs(float(suggestion.params["learning_rate"]) - 0.01)
        outcome = Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=value, best_epoch=EPOCHS, epochs=EPOCHS)
        record.finish(number, outcome)
        recorded = time.perf_counter()
        driver.tell(number, outcome)
        asking += asked - start + time.perf_counter() - recorded
        recording += recorded - asked
    start = time.perf_counter()
    tpe_driver(setup).restore(record.trials())
    restoring = time.perf_counter() - start
    record.close()
    return asking, recording, restoring


def through_optuna(folder: Path) -> float:
    """Seconds for asking, reporting and telling all TRIALS with the sampler on the stored study itself."""
    space = load(Path(__file__).parents[1] / "examples" / "digits.yaml").space
    study = optuna.create_study(storage=f"sqlite:///{folder}/optuna.db", direction="maximize")
    sampler_of = tpe(space, startup=None)
    start = time.perf_counter()
    for number in range(TRIALS):
        study.sampler = sampler_of(number)
        trial = study.ask()
        params = space.walk(lambda d, trial=trial: trial._suggest(d.name, distribution(d.domain)))
        for epoch in range(1, EPOCHS + 1):
            trial.report(epoch / EPOCHS, epoch)
        study.tell(trial, -abs(float(params["learning_rate"]) - 0.01))
    return time.perf_counter() - start


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        asking, recording, restoring = through_the_project(Path(folder))
        direct = through_optuna(Path(folder))
    print(f"in-memory driver   {1000 * asking / TRIALS:6.0f} ms a trial (ask and tell)")
    print(f"record on SQLite   {1000 * recording / TRIALS:6.0f} ms a trial of {EPOCHS} epochs")
    print(f"restoring          {1000 * restoring:6.0f} ms for {TRIALS} trials")
    print(f"sampler on the stored study, as in `study.optimize`: {1000 * direct / TRIALS:.0f} ms a trial")


if __name__ == "__main__":
    main()

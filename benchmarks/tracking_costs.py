"""What telling MLflow costs: a call, a whole study on SQLite, and a server that does not answer.

    python benchmarks/tracking_costs.py

A study of 200 trials with 20 epochs each, without training.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from tracking.mlflow_tracker import MlflowTracker
from tracking.values import EpochRow, StudyInfo, TrialInfo, TrialResult

TRIALS, EPOCHS = 200, 20
DEAD = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""


def tell(uri: str, folder: Path) -> tuple[float, float, float]:
    """Median seconds of one call, seconds of the longest call, and seconds of closing."""
    tracker = MlflowTracker(uri, "costs", warn=lambda line: None)
    info = StudyInfo("costs", folder, "", "val_accuracy", "max", seed=1, parameters=("a", "b"))
    tracker.study_started(info)
    calls = []

    def timed(call, *values):  # type: ignore[no-untyped-def]
        start = time.perf_counter()
        call(*values)
        calls.append(time.perf_counter() - start)

    for number in range(TRIALS):
        timed(tracker.trial_started, TrialInfo(number, {"a": 1, "b": 0.5}, seed=1))
        for epoch in range(1, EPOCHS + 1):
            row = EpochRow(epoch, {"val_accuracy": 0.5, "val_loss": 1.0, "loss": 1.0, "accuracy": 0.5}, 0)
            timed(tracker.epochs, number, [row])
        timed(tracker.trial_finished, number, TrialResult("COMPLETE", "finished", 0.5, 1, EPOCHS, 1.0))
    start = time.perf_counter()
    tracker.close()
    return median(calls), max(calls), time.perf_counter() - start


def main() -> None:
    for name, uri in (("SQLite", "sqlite:///{}/mlflow.db"), ("a dead server", DEAD)):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            one, longest, closing = tell(uri.format(folder), Path(folder))
            whole = time.perf_counter() - start
        print(
            f"{name:<14} {1e6 * one:4.0f} us a call (longest {1e3 * longest:.1f} ms), close after {closing:.1f} s, "
            f"{1000 * whole / TRIALS:.0f} ms a trial in all"
        )


if __name__ == "__main__":
    main()

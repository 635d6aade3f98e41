"""What a callback that looks between two steps costs: CPU seconds of an epoch step by step, against a whole one.

`python -m benchmarks.by_step`: one thread, medians over the epochs after the first, runs interleaved.
"""

import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.workloads import WORKLOADS, configurations, write_source

NOTHING = """\
import keras


class Nothing(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass
"""
EPOCHS = {"digits": 15, "table": 4, "cnn": 3}
ROUNDS = 3


def main() -> int:
    """Prints a line for each workload."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from models.training.process import configure

    configure(seed=0, threads=1)
    print("| workload | whole epoch, CPU s | step by step | times |\n|---|---|---|---|")
    for name in EPOCHS:
        with tempfile.TemporaryDirectory() as folder:
            whole, by_step = _measured(name, Path(folder))
        print(f"| {name} | {whole:.3f} | {by_step:.3f} | {by_step / whole:.1f} |", flush=True)
    return 0


def _measured(name: str, folder: Path) -> tuple[float, float]:
    from models.data.prepare import prepare
    from models.spec.data import DataSpec
    from models.training.graphs import Graphs

    (folder / "nothing.py").write_text(NOTHING)
    source = write_source(WORKLOADS[name], folder)
    target = {"target": "y"} if source.endswith(".npz") else {}
    dataset = prepare(DataSpec.model_validate({"source": source, **target}), folder / "data", seed=0)
    written = configurations(WORKLOADS[name], 1)[0]
    written["training"]["epochs"] = EPOCHS[name]
    graphs = Graphs()
    kinds: dict[str, list[float]] = {"": [], f"{folder}/nothing.py:Nothing": []}
    for _ in range(ROUNDS):
        for callback, seconds in kinds.items():
            seconds += _epochs(graphs, written, callback, dataset)
    whole, by_step = (statistics.median(seconds) for seconds in kinds.values())
    return whole, by_step


def _epochs(graphs: Any, written: dict[str, Any], callback: str, dataset: Any) -> list[float]:
    """CPU seconds of each epoch but the first, which may trace."""
    from models.objective import Direction, Objective
    from models.spec.families import spec_of
    from models.spec.training import TrainingSpec
    from models.training.fit import fit
    from models.training.orders import Order
    from models.training.plan import FitPlan

    training = TrainingSpec.model_validate({**written["training"], "callbacks": [callback] if callback else []})
    plan = FitPlan(training, Objective("val_accuracy", Direction.MAXIMIZE), seed=1)
    model = spec_of(written["model"]["family"]).model_validate(written["model"])
    marks: list[float] = []

    def mark(report: Any) -> Order:
        marks.append(time.process_time())
        return Order.GO_ON

    fit(graphs.begin(model, plan, dataset), plan, on_epoch=mark)
    return [after - before for before, after in pairwise(marks)]


if __name__ == "__main__":
    sys.exit(main())

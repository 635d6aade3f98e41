"""Where the time of one trial goes, and how far its steps are from what the machine can do.

    python -m benchmarks.trial_profile --workloads digits,table,cnn,bilstm

CPU seconds of one process with one thread. The hand-written loop does the arithmetic of the same steps in plain
TensorFlow: no layers, no metrics, no loss tracker. The last column is the share of the peak that a product of two
1024 x 1024 matrices reaches here.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

import models.training.preload  # noqa: F401
from benchmarks.hand_written import hand_written_epoch
from benchmarks.workloads import WORKLOADS, Workload, configurations, data_section, write_source
from models.bundle import save_bundle
from models.config import Config
from models.data.prepare import prepare
from models.objective import Direction, Objective
from models.spec.data import DataSpec
from models.spec.families import spec_of
from models.spec.training import TrainingSpec
from models.training.fit import fit
from models.training.graphs import Begun, Graphs
from models.training.orders import Order
from models.training.plan import FitPlan
from models.training.process import configure
from models.training.rows import epoch_order

ROUNDS = 7
OBJECTIVE = Objective("val_accuracy", Direction.MAXIMIZE)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trial_profile", description=__doc__)
    parser.add_argument("--workloads", default="digits,table,cnn,bilstm")
    options = parser.parse_args(arguments)
    configure(threads=1)
    peak = _peak_flops()
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"command: python -m benchmarks.trial_profile {' '.join(arguments)}")
    print(f"peak of one thread: {peak / 1e9:.0f} GFLOP/s\n")
    parts, steps = [], []
    for name in options.workloads.split(","):
        part, step = _profiled(WORKLOADS[name], peak)
        parts.append(part)
        steps.append(step)
    print("| workload | build | trace training | trace validation | steps | validation | predictions | bundle | rest |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(parts))
    print("\n| workload | ms a step | hand-written | times | GFLOP/s | of the peak |\n|---|---|---|---|---|---|")
    print("\n".join(steps))
    return 0


def _profiled(workload: Workload, peak: float) -> tuple[str, str]:
    """The rows of both tables."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        spec = DataSpec.model_validate(data_section(workload, write_source(workload, folder)))
        dataset = prepare(spec, folder / "data", seed=0)
        written = configurations(workload, 2)[1]
        model = spec_of(written["model"]["family"]).model_validate(written["model"])
        training = TrainingSpec.model_validate(written["training"])
        plan = FitPlan(training, OBJECTIVE, seed=1, csv_log=folder / "log.csv")
        graphs = Graphs()
        build_s = _cpu_s(lambda: graphs.begin(model, plan, dataset))
        begun = graphs.begin(model, plan, dataset)
        order = epoch_order(begun.training.n_rows, seed=1, epoch=1)
        first_s = _cpu_s(lambda: begun.graph.train_epoch(begun.training, order))
        first_validation_s = _cpu_s(lambda: begun.graph.validate(begun.validation))
        by_hand = hand_written_epoch(written, dataset)
        epoch_s, by_hand_s = _in_turns(
            lambda: begun.graph.train_epoch(begun.training, order), lambda: by_hand(order) if by_hand else None
        )
        validation_s = _steady(lambda: begun.graph.validate(begun.validation))
        predicted_s = _steady(lambda: begun.graph.predict(dataset.validation.x))
        config = Config(spec, model, training)  # type: ignore[arg-type]
        whole_s, bundle_s = _warm_trial(graphs, plan, dataset, config, folder)
    trained_s, validated_s = workload.epochs * epoch_s, workload.epochs * validation_s
    rest_s = whole_s - trained_s - validated_s - predicted_s - bundle_s
    cells = (
        build_s, first_s - epoch_s, first_validation_s - validation_s, trained_s, validated_s, predicted_s, bundle_s,
        max(0.0, rest_s),
    )  # fmt: skip
    part = f"| {workload.name} | {' | '.join(f'{cell:.3f}' for cell in cells)} |"
    steps = -(-begun.training.n_rows // workload.batch_size)
    flops = 3 * forward_flops(begun, workload) * begun.training.n_rows / epoch_s
    hand = "- | -" if by_hand is None else f"{by_hand_s / steps * 1e3:.3f} | {epoch_s / by_hand_s:.2f}"
    step = f"| {workload.name} | {epoch_s / steps * 1e3:.3f} | {hand} | {flops / 1e9:.0f} | {flops / peak:.0%} |"
    return part, step


def _warm_trial(graphs: Graphs, plan: FitPlan, dataset: Any, config: Config, folder: Path) -> tuple[float, float]:
    """Medians of CPU seconds of a whole trial on a warm graph, and of storing its bundle."""
    whole, stored = [], []
    for k in range(3):
        begun_s = time.process_time()
        begun = graphs.begin(config.model, plan, dataset)
        result = fit(begun, plan, on_epoch=lambda report: Order.GO_ON)
        predictions = {"validation": begun.graph.predict(dataset.validation.x)}
        storing_s = time.process_time()
        save_bundle(
            folder / f"{k}", model=begun.graph.plain_model(), config=config, result=result, predictions=predictions
        )
        stored.append(time.process_time() - storing_s)
        whole.append(time.process_time() - begun_s)
    return statistics.median(whole), statistics.median(stored)


def forward_flops(begun: Begun, workload: Workload) -> float:
    """Multiplications and additions of matrix products for one row, forwards; backwards takes about twice as many."""
    total = 0.0
    for layer in begun.graph.model.layers:
        for weight in layer.trainable_weights:
            if len(weight.shape) < 2:
                continue
            places = 1
            shape = layer.output.shape
            if len(weight.shape) == 4:
                places = shape[1] * shape[2]
            elif workload.family == "rnn" and "dense" not in type(layer).__name__.lower():
                places = begun.training.tensors[0].shape[1]
            total += 2.0 * places * float(np.prod(weight.shape))
    return total


def _peak_flops() -> float:
    a = tf.random.normal((1024, 1024))
    return float(2 * 1024**3 / _steady(lambda: tf.matmul(a, a).numpy()))


def _steady(call: Callable[[], Any]) -> float:
    call()
    return statistics.median(_cpu_s(call) for _ in range(ROUNDS))


def _in_turns(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """Median CPU seconds of both calls, each after the other, as a shared machine changes its speed."""
    one()
    other()
    pairs = [(_cpu_s(one), _cpu_s(other)) for _ in range(ROUNDS)]
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


def _cpu_s(call: Callable[[], Any]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

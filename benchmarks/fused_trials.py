"""What training several small networks as one would gain: CPU time of a step for each network.

    python -m benchmarks.fused_trials

Dense networks of the same widths, weights on a leading axis, an order of rows and a dropout mask for each, written by
hand (`benchmarks/hand_written.py`): an upper bound for anything built on it. Sizes take turns in every round.
"""

import os
import platform
import statistics
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

from benchmarks.hand_written import DenseNetworks, Epoch
from models.training.process import configure

FUSED = (1, 2, 4, 8, 16)
CASES = (([64, 64, 10], 32, 1078), ([64, 64, 64, 64, 10], 32, 1078), ([64, 128, 128, 128, 10], 32, 1078))
CASES = (*CASES, ([50, 128, 128, 128, 2], 128, 20_000))
"""Widths from the features to the outputs, batch size, rows: three like the digits, one like the table."""
ROUNDS = 7


def main() -> int:
    configure(threads=1)
    tf.get_logger().setLevel("ERROR")  # each size is traced once, which TensorFlow takes for a mistake
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print("command: python -m benchmarks.fused_trials\n")
    print(f"| widths, batch | {' | '.join(f'{n} as one' for n in FUSED)} |")
    print(f"|---|{'---|' * len(FUSED)}")
    for widths, batch_size, n_rows in CASES:
        each = _microseconds(widths, batch_size, n_rows)
        cells = " | ".join(f"{each[n]:.0f} µs ({each[1] / each[n]:.1f} times)" for n in FUSED)
        print(f"| {'-'.join(map(str, widths))}, {batch_size} | {cells} |", flush=True)
    return 0


def _microseconds(widths: list[int], batch_size: int, n_rows: int) -> dict[int, float]:
    """Median CPU microseconds of a step by the number of networks trained as one, divided by that number."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_rows, widths[0])).astype(np.float32)
    y = rng.integers(0, widths[-1], n_rows)
    epochs: dict[int, tuple[Epoch, tf.Tensor]] = {}
    for n in FUSED:
        order = tf.constant(np.stack([rng.permutation(n_rows) for _ in range(n)]))
        epochs[n] = DenseNetworks(n, widths, [0.3] * (len(widths) - 2)).epoch(x, y, batch_size), order
        epochs[n][0](order)
    taken: dict[int, list[float]] = {n: [] for n in FUSED}
    for _ in range(ROUNDS):
        for n, (epoch, order) in epochs.items():
            begun = time.process_time()
            epoch(order)
            taken[n].append(time.process_time() - begun)
    steps = -(-n_rows // batch_size)
    return {n: statistics.median(times) / steps / n * 1e6 for n, times in taken.items()}


if __name__ == "__main__":
    sys.exit(main())

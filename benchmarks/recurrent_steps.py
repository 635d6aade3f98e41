"""What a training step of a recurrent network costs with Keras' own layers on a CPU, and with ours.

    python -m benchmarks.recurrent_steps

Two bidirectional layers of 32 units on windows of 20 steps with 8 features, batches of 64, Adam; one thread. Whole
epochs are one call in all rows of the table, so that only the layers differ. CPU time: of building and tracing with
the first step, and of a step, the least of several epochs. Operations: of one step's graph, those in loops over
steps counted once for each step.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

STEPS, FEATURES, UNITS, BATCH, BATCHES, EPOCHS = 20, 8, 32, 64, 60, 5

Cast = Callable[[Any], Any]
"""What stands in for a stock layer."""


def main() -> int:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import numpy as np

    from models.training.process import configure
    from models.training.recurrence import training_class

    configure(seed=0, threads=1)
    x = np.random.default_rng(0).normal(size=(BATCH * BATCHES, STEPS, FEATURES)).astype(np.float32)
    y = (x[:, :, 0].sum(axis=1) > 0).astype(np.int32)[:, None]
    print("| layers | ms a step | s before the second step | operations a step |")
    print("|---|---|---|---|")
    for cell in (keras.layers.LSTM, keras.layers.GRU):
        for name, cast, options in (
            ("Keras", type, {}),
            ("Keras, unrolled", type, {"unroll": True}),
            ("ours", training_class, {}),
        ):
            layers = [
                cast(stock).from_config(stock.get_config())
                for every_step in (True, False)
                for stock in (keras.layers.Bidirectional(cell(UNITS, return_sequences=every_step, **options)),)
            ]
            step_s, first_s, count = _measured(layers, x, y)
            print(f"| {cell.__name__} of {name} | {step_s * 1e3:.1f} | {first_s:.1f} | {count:,} |", flush=True)
    return 0


def _measured(layers: list[Any], x: Any, y: Any) -> tuple[float, float, int]:
    """CPU seconds of a step, CPU seconds up to the second step, and operations of a step."""
    import keras
    import tensorflow as tf

    from models.training.dials import Board
    from models.training.epochs import training_epoch

    begun = time.process_time()
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    epoch, board = training_epoch(model, Board([])), Board([])
    columns, numbers = (tf.constant(x), tf.constant(y)), tf.constant(board.values({}))
    order, batch_size = tf.range(len(x), dtype=tf.int64), tf.constant(BATCH)
    epoch(numbers, columns, order[:BATCH], batch_size)
    first_s = time.process_time() - begun
    epochs = []
    for _ in range(EPOCHS):
        begun = time.process_time()
        epoch(numbers, columns, order, batch_size)
        epochs.append((time.process_time() - begun) / BATCHES)
    return min(epochs), first_s, _operations(epoch.get_concrete_function(numbers, columns, order, batch_size).graph)


def _operations(graph: Any) -> int:
    """Operations of one step; the epoch's own loop over batches is gone through once."""

    def inside(function: Any, times: int) -> int:
        total = 0
        for node in function.node_def:
            called = [value.func.name for value in node.attr.values() if value.func.name]
            loop = node.op in ("While", "StatelessWhile")
            inner = times * STEPS if loop else times
            total += times + sum(inside(library[name], inner) for name in called if name in library)
        return total

    definition = graph.as_graph_def()
    library = {function.signature.name: function for function in definition.library.function}
    batches = next(node for node in definition.node if node.op in ("While", "StatelessWhile"))
    return inside(library[batches.attr["body"].func.name], 1)


if __name__ == "__main__":
    sys.exit(main())

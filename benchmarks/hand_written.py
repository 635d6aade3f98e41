"""Training loops of the benchmarks' networks in plain TensorFlow, to show what the trial core adds to the arithmetic.

Any number of networks of one shape can be trained as one: their weights lie on a leading axis.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf

from models.data.dataset import Dataset

Epoch = Callable[[Any], Any]
"""Takes the order of the rows (n_rows,), or (n_networks, n_rows) where several are trained as one."""


def hand_written_epoch(configuration: dict[str, Any], dataset: Dataset) -> Epoch | None:
    """One epoch of the configuration's network; None for a family that is not written out here."""
    model, batch_size = configuration["model"], configuration["training"]["batch_size"]
    x, y = np.asarray(dataset.train.x), np.asarray(dataset.train.y)
    n_outputs = max(2, dataset.signature.n_outputs)
    if model["family"] == "mlp":
        network = DenseNetworks(1, [int(np.prod(x.shape[1:])), *model["units"], n_outputs], model["dropout"])
        epoch = network.epoch(x.reshape(len(x), -1), y, batch_size)
        return lambda order: epoch(tf.constant(order[None]))
    if model["family"] == "cnn":
        return _convolutional_epoch(model, x, y, batch_size, n_outputs)
    return None


class DenseNetworks:
    """`n` networks of the same widths, trained as one under Adam."""

    def __init__(self, n: int, widths: list[int], rates: list[float]) -> None:
        rng = np.random.default_rng(0)
        pairs = list(pairwise(widths))
        self._kernels = [tf.Variable(rng.normal(0, 0.1, (n, a, b)).astype(np.float32)) for a, b in pairs]
        self._biases = [tf.Variable(tf.zeros((n, 1, b))) for _, b in pairs]
        self._rates = rates
        self._adam = Adam(n, [*self._kernels, *self._biases])

    def epoch(self, x: Any, y: Any, batch_size: int) -> Epoch:
        """Rows x (n_rows, n_features) and codes y (n_rows,); every network has an order of its own."""
        rows, codes = tf.constant(x), tf.constant(y.astype(np.int32))

        def step(batch: Any, place: Any) -> None:
            with tf.GradientTape() as tape:
                out = tf.gather(rows, batch)
                for layer, (kernel, bias) in enumerate(zip(self._kernels, self._biases, strict=True)):
                    out = tf.matmul(out, kernel) + bias
                    if layer < len(self._rates):
                        out = dropped(tf.nn.relu(out), self._rates[layer], tf.stack([place, layer]))
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(codes, batch), out)
                loss = tf.reduce_sum(tf.reduce_mean(losses, axis=-1))
            self._adam.apply(tape.gradient(loss, self._adam.weights))

        return _epoch(step, len(x), batch_size)


class Adam:
    """Adam over the weights of `n` networks, each (n, ...), laid end to end."""

    def __init__(self, n: int, weights: list[Any]) -> None:
        self.weights = weights
        self._sizes = [int(np.prod(weight.shape)) // n for weight in weights]
        self._n = n
        self._mean, self._square = (tf.Variable(tf.zeros((n, sum(self._sizes)))) for _ in range(2))
        self._steps = tf.Variable(0.0)

    def apply(self, gradients: list[Any]) -> None:
        flat = tf.concat([tf.reshape(gradient, (self._n, -1)) for gradient in gradients], axis=1)
        self._steps.assign_add(1.0)
        self._mean.assign_add((flat - self._mean) * 0.1)
        self._square.assign_add((flat * flat - self._square) * 0.001)
        rate = 1e-3 * tf.sqrt(1 - tf.pow(0.999, self._steps)) / (1 - tf.pow(0.9, self._steps))
        change = self._mean * rate / (tf.sqrt(self._square) + 1e-7)
        for weight, part in zip(self.weights, tf.split(change, self._sizes, axis=1), strict=True):
            weight.assign_sub(tf.reshape(part, weight.shape))


def _convolutional_epoch(model: dict[str, Any], x: Any, y: Any, batch_size: int, n_outputs: int) -> Epoch:
    rng = np.random.default_rng(0)
    channels = [x.shape[-1], *model["filters"]]
    shapes = [(3, 3, a, b) for a, b in pairwise(channels)]
    shapes += [(channels[-1], model["head"]), (model["head"], n_outputs)]
    kernels = [tf.Variable(rng.normal(0, 0.1, shape).astype(np.float32)) for shape in shapes]
    biases = [tf.Variable(tf.zeros(shape[-1])) for shape in shapes]
    adam = Adam(1, [*kernels, *biases])
    rows, codes = tf.constant(x), tf.constant(y.astype(np.int32))
    rate = model["dropout"]

    def step(batch: Any, place: Any) -> None:
        with tf.GradientTape() as tape:
            out = tf.gather(rows, batch)
            for layer in range(len(channels) - 1):
                out = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(out, kernels[layer], 1, "SAME"), biases[layer]))
                out = dropped(tf.nn.max_pool2d(out, 2, 2, "VALID"), rate, tf.stack([place, layer]))
            out = tf.nn.relu(tf.matmul(tf.reduce_mean(out, (1, 2)), kernels[-2]) + biases[-2])
            out = tf.matmul(dropped(out, rate, tf.stack([place, 9])), kernels[-1]) + biases[-1]
            labels = tf.gather(codes, batch)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, out))
        adam.apply(tape.gradient(loss, adam.weights))

    epoch = _epoch(step, len(x), batch_size)
    return lambda order: epoch(tf.constant(order))


def dropped(x: Any, rate: float, seed: Any) -> Any:
    """Dropout from 16 random bits a unit, as the trial core draws it."""
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    n = tf.size(x)
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[(n + 1) // 2], key=key, counter=counter, alg=1, dtype=tf.uint32
    )
    bits = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:n], tf.shape(x))
    return x * (tf.cast(bits >= tf.constant(round(rate * 65536), tf.uint16), tf.float32) / (1 - rate))


def _epoch(step: Callable[[Any, Any], None], n_rows: int, batch_size: int) -> Epoch:
    def epoch(order: Any) -> Any:
        def one(start: Any) -> tuple[Any]:
            step(order[..., start : start + batch_size], start)
            return (start + batch_size,)

        tf.while_loop(lambda start: start < n_rows, one, (0,), parallel_iterations=1)
        return tf.constant(0)

    traced: Epoch = tf.function(epoch, autograph=False)
    return traced

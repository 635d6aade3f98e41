"""Sources for the studies beside this file: functions without arguments that return arrays.

A study names them as `source: sources.py:fashion_mnist`.
"""

import gzip
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Where the data sets lie, each in a folder of its own; change it to where yours are."""


SUBSET = 10_000
"""Images of `fashion_mnist_small`, to train and to validate on."""


def fashion_mnist() -> dict[str, np.ndarray]:
    """Fashion-MNIST from its four idx files: uint8 images (n, 28, 28), labels 0 to 9; 60,000 and 10,000."""
    folder = FOLDER / "fashion_mnist"
    return {
        "x_train": _idx(folder / "train-images-idx3-ubyte.gz"),
        "y_train": _idx(folder / "train-labels-idx1-ubyte.gz"),
        "x_test": _idx(folder / "t10k-images-idx3-ubyte.gz"),
        "y_test": _idx(folder / "t10k-labels-idx1-ubyte.gz"),
    }


def fashion_mnist_small() -> dict[str, np.ndarray]:
    """The first SUBSET of its training images, which are in no order, and all of its test images."""
    whole = fashion_mnist()
    return whole | {part: whole[part][:SUBSET] for part in ("x_train", "y_train")}


def waves(n: int = 6_000) -> tuple[np.ndarray, np.ndarray]:
    """Windows (n, 32, 2) of two noisy sensors in thousandths and in hundreds, and whether the second follows the
    first, leads it, or swings by itself. Nothing is read; the same rows in every run."""
    rng = np.random.default_rng(20)
    kind = rng.integers(0, 3, n)
    steps = np.arange(32)
    pace, phase = rng.uniform(0.3, 0.7, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1))
    lag = np.choose(kind, [3, -3, 0])[:, np.newaxis]
    own_pace = np.where(kind == 2, rng.uniform(0.3, 0.7, n), pace[:, 0])[:, np.newaxis]
    first = np.sin(pace * steps + phase) + rng.normal(0, 0.9, (n, 32))
    second = np.sin(own_pace * (steps - lag) + phase) + rng.normal(0, 0.9, (n, 32))
    names = np.array(["follows", "leads", "alone"])
    return np.stack([first / 1000, 100 * second + 500], axis=-1), names[kind]


def _idx(path: Path) -> np.ndarray:
    """The bytes of an idx file as an array. Its head: two zero bytes, type 8, rank, sizes (big-endian)."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, dtype=">i4", count=rank, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)

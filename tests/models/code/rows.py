"""Functions that give rows to models of the user's own code, in every form that they may have."""

import keras
import numpy as np
import tensorflow as tf

N_ROWS = 120


def digits(n_rows=N_ROWS):
    """Eight by eight images whose brightest column is the class, more or less."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 8, n_rows)
    x = rng.random((n_rows, 8, 8)).astype("float32")
    x[np.arange(n_rows), :, y] += 1.5
    return x, y


def pair():
    return digits()


def one_hot():
    x, y = digits()
    return x, keras.utils.to_categorical(y, 10)


def two_inputs():
    x, y = digits()
    return {"image": x, "number": x.mean(axis=(1, 2))[:, None]}, y


def parts():
    x, y = digits()
    return {"train": (x[:80], y[:80]), "validation": (x[80:100], y[80:100]), "test": (x[100:], y[100:])}


def load_data():
    x, y = digits()
    return (x[:100], y[:100]), (x[100:], y[100:])


def tensors():
    x, y = digits()
    train = tf.data.Dataset.from_tensor_slices((x[:80], y[:80])).shuffle(80, seed=1).batch(16)
    return train, tf.data.Dataset.from_tensor_slices((x[80:], y[80:])).batch(16)


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return len(self.y) // 20

    def __getitem__(self, place):
        rows = slice(20 * place, 20 * place + 20)
        return self.x[rows], self.y[rows]


def batches():
    x, y = digits()
    return {"train": Batches(x[:80], y[:80]), "validation": Batches(x[80:], y[80:])}

"""Dropout whose masks cost half: two units share one random word of 32 bits.

Most of what Keras' layer takes is spent on random numbers of 32 bits, of which 23 are used and one is wanted. Here a
unit is compared with 16 bits, so that its rate is a multiple of 1/65536; what remains is scaled by that very rate.
"""

from typing import Any

import keras
import tensorflow as tf

LEVELS = 2**16
PHILOX = 1
"""TensorFlow's number of the generator that Keras draws from."""


class ThriftyDropout(keras.layers.Dropout):  # type: ignore[misc]
    """Keras' dropout under a random stream of its own; `rate` may be a dial."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        threshold = tf.minimum(tf.round(tf.convert_to_tensor(self.rate, tf.float32) * LEVELS), LEVELS - 1)
        kept = _words(inputs, self.seed_generator.next()) >= tf.cast(threshold, tf.uint16)
        return inputs * (tf.cast(kept, inputs.dtype) * (LEVELS / (LEVELS - threshold)))


def _words(inputs: Any, seed: Any) -> Any:
    """Random 16-bit numbers of the shape of `inputs`; `seed`: (2,) integers."""
    n = tf.size(inputs)
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=tf.cast(seed, tf.int32))
    drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[(n + 1) // 2], key=key, counter=counter, alg=PHILOX, dtype=tf.uint32
    )
    return tf.reshape(tf.reshape(tf.bitcast(drawn, tf.uint16), [-1])[:n], tf.shape(inputs))

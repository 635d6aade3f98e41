"""Imported by the server that workers are forked from: loads what every trial needs and runs no operation.

TensorFlow that has been imported can be forked; TensorFlow that has run one operation hangs in the child.
"""

import keras
import tensorflow as tf

import models.families.cnn
import models.families.mlp
import models.families.rnn
import models.training.fit
import models.training.graphs

__all__ = ["keras", "models", "tf"]

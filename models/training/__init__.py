"""Compiling, fitting, stopping and resuming one Keras model: the only room that touches TensorFlow."""

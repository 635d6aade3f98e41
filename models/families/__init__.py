"""One module a model family: a configuration and a signature in, an uncompiled `keras.Model` out."""

"""Keeps what TensorFlow's C++ side prints while it loads off the terminal. Loads no framework itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Sends standard error nowhere meanwhile; for imports alone, as it hides whatever is printed.

    TensorFlow 2.21 prints some lines before its own log level counts, so that TF_CPP_MIN_LOG_LEVEL cannot stop them.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)

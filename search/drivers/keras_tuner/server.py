"""The process in which an oracle lives: answers questions from a pipe until the other end is closed.

A question is a method of `Service` with its arguments, an answer what it returns; all are plain values.
"""

import os
import signal
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The question could not be answered: the error in one line, and its traceback."""

    error: str
    traceback: str


def serve(pipe: Connection) -> None:
    """Answers one question after the other. Ends when nobody is left to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    # these import TensorFlow and numpy's libraries, which the coordinator must not do
    from threadpoolctl import threadpool_limits

    from search.drivers.keras_tuner.service import Service

    # small matrices: threads cost more than they bring, and the workers need the cores
    with threadpool_limits(limits=1):
        _answer(pipe, Service())


def _answer(pipe: Connection, service: Any) -> None:
    while True:
        try:
            name, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Any = getattr(service, name)(**arguments)
        except Exception as error:
            answer = Failed(f"{type(error).__name__}: {error}", traceback.format_exc())
        try:
            pipe.send(answer)
        except OSError:
            return

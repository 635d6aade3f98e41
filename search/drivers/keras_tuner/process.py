"""The coordinator's end of the oracle's process: starts it on use, and says when it is lost.

It is forked from the server that workers are forked from, which has imported TensorFlow already. No framework here.
"""

import importlib.util
import multiprocessing
import weakref
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from search.drivers.keras_tuner.server import Failed, serve
from search.drivers.setup import DriverError

_PATIENCE_S = 5.0


class OracleLostError(Exception):
    """The process has died; what it knew is to be told to a new one."""


class OracleProcess:
    """Asks the questions of `service.Service`. Raises: DriverError when keras_tuner is not installed."""

    def __init__(self) -> None:
        if importlib.util.find_spec("keras_tuner") is None:
            raise DriverError(
                "the driver keras_tuner needs KerasTuner, which is not installed",
                "pip install 'keras-search[keras_tuner]', or take `driver: optuna`",
            )
        self._pipe: Connection | None = None
        self._process: BaseProcess | None = None

    @property
    def process(self) -> BaseProcess | None:
        """The process, once something was asked."""
        return self._process

    def call(self, question: str, **arguments: Any) -> Any:
        """The answer to a question. Raises: OracleLostError, DriverError for what KerasTuner cannot do."""
        try:
            if self._pipe is None:
                self._start()
            assert self._pipe is not None
            self._pipe.send((question, arguments))
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise OracleLostError(str(error)) from error
        if isinstance(answer, Failed):
            raise DriverError(f"KerasTuner's oracle failed: {answer.error}", "take `driver: optuna`, or another oracle")
        return answer

    def close(self) -> None:
        """Ends the process; the next question starts another."""
        if self._pipe is not None and self._process is not None:
            _end(self._pipe, self._process)
        self._pipe = self._process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), daemon=True, name="oracle")
        process.start()
        theirs.close()
        self._pipe, self._process = ours, process
        weakref.finalize(self, _end, ours, process)


def _end(pipe: Connection, process: BaseProcess) -> None:
    """The closed pipe ends it, and force what is in the middle of a question."""
    pipe.close()
    process.join(_PATIENCE_S)
    if process.is_alive():
        process.kill()
        process.join(_PATIENCE_S)

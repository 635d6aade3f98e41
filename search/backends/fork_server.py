"""The process that workers are forked from: it has imported what they need, and run nothing of it.

It is Python's own fork server, one for the coordinator; when it dies it is started anew.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from spaces.problems import MendableError

_PAUSES_S = (0.05, 0.2, 1.0, 2.0)
"""How long to wait after each failure to fork a worker."""


class WorkerServerError(MendableError):
    """No worker can be started."""


class ForkServer:
    """Forks workers. `preload`: modules to import once. `log`: takes what the server and the workers print."""

    def __init__(self, preload: Sequence[str], log: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._preload = preload
        self._log = log
        self._ensure()

    def pipe(self) -> tuple[Connection, Connection]:
        """Two ends of a pipe in both directions: one to keep, one for a worker."""
        return self._context.Pipe()

    def fork(self, work: Callable[..., None], *arguments: Any) -> BaseProcess:
        """A process that runs `work`. Raises: WorkerServerError when the server does not live long enough for that."""
        for pause_s in _PAUSES_S:
            process = self._context.Process(target=work, args=arguments, daemon=True)
            try:
                process.start()
                return process
            except (ConnectionError, EOFError):
                # the server has just died, and Python takes it for alive until the system has said so
                time.sleep(pause_s)
                self._ensure()
        raise WorkerServerError(
            "the process that workers are forked from dies again and again",
            f"{self._log} may say why; is there memory enough?",
        )

    def _ensure(self) -> None:
        """Starts the server, unless it runs; it and its workers print into the log, not into the view."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        self._context.set_forkserver_preload(list(self._preload))
        self._log.parent.mkdir(parents=True, exist_ok=True)
        kept = [os.dup(1), os.dup(2)]
        with self._log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        try:
            forkserver.ensure_running()
        finally:
            for number, handle in enumerate(kept, start=1):
                os.dup2(handle, number)
                os.close(handle)

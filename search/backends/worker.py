"""What runs in a worker process: takes tasks, runs the trial core, sends every epoch and waits for the answer.

A thread reads the pipe, so that a dead coordinator is seen at once and ends the worker in the middle of an epoch:
an orphan that trained on would write into a folder that the next coordinator uses.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NoReturn

import psutil

from models.training.orders import EpochReport
from search.study import Decision, Finished, Outcome, Paused, Reported, Started
from search.trial import Calls, Left, TrialTask, Warm, run_trial

RunTrial = Callable[[TrialTask, Calls], Outcome | Left]
"""Trains one trial; see `search.trial.run_trial`."""

BEAT_S = 2.0
"""Seconds between two signs of life."""


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life; `rss_bytes` is the worker's resident set."""

    rss_bytes: int


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker starts."""

    worker: int
    threads: int


def work(connection: Connection, settings: WorkerSettings) -> None:
    """The life of a worker: trains task after task until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from models.training.graphs import Graphs
    from models.training.process import configure

    configure(threads=settings.threads)
    warm = Warm(Graphs())
    serve(connection, settings.worker, lambda task, calls: run_trial(task, calls, warm=warm))


def serve(connection: Connection, worker: int, run: RunTrial) -> NoReturn:
    """Runs the tasks that come through the pipe with `run`; ends with the process."""
    _Worker(connection, worker, run).serve()


class _Worker:
    def __init__(self, connection: Connection, worker: int, run: RunTrial) -> None:
        self._connection = connection
        self._worker = worker
        self._run_trial = run
        self._sending = threading.Lock()
        self._incoming: queue.SimpleQueue[TrialTask | Decision] = queue.SimpleQueue()
        self._process = psutil.Process()

    def serve(self) -> NoReturn:
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        while True:
            task = self._incoming.get()
            assert isinstance(task, TrialTask)
            self._run(task)

    def _run(self, task: TrialTask) -> None:
        calls = Calls(
            started=lambda history: self._send(
                Started(task.number, self._worker, len(history), history=tuple(history))
            ),
            epoch=self._answer_to(task.number),
        )
        result = self._run_trial(task, calls)
        self._send(self._alive())
        if isinstance(result, Left):
            self._send(Paused(task.number, result.epoch))
        else:
            self._send(Finished(task.number, result))

    def _answer_to(self, number: int) -> Callable[[EpochReport], Decision]:
        def ask(report: EpochReport) -> Decision:
            self._send(Reported(number, report))
            answer = self._incoming.get()
            assert isinstance(answer, Decision)
            return answer

        return ask

    def _send(self, message: object) -> None:
        with self._sending:
            try:
                self._connection.send(message)
            except OSError:
                os._exit(1)

    def _read(self) -> None:
        while True:
            try:
                self._incoming.put(self._connection.recv())
            except (EOFError, OSError):
                os._exit(0)

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_S):
            self._send(self._alive())

    def _alive(self) -> Alive:
        return Alive(self._process.memory_info().rss)

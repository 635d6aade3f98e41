"""What runs in a worker process: takes tasks, runs the trial core, sends every epoch and waits for the answer.

A thread reads the pipe, so that a dead coordinator is seen at once and ends the worker in the middle of an epoch:
an orphan that trained on would write into a folder that the next coordinator uses.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import psutil

from models.training.orders import EpochReport
from search.study import Decision, Finished, Outcome, Paused, Reported, Started
from search.trial import Calls, Left, TrialTask, Warm, run_trial

RunTrial = Callable[[TrialTask, Calls], Outcome | Left]
"""Trains one trial; see `search.trial.run_trial`."""

BEAT_S = 2.0
"""Seconds between two signs of life."""
WATCH_S = 0.1
"""Seconds between two looks at a memory that has a limit; one takes some 12 microseconds."""
OOM_SCORE = 500
"""Out of 1,000: the kernel that is short of memory ends a worker, which is replaced, before its coordinator."""


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life; `rss_bytes` is the worker's resident set."""

    rss_bytes: int


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker starts.

    memory_bytes: beyond this resident set the coordinator is told at once. environment: variables to set first.
    """

    worker: int
    threads: int
    memory_bytes: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def prepare(settings: WorkerSettings) -> None:
    """Makes this process a worker, before anything is loaded: Ctrl-C is the coordinator's, and CUDA reads its
    variables when TensorFlow starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(settings.environment)
    with suppress(OSError):  # no such file but on Linux
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))


def work(connection: Connection, settings: WorkerSettings) -> None:
    """The life of a worker: trains task after task until the pipe closes."""
    prepare(settings)
    from models.training.graphs import Graphs
    from models.training.process import configure

    configure(threads=settings.threads)
    warm = Warm(Graphs())
    serve(connection, settings, lambda task, calls: run_trial(task, calls, warm=warm))


def serve(connection: Connection, settings: WorkerSettings, run: RunTrial) -> NoReturn:
    """Runs the tasks that come through the pipe with `run`; ends with the process."""
    _Worker(connection, settings, run).serve()


class _Worker:
    def __init__(self, connection: Connection, settings: WorkerSettings, run: RunTrial) -> None:
        self._connection = connection
        self._settings = settings
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
        calls = Calls(self._starter_of(task.number), self._answer_to(task.number), settled=self._send)
        result = self._run_trial(task, calls)
        self._send(self._alive())
        if isinstance(result, Left):
            self._send(Paused(task.number, result.epoch))
        else:
            self._send(Finished(task.number, result))

    def _starter_of(self, number: int) -> Callable[[Sequence[Mapping[str, float]], float], None]:
        def tell(history: Sequence[Mapping[str, float]], trained_s: float) -> None:
            self._send(self._alive())
            worker = self._settings.worker
            self._send(Started(number, worker, len(history), trained_s, history=tuple(history)))

        return tell

    def _answer_to(self, number: int) -> Callable[[EpochReport], Decision]:
        def ask(report: EpochReport) -> Decision:
            alive = self._alive()
            if self._is_over(alive):
                self._send(alive)
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
        """A sign of life every `BEAT_S` seconds, and at once beyond the limit of memory."""
        pause = threading.Event()
        every_s = BEAT_S if self._settings.memory_bytes is None else WATCH_S
        silent_s = 0.0
        while not pause.wait(every_s):
            silent_s += every_s
            alive = self._alive()
            if silent_s >= BEAT_S or self._is_over(alive):
                self._send(alive)
                silent_s = 0.0

    def _alive(self) -> Alive:
        return Alive(self._process.memory_info().rss)

    def _is_over(self, alive: Alive) -> bool:
        limit = self._settings.memory_bytes
        return limit is not None and alive.rss_bytes > limit

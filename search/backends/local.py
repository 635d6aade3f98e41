"""Worker processes on this machine, forked from a server that has imported TensorFlow and not initialised it.

A worker is ready in some hundredths of a second; its death is seen at once, its silence after a while, and it is
replaced either way. The coordinator itself never imports TensorFlow.
"""

import signal
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from models.spec.byte_sizes import size_words
from models.training.graph_key import GRAPHS_KEPT
from search.backends.fork_server import ForkServer
from search.backends.worker import Alive, WorkerSettings, work
from search.clock import Clock
from search.study import Cause, Decision, Event, Finished, Lost, Paused, Started, Suggestion
from search.trial import TrialTask
from spaces.problems import MendableError

FROZEN_S = 60.0
"""A worker that gives no sign of life for so long is stopped or frozen: its process does not even run a thread."""
SHORT_OF_MEMORY = "a system that is short of memory does this: set workers.memory, or have fewer workers"
_PATIENCE_S = 2.0


class WorkerMemoryError(MendableError):
    """No trial can be trained within the memory that workers may have."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """How many workers, and when one is replaced.

    silence_s: a trial without a finished epoch for so long is taken for hung. frozen_s: as `FROZEN_S`.
    recycle_bytes: a worker whose resident set is larger is replaced between two trials.
    memory_bytes: one whose resident set is larger while it trains is ended with its trial; None is no limit.
    environments: variables of each worker's environment, by its place; none leaves all as they are.
    """

    workers: int
    threads: int
    silence_s: float
    recycle_bytes: int
    log: Path
    memory_bytes: int | None = None
    frozen_s: float = FROZEN_S
    environments: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """What a worker process does, and the modules that the server imports before it forks one."""

    work: Callable[[Connection, WorkerSettings], None]
    preload: tuple[str, ...]


TRAINING = Life(work, ("models.training.preload", "search.backends.worker"))


@dataclass(slots=True)
class _Worker:
    """A process, what it trains (`number`), and the keys of the graphs of its last trials.

    verdict: why the coordinator wants it ended with its trial, if it does. is_new: it has trained nothing yet.
    """

    process: BaseProcess
    connection: Connection
    heard_s: float
    moved_s: float
    number: int | None = None
    rss_bytes: int = 0
    is_new: bool = True
    hung_up: bool = False
    is_ended: bool = False
    verdict: tuple[Cause, str] | None = None
    graphs: deque[str] = field(default_factory=lambda: deque(maxlen=GRAPHS_KEPT))


def place_of(graph: str, warm: Sequence[Collection[str]]) -> int:
    """Which of the free workers, each with the graphs that it has `warm`, is to train `graph`: one that has it."""
    return next((place for place, graphs in enumerate(warm) if graph in graphs), 0)


class LocalBackend:
    """The `Backend` port over local processes."""

    def __init__(
        self,
        settings: LocalSettings,
        task_of: Callable[[Suggestion], TrialTask],
        clock: Clock,
        *,
        life: Life = TRAINING,
    ) -> None:
        self._settings = settings
        self._life = life
        self._task_of = task_of
        self._clock = clock
        self._server = ForkServer(life.preload, settings.log)
        self._born = 0
        self._workers = [self._start(place) for place in range(settings.workers)]

    @property
    def free(self) -> int:
        return sum(1 for w in self._workers if w.number is None)

    def submit(self, suggestion: Suggestion) -> None:
        free = [w for w in self._workers if w.number is None]
        if not free:
            raise RuntimeError("no worker is free")
        task = self._task_of(suggestion)
        worker = free[place_of(task.graph, [w.graphs for w in free])]
        worker.graphs.append(task.graph)
        now = self._clock.monotonic_s()
        worker.number, worker.heard_s, worker.moved_s, worker.verdict = suggestion.number, now, now, None
        self._tell(worker, task)

    def answer(self, number: int, decision: Decision) -> None:
        worker = self._worker_of(number)
        if worker is not None:
            self._tell(worker, decision)

    def end(self, number: int, cause: Cause, reason: str) -> None:
        worker = self._worker_of(number)
        if worker is not None and worker.verdict is None:
            worker.verdict = (cause, reason)

    def events(self, timeout_s: float) -> Iterable[Event]:
        """Yields events lazily, so that a report is answered before the next message is read."""
        connections = [w.connection for w in self._workers]
        wait([*connections, *(w.process.sentinel for w in self._workers)], timeout_s)
        for place, worker in enumerate(self._workers):
            yield from self._messages(worker)
            lost = self._fault(worker)
            hint = SHORT_OF_MEMORY if worker.process.exitcode == -signal.SIGKILL else ""
            if lost is not None or self._is_bloated(worker):
                self._end(worker)
                self._workers[place] = self._start(place)
            if lost is not None and worker.number is not None:
                yield Lost(worker.number, *lost, hint)

    def close(self, *, gently: bool) -> None:
        for worker in self._workers:
            if gently and worker.number is None and not worker.is_ended:
                worker.connection.close()
                worker.process.join(_PATIENCE_S)
            self._end(worker)
        self._workers = []

    # ---------------------------------------------------------------------------------------- workers
    def _worker_of(self, number: int) -> _Worker | None:
        return next((w for w in self._workers if w.number == number), None)

    def _start(self, place: int) -> _Worker:
        """A new worker; it has the environment, and so the GPUs, of the one that it replaces."""
        here, there = self._server.pipe()
        environments = self._settings.environments
        settings = WorkerSettings(
            self._born,
            self._settings.threads,
            self._settings.memory_bytes,
            environments[place] if environments else {},
        )
        process = self._server.fork(self._life.work, there, settings)
        there.close()
        self._born += 1
        now = self._clock.monotonic_s()
        return _Worker(process, here, heard_s=now, moved_s=now)

    def _end(self, worker: _Worker) -> None:
        """Once only: where no successor can be started, all workers are ended after this one."""
        if worker.is_ended:
            return
        worker.is_ended = True
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        worker.process.close()

    def _tell(self, worker: _Worker, message: object) -> None:
        try:
            worker.connection.send(message)
        except OSError:
            # it has died; the next look at its process says so
            return

    def _messages(self, worker: _Worker) -> Iterator[Event]:
        try:
            while worker.connection.poll():
                message = worker.connection.recv()
                worker.heard_s = self._clock.monotonic_s()
                if isinstance(message, Alive):
                    worker.rss_bytes = message.rss_bytes
                else:
                    yield self._took(worker, message)
        except (EOFError, OSError):
            worker.hung_up = True

    def _took(self, worker: _Worker, event: Event) -> Event:
        worker.moved_s = worker.heard_s
        if isinstance(event, Started):
            allowed = self._settings.memory_bytes
            worker.is_new = worker.is_new and allowed is not None and worker.rss_bytes > allowed
        elif isinstance(event, Finished | Paused):
            worker.number = None
        return event

    def _fault(self, worker: _Worker) -> tuple[Cause, str] | None:
        """Why the worker is to be replaced, or None."""
        if worker.hung_up:
            # the pipe's end comes before the exit code, which the fork server passes on
            worker.process.join(_PATIENCE_S)
        if worker.hung_up or worker.process.exitcode is not None or not worker.process.is_alive():
            return Cause.LOST, f"its worker died ({_exit_words(worker.process.exitcode)})"
        if worker.number is None:
            return None
        if worker.verdict is not None:
            return worker.verdict
        over = self._memory_fault(worker)
        if over is not None:
            return over
        now = self._clock.monotonic_s()
        if now - worker.heard_s > self._settings.frozen_s:
            return Cause.LOST, f"its worker gave no sign of life for {self._settings.frozen_s:.0f} s"
        if now - worker.moved_s > self._settings.silence_s:
            return Cause.LOST, f"no epoch ended for {self._settings.silence_s:.0f} s (workers.silence)"
        return None

    def _memory_fault(self, worker: _Worker) -> tuple[Cause, str] | None:
        allowed = self._settings.memory_bytes
        if allowed is None or worker.rss_bytes <= allowed:
            return None
        held, limit = size_words(worker.rss_bytes), size_words(allowed)
        if worker.is_new:
            raise WorkerMemoryError(
                f"workers.memory is {limit}, but a worker takes {held} before it trains anything",
                "give it more, or leave it out",
            )
        return Cause.OUT_OF_MEMORY, f"out of memory: its worker held {held} of the {limit} of workers.memory"

    def _is_bloated(self, worker: _Worker) -> bool:
        """TensorFlow never gives memory back: a large worker is replaced between two trials."""
        return worker.number is None and not worker.is_new and worker.rss_bytes > self._settings.recycle_bytes


def _exit_words(code: int | None) -> str:
    if code is None:
        return "without a word"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

"""What test workers do: trials that play a part, in real processes, without TensorFlow."""

import json
import os
import signal
import threading

from models.training.orders import EpochReport, Order
from search.backends.local import Life
from search.backends.worker import prepare, serve
from search.study import Cause, Outcome, TrialState
from search.trial import Left

GROWN_BYTES = 400 * 10**6
"""What the part `grow` takes in memory before its first epoch, which never ends."""


def live(connection, settings):
    """The life of a worker, as the real one's but for TensorFlow."""
    prepare(settings)
    serve(connection, settings, play)


def play(task, calls):
    """Plays `task.config["part"]`: train, hang, die, exit, grow, or show the environment that it finds.

    The value of an epoch is the worker's process id.
    """
    calls.started((), 0.0)
    part = task.config["part"]
    if part == "show":
        (task.folder / f"{task.number}.json").write_text(json.dumps(dict(os.environ)))
    held = bytearray(GROWN_BYTES if part == "grow" else 0)
    held[:: os.sysconf("SC_PAGE_SIZE")] = b"x" * len(held[:: os.sysconf("SC_PAGE_SIZE")])
    for epoch in range(1, task.epochs + 1):
        if part in ("hang", "grow"):
            threading.Event().wait()
        if part == "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        if part == "exit":
            os._exit(3)
        decision = calls.epoch(EpochReport(epoch, {"pid": float(os.getpid())}, 0.1))
        if decision.order is Order.PAUSE:
            return Left(epoch)
        if decision.order is Order.STOP:
            return Outcome(TrialState.COMPLETE, Cause.FINISHED, epochs=epoch)
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, epochs=task.epochs)


ACTING = Life(live, ("search.backends.worker",))

"""What test workers do: trials that play a part, in real processes, without TensorFlow."""

import os
import signal
import threading

from models.training.orders import EpochReport, Order
from search.backends.local import Life
from search.backends.worker import serve
from search.study import Cause, Outcome, TrialState
from search.trial import Left


def live(connection, settings):
    """The life of a worker, as the real one's but for TensorFlow."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(connection, settings.worker, play)


def play(task, calls):
    """Plays `task.config["part"]`: train, hang, die, or exit; the value of an epoch is the worker's process id."""
    calls.started(())
    part = task.config["part"]
    for epoch in range(1, task.epochs + 1):
        if part == "hang":
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

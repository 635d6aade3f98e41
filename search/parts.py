"""What the loop is given to talk to, and how it says that it ended. Values; they do nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from search.clock import Clock
from search.ports import Backend, Driver, Pruner
from search.progress import View
from search.shelf import Shelf
from search.telling import Teller


def _leave(number: int) -> None:
    """Nothing is on disk that could be deleted."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the loop talks to.

    shelf: what deletes the files of trials beyond a limit, if there is one. free: deletes the checkpoint of a paused
        trial that will not go on.
    """

    driver: Driver
    pruner: Pruner
    backend: Backend
    teller: Teller
    clock: Clock
    view: View
    shelf: Shelf | None = None
    free: Callable[[int], None] = _leave


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the loop ended; `failed` when something is to be mended, with the traceback of a failing trial if any."""

    reason: str
    interrupted: bool = False
    failed: bool = False
    traceback: str = ""

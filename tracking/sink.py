"""The far end of a queue of events, and the two ways in which it can fail. Knows no store."""

from typing import Protocol

from tracking.events import Event


class SinkAwayError(Exception):
    """The sink cannot be reached now: try the same event again later, with a new sink."""


class RefusedError(Exception):
    """The sink will never take this event: leave it out and go on."""


class Sink(Protocol):
    """Takes events in order, each possibly more than once (after a loss), with the same end as once."""

    link: str | None

    def send(self, event: Event) -> None:
        """Raises SinkAwayError or RefusedError."""

"""The thread between a spool and a sink: in order, again after a loss, and never in the way of a study."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tracking.events import EpochsDone, Event, from_line, to_line
from tracking.sink import RefusedError, Sink, SinkAwayError
from tracking.spool import Spool


@dataclass(frozen=True, slots=True)
class Pace:
    """linger_s: how long epochs wait for company. retry_s: first and longest wait for a lost sink.
    grace_s: how long `close` waits for a thread that makes no progress."""

    linger_s: float = 1.0
    retry_s: tuple[float, float] = (5.0, 60.0)
    grace_s: float = 60.0
    lines: int = 500


class Courier:
    """The thread between a spool and a sink."""

    def __init__(
        self,
        name: str,
        spool: Spool,
        open_sink: Callable[[], Sink],
        pace: Pace,
        warn: Callable[[str], None],
    ) -> None:
        self.link: str | None = None
        self._name = name
        self._spool = spool
        self._open_sink = open_sink
        self._pace = pace
        self._warn = warn
        self._warned: set[type[Exception]] = set()
        self._sink: Sink | None = None
        self._news = threading.Condition()
        self._urgent = False
        self._closing = False
        self._left = threading.Event()
        self._steps = 0
        # a daemon: a sink that hangs must not keep the command from ending
        self._thread = threading.Thread(target=self._run, name=f"tracking-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, event: Event) -> None:
        """Keeps `event` for the thread. A full disk costs the event and one warning, never the study."""
        try:
            self._spool.append(to_line(event))
        except OSError as error:
            self._warn_once(error, f"{self._name}: events are lost: {error}")
            return
        with self._news:
            self._urgent = self._urgent or not isinstance(event, EpochsDone)
            self._news.notify()

    def finish(self) -> None:
        """Ends the thread when all is delivered, or the sink is away, or nothing moved for `grace_s`."""
        with self._news:
            self._closing = True
            self._news.notify()
        steps = -1
        while self._thread.is_alive() and steps != self._steps:
            steps = self._steps
            self._thread.join(self._pace.grace_s)
        if self._thread.is_alive():
            self._left.set()
            self._lost(SinkAwayError(f"no answer for {self._pace.grace_s:.0f} s"))
        else:
            self._spool.close()

    def _run(self) -> None:
        wait_s = self._pace.retry_s[0]
        while not self._left.is_set():
            try:
                self._deliver()
            except SinkAwayError as error:
                self._sink = None
                self._lost(error)
                with self._news:
                    if self._closing:
                        return
                    closing = self._news.wait_for(lambda: self._closing, wait_s)
                if closing:
                    self._last_attempt()
                    return
                wait_s = min(2 * wait_s, self._pace.retry_s[1])
                continue
            wait_s = self._pace.retry_s[0]
            if not self._wait_for_news():
                return

    def _last_attempt(self) -> None:
        try:
            self._deliver()
        except SinkAwayError:
            return

    def _wait_for_news(self) -> bool:
        """True when there is something to deliver; epochs alone wait a little for company."""
        with self._news:
            self._news.wait_for(lambda: self._closing or not self._spool.is_empty())
            if not self._urgent and not self._closing:
                self._news.wait_for(lambda: self._closing or self._urgent, self._pace.linger_s)
            self._urgent = False
            return not (self._closing and self._spool.is_empty())

    def _deliver(self) -> None:
        """Sends everything there is. Raises SinkAwayError."""
        while (lines := self._spool.read(limit=self._pace.lines)) and not self._left.is_set():
            for size_bytes, events in _parcels(lines):
                for event in events:
                    self._send(event)
                if self._left.is_set():
                    return
                self._spool.delivered(size_bytes)
                self._steps += 1

    def _send(self, event: Event) -> None:
        if self._sink is None:
            self._sink = self._open_sink()
            self.link = self._sink.link
        try:
            self._sink.send(event)
        except SinkAwayError:
            raise
        except Exception as error:  # a listener must never end a study: what it cannot take is left out
            name = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
            self._warn_once(RefusedError(), f"{self._name}: an event was refused and is left out there: {name}{error}")

    def _lost(self, error: Exception) -> None:
        self._warn_once(
            error,
            f"{self._name}: {error}; the study goes on, what there is to tell is kept in "
            f"{self._spool.path} and sent when it answers, or by the next `run`",
        )

    def _warn_once(self, error: Exception, sentence: str) -> None:
        if type(error) not in self._warned:
            self._warned.add(type(error))
            self._warn(sentence)


def _parcels(lines: Sequence[bytes]) -> Iterator[tuple[int, list[Event]]]:
    """(bytes, events) in order: epochs in a row become one event a trial, unreadable lines none."""
    readable = [(len(line), _read(line)) for line in lines]
    for together, group in groupby(readable, key=lambda item: isinstance(item[1], EpochsDone)):
        if not together:
            yield from ((size, [event] if event is not None else []) for size, event in group)
            continue
        items = list(group)
        by_trial: dict[int, EpochsDone] = {}
        for _, event in items:
            if isinstance(event, EpochsDone):
                known = by_trial.get(event.number)
                by_trial[event.number] = replace(event, rows=known.rows + event.rows) if known else event
        yield sum(size for size, _ in items), list(by_trial.values())


def _read(line: bytes) -> Event | None:
    try:
        return from_line(line.decode("utf-8", "replace"))
    except ValueError:
        return None

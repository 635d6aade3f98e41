"""Time as the study sees it: seconds that only go forward, and the date; real or moved by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary beginning; never goes back."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970 (UTC), for people and trackers."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """Stands still until it is moved. Begins at 0 s, on 1 January 2026."""

    _BEGIN_MS = 1_767_225_600_000

    def __init__(self) -> None:
        self._now_s = 0.0

    def monotonic_s(self) -> float:
        return self._now_s

    def wall_ms(self) -> int:
        return self._BEGIN_MS + round(self._now_s * 1000)

    def advance_to(self, time_s: float) -> None:
        """Moves the clock to `time_s`. Raises ValueError for a time that has passed."""
        if time_s < self._now_s:
            raise ValueError(f"the clock stands at {self._now_s} s and cannot go back to {time_s} s")
        self._now_s = time_s

    def advance(self, seconds: float) -> None:
        """Moves the clock by `seconds`. Raises ValueError when they are negative."""
        self.advance_to(self._now_s + seconds)

"""Where a study keeps its files. Knows paths and the lock that holds off a second coordinator; reads no content."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spaces.problems import MendableError


class StudyBusyError(MendableError):
    """Another process runs this study; try again when it has ended."""


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """One folder a study: the record, the lock file, prepared data, one folder a trial, the ensemble."""

    root: Path

    @property
    def record_url(self) -> str:
        return f"sqlite:///{self.record}"

    @property
    def record(self) -> Path:
        return self.root / "record.db"

    @property
    def lock(self) -> Path:
        return self.root / "space.lock.json"

    @property
    def history(self) -> Path:
        return self.root / "history.json"

    @property
    def code(self) -> Path:
        return self.root / "code.json"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def ensemble(self) -> Path:
        return self.root / "ensemble.json"

    @property
    def leaderboard(self) -> Path:
        return self.root / "leaderboard.csv"

    @property
    def front(self) -> Path:
        return self.root / "front.csv"

    @property
    def events(self) -> Path:
        return self.root / "events.jsonl"

    def trial(self, number: int) -> Path:
        return self.root / "trials" / f"{number:04d}"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the study for this process. Raises StudyBusyError when another process holds it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "running").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                owner = file.read().strip() or "another process"
                raise StudyBusyError(
                    f"{self.root} is being run by {owner}; wait for it to end or stop it first"
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
            yield
            file.truncate(0)

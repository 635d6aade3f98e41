"""What is told but not delivered yet: lines on disk that outlive the process, read in order."""

import os
import threading
from pathlib import Path

from tracking.lines import LineFile


class Spool:
    """A queue of lines in the file `path`: one thread appends, one reads; delivered lines go away.

    The file is emptied whenever everything is delivered. A killed process may leave delivered lines in it, so
    whoever reads them must bear to be told twice.
    """

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)
        self._lock = threading.Lock()
        self._delivered_bytes = 0

    @property
    def path(self) -> Path:
        return self._file.path

    def append(self, line: str) -> None:
        """Keeps `line` on disk. Raises OSError when the disk is full."""
        with self._lock:
            self._file.append(line)

    def read(self, *, limit: int) -> list[bytes]:
        """The oldest undelivered lines, at most `limit`."""
        return self._file.read(self._delivered_bytes, limit=limit)

    def delivered(self, size_bytes: int) -> None:
        """The oldest `size_bytes` (of whole lines) are delivered."""
        with self._lock:
            self._delivered_bytes += size_bytes
            if self._delivered_bytes == self._file.size_bytes():
                self._file.empty()
                self._delivered_bytes = 0

    def is_empty(self) -> bool:
        with self._lock:
            return self._file.size_bytes() == self._delivered_bytes

    def close(self) -> None:
        """Keeps only what is undelivered; without any, no file is left."""
        with self._lock:
            if self._file.size_bytes() == 0:
                self.path.unlink(missing_ok=True)
            elif self._delivered_bytes:
                self._rewrite()
            self._file.close()

    def _rewrite(self) -> None:
        kept = self.path.with_suffix(".part")
        with self.path.open("rb") as source, kept.open("wb") as target:
            source.seek(self._delivered_bytes)
            while chunk := source.read(1 << 20):
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        kept.replace(self.path)

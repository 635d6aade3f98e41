"""A file of lines that is only appended to. A line that a killed process left half written is cut off."""

import os
from contextlib import suppress
from pathlib import Path


class LineFile:
    """Appends whole lines to `path`, each with one write, so that a reader never sees one half done."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        _cut_torn_line(self._descriptor)

    def append(self, line: str) -> None:
        """Writes `line` and its end. Raises OSError (disk full), leaving whole lines only."""
        data = line.encode("utf-8", "replace") + b"\n"
        before = os.fstat(self._descriptor).st_size
        try:
            if os.write(self._descriptor, data) < len(data):
                raise OSError(f"{self.path}: the disk is full")
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._descriptor, before)
            raise

    def read(self, offset: int, *, limit: int) -> list[bytes]:
        """At most `limit` whole lines from byte `offset`, line ends included."""
        lines: list[bytes] = []
        with self.path.open("rb") as file:
            file.seek(offset)
            while len(lines) < limit and (line := file.readline()).endswith(b"\n"):
                lines.append(line)
        return lines

    def size_bytes(self) -> int:
        return os.fstat(self._descriptor).st_size

    def empty(self) -> None:
        os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _cut_torn_line(descriptor: int) -> None:
    """Shortens the file to the end of its last whole line."""
    size = end = os.fstat(descriptor).st_size
    step = 65_536
    while end:
        start = max(0, end - step)
        place = os.pread(descriptor, end - start, start).rfind(b"\n")
        if place >= 0:
            end = start + place + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)

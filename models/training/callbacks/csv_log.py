"""The trial's history as a CSV file that grows with every epoch."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras

from models.files import write_text
from models.training.life import Life


class CsvLog(keras.callbacks.Callback):  # type: ignore[misc]
    """One line an epoch: the epoch from 1, then the metrics.

    When training begins the file is written anew from the history, so a resumed trial has no epoch twice and
    none that its checkpoint does not know. After that, whole lines are added.
    """

    def __init__(self, life: Life, path: Path) -> None:
        super().__init__()
        self._life = life
        self._path = path

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        history = self._life.history
        lines: list[list[Any]] = [["epoch", *row] for row in history[:1]]
        lines += [[i, *row.values()] for i, row in enumerate(history, start=1)]
        write_text(self._path, _text(lines))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = self._life.history[-1]
        lines: list[list[Any]] = [["epoch", *row]] if self._life.epoch == 1 else []
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(_text([*lines, [self._life.epoch, *row.values()]]))


def _text(lines: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue()

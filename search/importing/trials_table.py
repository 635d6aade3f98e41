"""A CSV table with one trial a line: a study's own `leaderboard.csv`, Optuna's `trials_dataframe`, or any other."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from search.importing.source import FAILED, NO_OBJECTIVE, NOT_FINISHED, Source, SourceError, SourceTrial

_SCORES = ("objective", "value")
_PREFIX = "params_"
_OWN = frozenset(
    {"place", "trial", "number", "objective", "value", "state", "reason", "best_epoch", "epochs", "seconds"}
)
_COMPLETE = ("", "COMPLETE", "COMPLETED", "FINISHED")
_CUT = ("PRUNED", "PAUSED")
_FAILED = ("FAIL", "FAILED", "INVALID")


def read_table(path: Path, *, metric: str) -> Source:
    """The trials of the table at `path`: parameters are its columns `params_*`, or all that are not known otherwise.

    metric: the column of this name is taken for the objective, else `objective` or `value`. Raises: SourceError.
    """
    columns, rows = _rows(path)
    scores = [name for name in (metric, *_SCORES) if name in columns]
    if not scores:
        raise SourceError(f"{path} has no column `{metric}`, `objective` or `value`", "name the objective's column so")
    score = scores[0]
    prefixed = [name for name in columns if name.startswith(_PREFIX)]
    params = prefixed or [name for name in columns if name not in _OWN and name != metric]
    left_out: Counter[str] = Counter()
    trials: list[SourceTrial] = []
    for row in rows:
        state = row.get("state", "").upper()
        value = _number(row[score])
        if state not in (*_COMPLETE, *_CUT):
            left_out[FAILED if state in _FAILED else NOT_FINISHED] += 1
        elif value is None:
            left_out[NO_OBJECTIVE] += 1
        else:
            trials.append(
                SourceTrial(
                    {name.removeprefix(_PREFIX): row[name] for name in params if row[name] != ""},
                    {metric: value} if score == metric else {},
                    score=value,
                    epochs=int(_number(row.get("epochs", "")) or 0),
                    cut=state in _CUT,
                )
            )
    return Source(f"the table {path}", tuple(trials), score_name=f"its column `{score}`", left_out=left_out)


def _rows(path: Path) -> tuple[Sequence[str], Sequence[Mapping[str, str]]]:
    """The columns and the lines by column; cells that are missing are empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            rows = [{name: row[name] or "" for name in row if name} for row in reader]
            columns = [name for name in reader.fieldnames or () if name]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read ({error})", "give a CSV file with a line of names") from error
    return columns, rows


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

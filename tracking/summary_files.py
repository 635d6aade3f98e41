"""A study's summary as files for people: leaderboard, plots, ensemble, counts. Knows no store."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracking import plots
from tracking.events import plain
from tracking.pareto_plot import pareto
from tracking.values import StudyInfo, StudySummary


def write(summary: StudySummary, info: StudyInfo, folder: Path) -> tuple[Path, ...]:
    """Writes what there is of `summary` into `folder`; the files."""
    board = folder / "leaderboard.csv"
    write_table(summary.leaderboard, board)
    trials = plots.points(summary.leaderboard)
    picture = plots.history(trials, summary.best_so_far, objective=info.objective, direction=info.direction)
    files = [board, plots.save(picture, folder / "history.png")]
    ranked = sorted(info.parameters, key=lambda name: -summary.importances.get(name, 0.0))
    shown = [name for name in ranked if any(row.get(name) is not None for row in summary.leaderboard)]
    if shown:
        cuts = plots.slices(summary.leaderboard, shown, objective=info.objective, direction=info.direction)
        files.append(plots.save(cuts, folder / "slices.png"))
    if info.further:
        files += _front(summary, info, folder)
    if summary.importances:
        files.append(plots.save(plots.importances(summary.importances), folder / "importances.png"))
        files.append(_write_json(summary.importances, folder / "importances.json"))
    if summary.ensemble:
        files.append(_write_json(summary.ensemble, folder / "ensemble.json"))
    if summary.confirmed:
        files.append(_write_json(summary.confirmed, folder / "confirmed.json"))
    files.append(_write_json(summary.counts, folder / "counts.json"))
    return tuple(files)


def _front(summary: StudySummary, info: StudyInfo, folder: Path) -> tuple[Path, Path]:
    """The trials on the Pareto front, and the picture of it among all others."""
    members = folder / "front.csv"
    write_table([row for row in summary.leaderboard if row.get("rank") == 1], members)
    named = {"objective": info.objective, "direction": info.direction}
    picture = pareto(summary.leaderboard, **named, further=info.further)
    return members, plots.save(picture, folder / "pareto.png")


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """`rows` as CSV; the columns are all keys, in the order in which they first appear."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        table.writerows({key: plain(value) for key, value in row.items()} for row in rows)


def _write_json(value: Mapping[str, Any], path: Path) -> Path:
    path.write_text(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path

"""The Pareto front as a PNG file: the first objective over each of the others. Knows no store."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracking.plots import BEST, INK, STATES, canvas, limit, points

ACROSS = 3
_WIDE = 50
"""A range whose ends are so many times apart is drawn on a log scale."""
Row = Mapping[str, Any]
Further = Sequence[tuple[str, str]]
"""The objectives after the first, as (name, direction)."""


def pareto(leaderboard: Sequence[Row], *, objective: str, direction: str, further: Further) -> Figure:
    """All trials that have every objective; the front's members stand out, and a line joins those of them that no other
    dominates in the two objectives that a picture shows."""
    rows = [row for row in leaderboard if points([row]) and all(_is_number(row.get(name)) for name, _ in further)]
    front = [row for row in rows if _is_on_front(row)]
    across = min(ACROSS, max(1, len(further)))
    down = max(1, -(-len(further) // across))
    figure, grid = canvas(max(5.0, 3.9 * across) + 0.4, 3.9 * down + 0.4, down=down, across=across)
    for (name, goal), axes in zip(further, grid, strict=False):
        _draw(axes, rows, name)
        best = staircase([(float(row[name]), float(row["objective"])) for row in front], (goal, direction))
        if best:
            steps = "steps-post" if goal == "min" else "steps-pre"
            axes.plot(*zip(*best, strict=True), drawstyle=steps, color=BEST, linewidth=1.4, alpha=0.7, zorder=2)
        axes.set_xlabel(f"{name} ({goal})")
    for axes in grid[len(further) :]:
        axes.set_visible(False)
    outside = _limit(grid[0], rows, front, direction)
    title = f"Pareto front: {len(front)} of {len(rows)} trials"
    title += f"   ({outside} far worse ones are outside the picture)" if outside else ""
    figure.suptitle(title, x=0.02, ha="left", color=INK, fontsize=12)
    figure.supylabel(f"{objective} ({direction})", color=INK, fontsize=10)
    if grid[0].get_legend_handles_labels()[0]:
        shown = grid[0].get_legend_handles_labels()
        figure.legend(*shown, frameon=False, ncols=4, loc="outside lower center", fontsize=9, handletextpad=0.3)
    return figure


def staircase(pairs: Sequence[tuple[float, float]], directions: tuple[str, str]) -> list[tuple[float, float]]:
    """Those of the pairs (x, y) that no other dominates, by rising x; `directions` are those of x and y."""
    sign_x, sign_y = (-1.0 if direction == "max" else 1.0 for direction in directions)
    found: list[tuple[float, float]] = []
    for x, y in sorted(set(pairs), key=lambda pair: (sign_x * pair[0], sign_y * pair[1])):
        if not found or sign_y * y < sign_y * found[-1][1]:
            found.append((x, y))
    return sorted(found)


def _limit(axes: Axes, rows: Sequence[Row], front: Sequence[Row], direction: str) -> int:
    """Leaves far worse trials out of the picture, and none of the front; how many are outside."""
    values, members = ([float(row["objective"]) for row in some] for some in (rows, front))
    if not limit(axes, values, [], direction):
        return 0
    low, high = axes.get_ylim()
    margin = 0.04 * (high - low)
    low, high = min([low, *(value - margin for value in members)]), max([high, *(value + margin for value in members)])
    axes.set_ylim(low, high)
    return sum(not low <= value <= high for value in values)


def _draw(axes: Axes, rows: Sequence[Row], name: str) -> None:
    for state, (colour, marker, word) in STATES.items():
        own = [row for row in rows if str(row.get("state", "COMPLETE")) == state and not _is_on_front(row)]
        _scatter(axes, own, name, {"s": 26, "c": colour, "marker": marker, "alpha": 0.55, "label": word, "zorder": 3})
    front = [row for row in rows if _is_on_front(row)]
    _scatter(axes, front, name, {"s": 48, "c": BEST, "marker": "o", "label": "on the front", "zorder": 4})
    values = [float(row[name]) for row in rows]
    if values and min(values) > 0 and max(values) >= _WIDE * min(values):
        axes.set_xscale("log")
        axes.tick_params(which="minor", length=0)


def _scatter(axes: Axes, rows: Sequence[Row], name: str, look: Mapping[str, Any]) -> None:
    if rows:
        x, y = [float(row[name]) for row in rows], [float(row["objective"]) for row in rows]
        axes.scatter(x, y, linewidths=0.6, edgecolors="white", **look)


def _is_on_front(row: Row) -> bool:
    return row.get("rank") == 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))

"""Pictures of a study as PNG files: history, importances of the parameters, slices. Knows no store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK = "#22303c"
QUIET = "#8595a3"
GRID = "#e6ebef"
BEST = "#d1495b"
STATES = {
    "COMPLETE": ("#2a6f97", "o", "complete"),
    "PRUNED": ("#f2a65a", "D", "pruned"),
    "FAILED": ("#8595a3", "X", "failed"),
}
MOST_BARS = 15
MOST_SLICES = 9


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One trial of the history plot."""

    number: int
    objective: float
    state: str


def points(leaderboard: Sequence[Mapping[str, Any]]) -> tuple[TrialPoint, ...]:
    """The rows that have a finite `objective`, with their `trial` and `state`, by trial number."""
    found = []
    for row in leaderboard:
        try:
            point = TrialPoint(int(row["trial"]), float(row["objective"]), str(row.get("state", "COMPLETE")))
        except (KeyError, TypeError, ValueError):
            continue
        if np.isfinite(point.objective):
            found.append(point)
    return tuple(sorted(found, key=lambda point: point.number))


def history(
    trials: Sequence[TrialPoint], best_so_far: Sequence[tuple[int, float]], *, objective: str, direction: str
) -> Figure:
    """Every trial's objective over its number, and the best so far as a line."""
    figure, (axes,) = canvas(8.0, 4.2)
    for state, (colour, marker, word) in STATES.items():
        own = [point for point in trials if point.state == state]
        if own:
            x, y = [point.number for point in own], [point.objective for point in own]
            axes.scatter(x, y, s=30, c=colour, marker=marker, linewidths=0.6, edgecolors="white", label=word, zorder=3)
    if best_so_far:
        numbers, values = zip(*best_so_far, strict=True)
        axes.plot(numbers, values, drawstyle="steps-post", color=BEST, linewidth=2, label="best so far", zorder=2)
    outside = limit(axes, [point.objective for point in trials], [value for _, value in best_so_far], direction)
    axes.set_title(_history_title(best_so_far, objective), loc="left", color=INK, fontsize=12, pad=12)
    axes.set_xlabel("trial" if not outside else f"trial   ({outside} far worse ones are outside the picture)")
    axes.set_ylabel(objective)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1.0), fontsize=9, handletextpad=0.3)
    return figure


def importances(shares: Mapping[str, float]) -> Figure:
    """The parameters' shares as bars, the greatest on top."""
    ranked = sorted(shares.items(), key=lambda item: item[1], reverse=True)[:MOST_BARS]
    figure, (axes,) = canvas(8.0, 1.3 + 0.32 * max(len(ranked), 2))
    names, values = [name for name, _ in ranked], [float(value) for _, value in ranked]
    axes.barh(range(len(ranked)), values, height=0.62, color=STATES["COMPLETE"][0], zorder=3)
    axes.set_yticks(range(len(ranked)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, max([*values, 1e-9]) * 1.12)
    for place, value in enumerate(values):
        axes.annotate(
            f"{value:.2f}",
            (value, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.grid(axis="y", visible=False)
    axes.set_title("importance of each parameter", loc="left", color=INK, fontsize=12, pad=10)
    return figure


def slices(
    leaderboard: Sequence[Mapping[str, Any]], parameters: Sequence[str], *, objective: str, direction: str
) -> Figure:
    """The objective over each of the first parameters that vary, one small picture each."""
    shown = list(parameters)[:MOST_SLICES]
    across = min(3, max(1, len(shown)))
    down = max(1, -(-len(shown) // across))
    figure, grid = canvas(3.1 * across + 0.4, 2.5 * down + 0.2, down=down, across=across)
    for name, axes in zip(shown, grid, strict=False):
        _slice(axes, leaderboard, name)
    limit(grid[0], [point.objective for point in points(leaderboard)], [], direction)
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    figure.supylabel(objective, color=INK, fontsize=10)
    return figure


def _slice(axes: Axes, leaderboard: Sequence[Mapping[str, Any]], name: str) -> None:
    rows = [row for row in leaderboard if row.get(name) is not None]
    values = [row[name] for row in rows]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    words = sorted({_word(value) for value in values})
    for state, (colour, marker, _) in STATES.items():
        own = [row for row in rows if str(row.get("state", "COMPLETE")) == state and points([row])]
        if own:
            x = [row[name] if numbers else words.index(_word(row[name])) for row in own]
            y = [float(row["objective"]) for row in own]
            axes.scatter(x, y, s=22, c=colour, marker=marker, linewidths=0.5, edgecolors="white", zorder=3)
    if not numbers:
        axes.set_xticks(range(len(words)), words)
        axes.set_xlim(-0.5, max(len(words) - 0.5, 0.5))
    elif values and min(values) > 0 and max(values) >= 50 * min(values):
        axes.set_xscale("log")
        axes.tick_params(which="minor", length=0)
    elif all(isinstance(value, int) for value in values):
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_title(name, loc="left", color=INK, fontsize=10)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=150, facecolor="white")
    return path


def canvas(width: float, height: float, *, down: int = 1, across: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure without pyplot, whose state is global and not for threads."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = list(figure.subplots(down, across, squeeze=False, sharey=True).flat)
    for axes in grid:
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(QUIET)
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(colors=INK, labelsize=9, length=0)
        axes.xaxis.label.set_color(INK)
        axes.yaxis.label.set_color(INK)
    return figure, grid


def _history_title(best_so_far: Sequence[tuple[int, float]], objective: str) -> str:
    if not best_so_far:
        return f"{objective}: no trial has finished"
    value = best_so_far[-1][1]
    number = next(number for number, best in best_so_far if best == value)
    return f"{objective} {value:.5g}, trial {number}"


def limit(axes: Axes, values: Sequence[float], best: Sequence[float], direction: str) -> int:
    """Keeps a few diverged trials from flattening the picture; how many are outside."""
    if not values:
        return 0
    goods = np.asarray(values, dtype=float) * (1 if direction == "max" else -1)
    top = max(goods.max(), *(np.asarray(best) * (1 if direction == "max" else -1)), goods.max())
    middle = float(np.median(goods))
    floor = max(float(goods.min()), top - 6 * max(top - middle, 1e-12))
    if floor <= goods.min():
        return 0
    margin = 0.06 * (top - floor)
    ends = (floor - margin, top + margin) if direction == "max" else (-top - margin, -floor + margin)
    axes.set_ylim(*ends)
    return int((goods < floor).sum())

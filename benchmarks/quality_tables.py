"""Tables of search quality, from the results that `search_quality` keeps. Runs nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

TRAININGS = (1, 2, 5, 10, 20, 50, 100)
YARDSTICK, YARDSTICK_AT = "optuna tpe + median", 50

Results = Sequence[Mapping[str, Any]]


def regret_at(result: Mapping[str, Any], trainings: np.ndarray) -> np.ndarray:
    """Regret (n,) after so many full trainings' worth of epochs; NaN before the first epoch."""
    place = np.searchsorted(result["epochs"], trainings * result["max_epochs"], side="right") - 1
    return np.where(place >= 0, np.array(result["regret"])[np.maximum(place, 0)], np.nan)


def print_all(results: Results) -> None:
    """For each set and number of workers: regret, ranks, and epochs to reach the yardstick."""
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for result in results:
        groups[result["instance"]["set"], result["workers"]].append(result)
    for (name, workers), found in groups.items():
        pairs = {(r["instance"]["name"], r["seed"]) for r in found}
        print(f"\n## {name}, {workers} worker{'s' * (workers > 1)}: {len({p[0] for p in pairs})} instances, "
              f"{len({p[1] for p in pairs})} seeds")  # fmt: skip
        print_group(found)


def print_group(results: Results) -> None:
    """Mean regret and mean rank at each budget, a line a strategy, and how soon it reaches the yardstick."""
    budgets = np.array([t for t in TRAININGS if t <= min(r["trainings"] for r in results)])
    names = list(dict.fromkeys(r["strategy"] for r in results))
    table = {name: _by_pair(results, name, budgets) for name in names}
    ranks = _mean_ranks(table)
    head = " | ".join(map(str, budgets))
    print(f"\n| regret after trainings | {head} | ms a trial | | rank {head} | speed |")
    print("|---" * (2 * len(budgets) + 4) + "|")
    for name in names:
        regret = np.mean(list(table[name].values()), axis=0)
        own = [r for r in results if r["strategy"] == name]
        cost = 1000 * sum(r["cpu"] for r in own) / sum(r["trials"] for r in own)
        cells = [name, *(f"{x:.1f}" for x in regret), f"{cost:.0f}", "", *(f"{x:.1f}" for x in ranks[name])]
        print("| " + " | ".join([*cells, _speed(results, name)]) + " |")


def _by_pair(results: Results, name: str, budgets: np.ndarray) -> dict[tuple[str, int], np.ndarray]:
    own = (r for r in results if r["strategy"] == name)
    return {(r["instance"]["name"], r["seed"]): regret_at(r, budgets) for r in own}


def _mean_ranks(table: Mapping[str, Mapping[Any, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean place (n_budgets,) of each strategy among all, over instances and seeds; ties share."""
    names = list(table)
    pairs = set.intersection(*(set(table[name]) for name in names))
    values = np.array([[table[name][pair] for name in names] for pair in sorted(pairs)])
    ranks = rankdata(values, axis=1).mean(axis=0)
    return dict(zip(names, ranks, strict=True))


def _speed(results: Results, name: str) -> str:
    """How many times fewer epochs than the yardstick's 50 trainings `name` takes to reach its mean regret there."""
    yardstick = [r for r in results if r["strategy"] == YARDSTICK]
    if not yardstick or min(r["trainings"] for r in results) < YARDSTICK_AT:
        return "-"
    target = float(np.mean([regret_at(r, np.array([YARDSTICK_AT])) for r in yardstick]))
    fine = np.linspace(0.2, min(r["trainings"] for r in results), 500)
    curve = np.nanmean([regret_at(r, fine) for r in results if r["strategy"] == name], axis=0)
    reached = np.flatnonzero(curve <= target)
    return f"{YARDSTICK_AT / fine[reached[0]]:.1f}x" if len(reached) else "never"

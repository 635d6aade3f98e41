"""What repeats of the best configurations say: mean and spread over seeds, and who can be told apart. Pure arithmetic.

The objective for which a trial was chosen is not part of its mean: the best of many trials was lucky as well as good.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from models.objective import Direction
from search.pruning.wilcoxon import WilcoxonPruner
from search.study import Cause, Outcome, Suggestion

ERRORS_APART = 2.0
"""Two means are told apart when they differ by more than so many standard errors of their difference."""


class Trained(Protocol):
    """A trial, running or recorded."""

    @property
    def suggestion(self) -> Suggestion: ...

    @property
    def outcome(self) -> Outcome | None: ...


@dataclass(frozen=True, slots=True)
class Finalist:
    """A configuration that was trained again: the trial that found it, its objective, and those of its repeats.

    values: objective by round; all finalists have the same seed in a round. lost: repeats that ended without one.
    """

    number: int
    first: float
    values: Mapping[int, float] = field(default_factory=dict)
    lost: tuple[str, ...] = ()

    @property
    def seeds(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float:
        """Over the repeats; NaN without one."""
        return statistics.fmean(self.values.values()) if self.values else math.nan

    @property
    def std(self) -> float | None:
        """The sample's standard deviation (n - 1); None for fewer than two."""
        return statistics.stdev(self.values.values()) if len(self.values) > 1 else None

    @property
    def text(self) -> str:
        """Mean, spread, and over how many seeds."""
        spread = "" if self.std is None else f" ± {self.std:.4f}"
        return f"{self.mean:.4f}{spread} ({_seeds(self.seeds)})"

    def to_json(self) -> dict[str, Any]:
        low, high = min(self.values.values()), max(self.values.values())
        spread = {"mean": self.mean, "std": self.std, "low": low, "high": high, "seeds": self.seeds}
        return {"trial": self.number, **spread, "first": self.first, "failed_repeats": len(self.lost)}


def counts(outcome: Outcome) -> bool:
    """Whether a repeat with this end has been made: one that was cut, because the study ended, is made again."""
    return outcome.cause is not Cause.BUDGET


def finalist(first: Trained, repeats: Iterable[Trained]) -> Finalist:
    """What `repeats` say of the configuration of trial `first`, which has an objective."""
    assert first.outcome is not None
    assert first.outcome.objective is not None
    values: dict[int, float] = {}
    lost = []
    for trial in repeats:
        repeat, outcome = trial.suggestion.repeat, trial.outcome
        assert repeat is not None
        if outcome is None or not counts(outcome):
            continue
        if outcome.objective is not None and math.isfinite(outcome.objective):
            values[repeat.round] = outcome.objective
        else:
            lost.append(f"trial {trial.suggestion.number}: {outcome.reason or outcome.cause.value}")
    return Finalist(first.suggestion.number, first.outcome.objective, values, tuple(lost))


def finalists(trials: Iterable[Trained], direction: Direction) -> tuple[Finalist, ...]:
    """Every configuration that has a repeat with an objective, best mean first, ties to the earlier trial."""
    known, repeats = {}, defaultdict(list)
    for trial in trials:
        known[trial.suggestion.number] = trial
        if trial.suggestion.repeat is not None:
            repeats[trial.suggestion.repeat.of].append(trial)
    found = [finalist(known[number], again) for number, again in repeats.items()]
    return ranked([one for one in found if one.values], direction)


def ranked(found: Sequence[Finalist], direction: Direction) -> tuple[Finalist, ...]:
    sign = -1.0 if direction is Direction.MAXIMIZE else 1.0
    return tuple(sorted(found, key=lambda one: (sign * one.mean, one.number)))


def dropped(found: Sequence[Finalist], direction: Direction, *, p_threshold: float) -> dict[int, str]:
    """Who needs no further seeds to be told from the leader, and why, by trial number."""
    leader = next(iter(ranked([one for one in found if one.values], direction)), None)
    if leader is None:
        return {}
    pruner, name = WilcoxonPruner(direction, p_threshold), f"trial {leader.number}"
    decisions = {one.number: pruner.decide(one.values, leader.values, name=name) for one in found}
    return {number: decision.reason for number, decision in decisions.items() if decision.reason}


def verdict(found: Sequence[Finalist], direction: Direction) -> str:
    """Whether the first two can be told apart, in a sentence; empty for fewer than two."""
    if len(found) < 2:
        return ""
    first, second = found[:2]
    shared = sorted(first.values.keys() & second.values.keys())
    names = f"trials {first.number} and {second.number}"
    if len(shared) < 2:
        return f"{names} cannot be told apart: it takes two seeds at least that both have"
    sign = 1.0 if direction is Direction.MAXIMIZE else -1.0
    ahead = [sign * (first.values[r] - second.values[r]) for r in shared]
    gap, error = statistics.fmean(ahead), statistics.stdev(ahead) / math.sqrt(len(ahead))
    told = f"over {_seeds(len(shared))} they differ by {abs(gap):.2g}, with a standard error of {error:.2g}"
    if gap > ERRORS_APART * error:
        return f"trial {first.number} is better than trial {second.number}: {told}"
    return f"{names} cannot be told apart: {told}"


def table(found: Sequence[Finalist]) -> list[tuple[str, ...]]:
    """The finalists as rows of text, with a heading, for people."""
    lines: list[tuple[str, ...]] = [("trial", "mean ± std", "seeds", "lowest", "highest", "in the search")]
    for one in found:
        spread = "" if one.std is None else f" ± {one.std:.4f}"
        low, high = min(one.values.values()), max(one.values.values())
        lines.append((
            str(one.number), f"{one.mean:.4f}{spread}", str(one.seeds), f"{low:.4f}", f"{high:.4f}", f"{one.first:.4f}"
        ))  # fmt: skip
    return lines


def sentences(found: Sequence[Finalist], direction: Direction, *, p_threshold: float) -> list[str]:
    """What is to be said beside the table: who can be told apart, who got no further seeds, which repeats failed."""
    lines = [verdict(found, direction)]
    against = dropped(found, direction, p_threshold=p_threshold)
    most = max((one.seeds + len(one.lost) for one in found), default=0)
    for one in found:
        if one.number in against and one.seeds + len(one.lost) < most:
            lines.append(f"trial {one.number} got no further seeds: {against[one.number]}")
        lines += [f"no objective of a repeat of trial {one.number}: {why}" for why in one.lost]
    return [line for line in lines if line]


def to_json(found: Sequence[Finalist], direction: Direction) -> dict[str, Any]:
    """For a tracker; empty where nothing was confirmed."""
    return {"verdict": verdict(found, direction), "finalists": [one.to_json() for one in found]} if found else {}


def _seeds(count: int) -> str:
    return f"{count} seed{'' if count == 1 else 's'}"

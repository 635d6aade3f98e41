"""The objective of a study, read from the trials of an earlier search."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.objective import Direction, Objective
from search.importing.source import Source, SourceError, SourceTrial
from spaces.problems import did_you_mean

_WORDS = {Direction.MAXIMIZE: "maximized", Direction.MINIMIZE: "minimized"}


@dataclass(frozen=True, slots=True)
class Read:
    """The objective of one trial, the epochs that it was trained (0 when not known), and its values by epoch."""

    objective: float
    epochs: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the objective is read: from the metric of its name, or from what the search had for its own.

    metric: the name in the source; None for its score. is_score: whether both are the same number.
    """

    objective: Objective
    metric: str | None
    is_score: bool = True
    note: str = ""

    def of(self, trial: SourceTrial) -> Read | None:
        """What `trial` has reached; None without a finite number."""
        if self.metric is None:
            value, values = trial.score, trial.score_curve
        else:
            values = trial.curves.get(self.metric, ())
            value = trial.metrics.get(self.metric)
            if values:
                value, _ = self.objective.read([{self.objective.metric: v} for v in values])
            elif self.is_score:
                values = trial.score_curve
        if value is None or not math.isfinite(value):
            return None
        return Read(value, max(trial.epochs, len(values)), values)


def reading(source: Source, objective: Objective) -> Reading:
    """How the objective is read from the trials of `source`.

    Raises: SourceError when nothing stands for it, or what does improves the other way.
    """
    names = {name for trial in source.trials for name in {**trial.metrics, **trial.curves}}
    scored = any(trial.score is not None for trial in source.trials)
    if objective.metric in names:
        return Reading(objective, objective.metric, is_score=source.score_name == objective.metric)
    if scored:
        return _other(source, objective, None, source.score_name)
    if len(names) == 1:
        (name,) = names
        return _other(source, objective, name, f"`{name}`")
    mend = did_you_mean(objective.metric, names) if names else "import a search that has finished trials"
    raise SourceError(f"{source.label} has no metric `{objective.metric}`, the objective", mend)


def _other(source: Source, objective: Objective, metric: str | None, shown: str) -> Reading:
    """The objective under another name. Raises: SourceError when it improves the other way."""
    if source.direction is not None and source.direction is not objective.direction:
        raise SourceError(
            f"{source.label} {_WORDS[source.direction]} {shown}, and {objective.metric} is to be "
            f"{_WORDS[objective.direction]}: they are not the same number",
            f"import a search that has {objective.metric}, or change the objective",
        )
    note = f"{shown} of {source.label} is taken for {objective.metric} ({objective.direction.value})"
    return Reading(objective, metric, is_score=metric is None, note=note)


def differences(source: Source, here: Mapping[str, object]) -> list[str]:
    """What was fixed in the earlier search and is fixed at another value here, as sentences."""
    return [
        f"{name} was {source.fixed[name]} there and is {here[name]} here"
        for name in sorted(source.fixed.keys() & here.keys())
        if source.fixed[name] != here[name]
    ]

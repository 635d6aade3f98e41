"""A project folder of KerasTuner, read as JSON: KerasTuner is not needed."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.objective import Direction
from search.importing.source import FAILED, NO_OBJECTIVE, NOT_FINISHED, Source, SourceError, SourceTrial, plain

ORACLE = "oracle.json"
_OWN = "tuner/"
"""Begins the names of what KerasTuner keeps among the hyperparameters for itself."""
_EPOCHS = "tuner/epochs"
_FAILED = ("FAILED", "INVALID")


def read_project(folder: Path) -> Source:
    """The finished trials of the project in `folder`. A trial's file that is no whole JSON is left out with a note.

    Raises: SourceError for a folder without trials.
    """
    files = sorted(folder.glob("trial_*/trial.json"), key=lambda path: (len(path.parent.name), path.parent.name))
    if not files:
        raise SourceError(
            f"{folder} has no trials: no trial_*/trial.json is there",
            "name the project folder itself, beside oracle.json",
        )
    stored: list[Mapping[str, Any]] = []
    notes: list[str] = []
    for path in files:
        try:
            trial = json.loads(path.read_text(encoding="utf-8"))
            _ = trial["hyperparameters"]["values"], trial["status"]
        except (ValueError, KeyError, TypeError) as error:
            notes.append(f"{path} is passed over: it cannot be read ({error})")
            continue
        stored.append(trial)
    left_out: Counter[str] = Counter()
    finished: list[Mapping[str, Any]] = []
    for trial in stored:
        reason = _why_not(trial)
        if reason is None:
            finished.append(trial)
        else:
            left_out[reason] += 1
    longest = max((_planned(trial) for trial in finished), default=0)
    return Source(
        f"the KerasTuner project {folder}",
        tuple(_trial(trial, longest) for trial in finished),
        score_name="the score",
        direction=_direction(finished),
        left_out=left_out,
        notes=tuple(notes),
    )


def _why_not(trial: Mapping[str, Any]) -> str | None:
    if trial["status"] in _FAILED:
        return FAILED
    if trial["status"] != "COMPLETED":
        return NOT_FINISHED
    return NO_OBJECTIVE if trial.get("score") is None else None


def _planned(trial: Mapping[str, Any]) -> int:
    """The epochs that Hyperband gave a trial; 0 under other tuners."""
    return int(trial["hyperparameters"]["values"].get(_EPOCHS, 0))


def _trial(trial: Mapping[str, Any], longest: int) -> SourceTrial:
    metrics = _metrics(trial)
    curves = {name: tuple(value for _, value in steps) for name, steps in metrics.items() if _is_curve(steps)}
    return SourceTrial(
        {k: plain(v) for k, v in trial["hyperparameters"]["values"].items() if not k.startswith(_OWN)},
        {name: _at(steps, trial.get("best_step")) for name, steps in metrics.items()},
        curves,
        score=float(trial["score"]),
        epochs=_planned(trial) or max(map(len, curves.values()), default=0),
        cut=0 < _planned(trial) < longest,
    )


def _metrics(trial: Mapping[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """(step, mean over executions) of every metric, by rising steps."""
    found: dict[str, list[tuple[int, float]]] = {}
    for name, metric in trial.get("metrics", {}).get("metrics", {}).items():
        steps = [(int(o["step"]), _mean(o["value"])) for o in metric.get("observations", ()) if o["value"]]
        if steps:
            found[name] = sorted(steps)
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(map(float, values)) / len(values)


def _is_curve(steps: Sequence[tuple[int, float]]) -> bool:
    """Whether the steps are epochs, one after the other from the first."""
    return len(steps) > 1 and [step for step, _ in steps] == list(range(steps[0][0], steps[0][0] + len(steps)))


def _at(steps: Sequence[tuple[int, float]], best: int | None) -> float:
    return dict(steps).get(best if best is not None else -1, steps[-1][1])


def _direction(trials: Sequence[Mapping[str, Any]]) -> Direction | None:
    """The direction of the metric that the score is a value of; None when no metric has that value."""
    for trial in trials:
        for name, steps in _metrics(trial).items():
            said = trial["metrics"]["metrics"][name].get("direction")
            if said in ("min", "max") and any(value == trial["score"] for _, value in steps):
                return Direction(said)
    return None

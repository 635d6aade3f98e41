"""A study to tell: the same small events for every tracker's tests."""

from dataclasses import replace
from pathlib import Path

from tracking.values import EpochRow, StudyInfo, StudySummary, TrialInfo, TrialResult


def study(folder: Path, *, name: str = "digits", **tags: str) -> StudyInfo:
    folder.mkdir(parents=True, exist_ok=True)
    names = ("learning_rate", "optimizer", "momentum")
    return StudyInfo(name, folder, "version: 1\n", "val_accuracy", "max", 7, names, tags)


def study_of_two(folder: Path, *, name: str = "digits") -> StudyInfo:
    """The same study with two objectives."""
    return replace(study(folder, name=name), further=(("params", "min"),))


def summary_of_two() -> StudySummary:
    """Three trials, the first two of which are on the front."""
    values = ((0.75, 100, 1), (0.5, 10, 1), (0.4, 200, 2))
    rows = tuple(
        {"trial": n, "rank": rank, "state": "COMPLETE", "objective": value, "params": size}
        for n, (value, size, rank) in enumerate(values)
    )
    return replace(summary(), leaderboard=rows)


def trial(number: int, *, resumed_from_epoch: int = 0) -> TrialInfo:
    params = {"learning_rate": 1e-3 * (number + 1), "optimizer": "sgd" if number % 2 else "adam"}
    if number % 2:
        params["momentum"] = 0.9
    return TrialInfo(number, params, 11 + number, resumed_from_epoch, "tpe")


def epochs(first: int, last: int) -> list[EpochRow]:
    return [EpochRow(e, {"loss": 1 / e, "val_accuracy": 1 - 1 / e}, 1_000 * e) for e in range(first, last + 1)]


def result(state: str = "COMPLETE", *, files: tuple[Path, ...] = ()) -> TrialResult:
    reason = {"COMPLETE": "epochs", "PRUNED": "below the median", "FAILED": "ValueError: boom"}[state]
    objective = None if state == "FAILED" else 0.75
    return TrialResult(state, reason, objective, 4, 5, 2.5, {"val_accuracy": 0.75}, files)  # type: ignore[arg-type]


def summary(*, finished: bool = True) -> StudySummary:
    rows = ({"trial": 0, "state": "COMPLETE", "objective": 0.75, "learning_rate": 1e-3},)
    best = ((0, 0.75), (1, 0.75))
    ensemble = {"winner": "weighted", "members": [{"number": 0, "weight": 1.0}]}
    return StudySummary(rows, best, {"learning_rate": 0.8}, ensemble, {"complete": 1, "failed": 1}, finished)

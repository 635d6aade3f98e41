"""MLflow trackers on a clock of their own, and what a store holds afterwards."""

from pathlib import Path
from typing import Any

import pytest

from tests.tracking import told
from tracking.mlflow_tracker import MlflowTracker


class Clock:
    """Milliseconds that go on by one second a call."""

    def __init__(self, start_ms: int = 1_000_000) -> None:
        self.now_ms = start_ms

    def __call__(self) -> int:
        self.now_ms += 1_000
        return self.now_ms


def make_tracker(uri: str = "sqlite:///mlflow.db", experiment: str = "digits", **own: Any) -> MlflowTracker:
    own.setdefault("warn", pytest.fail)
    return MlflowTracker(uri, experiment, now_ms=Clock(), **own)


def tell_whole_study(folder: Path, tracker: MlflowTracker) -> None:
    log = folder / "log.csv"
    tracker.study_started(told.study(folder, sampler="tpe"))
    log.write_text("epoch,loss\n")
    for number, state in enumerate(("COMPLETE", "PRUNED", "FAILED")):
        tracker.trial_started(told.trial(number))
        tracker.epochs(number, told.epochs(1, 5))
        tracker.trial_finished(number, told.result(state, files=(log,)))
    tracker.artifact(log, "logs")
    tracker.study_finished(told.summary())
    tracker.close()


def open_store(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(uri)


def runs_of(uri: str, experiment: str = "digits") -> dict[str, Any]:
    """Run name -> run, of one experiment."""
    client = open_store(uri)
    found = client.get_experiment_by_name(experiment)
    return {run.info.run_name: run for run in client.search_runs([found.experiment_id])}


def files_of(uri: str, run: Any, folder: str | None = None) -> set[str]:
    return {file.path for file in open_store(uri).list_artifacts(run.info.run_id, folder)}


def steps_of(uri: str, run: Any, metric: str) -> list[int]:
    return [point.step for point in open_store(uri).get_metric_history(run.info.run_id, metric)]

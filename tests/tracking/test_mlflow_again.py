"""Studies that were interrupted, killed, or told to a store that was away."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.tracking import told
from tests.tracking.told_mlflow import files_of, make_tracker, open_store, runs_of, steps_of, tell_whole_study
from tracking.courier import Pace
from tracking.mlflow_tracker import ENVIRONMENT

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def test_an_interrupted_study_leaves_no_run_running(uri: str, working_directory: Path) -> None:
    tracker = make_tracker()
    tracker.study_started(told.study(working_directory / "study"))
    tracker.trial_started(told.trial(0))
    tracker.epochs(0, told.epochs(1, 2))
    tracker.close()
    runs = runs_of(uri)
    assert {run.info.status for run in runs.values()} == {"KILLED"}
    assert runs["trial-0000"].data.tags["search.reason"] == "interrupted"
    assert runs["digits"].data.tags["search.state"] == "INTERRUPTED"


def test_a_resumed_trial_goes_on_in_its_run_without_epochs_told_twice(uri: str, working_directory: Path) -> None:
    first = make_tracker()
    first.study_started(told.study(working_directory / "study"))
    first.trial_started(told.trial(0))
    first.epochs(0, told.epochs(1, 3))
    first.close()
    before = runs_of(uri)["trial-0000"].info.run_id
    second = make_tracker()
    second.study_started(told.study(working_directory / "study"))
    second.trial_started(told.trial(0, resumed_from_epoch=2))
    later = told.epochs(3, 5)
    second.epochs(0, [type(row)(row.epoch, row.metrics, row.at_ms + 77) for row in later])
    second.trial_finished(0, told.result())
    second.study_finished(told.summary())
    second.close()
    run = runs_of(uri)["trial-0000"]
    assert (run.info.run_id, run.info.status) == (before, "FINISHED")
    assert steps_of(uri, run, "val_accuracy") == [1, 2, 3, 4, 5]
    assert run.data.tags["search.resumed_from_epoch"] == "2"
    assert len(runs_of(uri)) == 2
    assert runs_of(uri)["digits"].info.status == "FINISHED"


def test_a_run_that_a_killed_command_left_is_swept_by_the_next(uri: str, working_directory: Path) -> None:
    first = make_tracker()
    first.study_started(told.study(working_directory / "study"))
    first.trial_started(told.trial(0))
    first.close()
    client, runs = open_store(uri), runs_of(uri)
    for run in runs.values():  # as kill -9 leaves them
        client.update_run(run.info.run_id, status="RUNNING")
    second = make_tracker()
    second.study_started(told.study(working_directory / "study"))
    second.study_finished(told.summary())
    second.close()
    assert runs_of(uri)["trial-0000"].info.status == "KILLED"
    assert runs_of(uri)["digits"].info.status == "FINISHED"


def test_events_that_a_killed_process_may_have_delivered_change_nothing(uri: str, working_directory: Path) -> None:
    folder = working_directory / "study"
    tracker = make_tracker("http://127.0.0.1:9", warn=lambda _: None)
    tell_whole_study(folder, tracker)
    lines = (folder / "mlflow.spool.jsonl").read_bytes()
    for _ in range(2):
        (folder / "mlflow.spool.jsonl").write_bytes(lines)
        again = make_tracker()
        again.study_started(told.study(folder))
        again.study_finished(told.summary())
        again.close()
    runs = runs_of(uri)
    assert len(runs) == 4
    assert steps_of(uri, runs["trial-0000"], "val_accuracy") == [1, 2, 3, 4, 5]
    assert steps_of(uri, runs["trial-0000"], "objective") == [4]
    assert steps_of(uri, runs["digits"], "best_objective") == [0, 1]
    statuses = [runs[name].info.status for name in sorted(runs)]
    assert statuses == ["FINISHED", "FINISHED", "KILLED", "FAILED"]


def test_a_study_with_an_identity_is_found_again_after_its_folder_moved(uri: str, working_directory: Path) -> None:
    for folder in ("before", "after"):
        tracker = make_tracker()
        tracker.study_started(told.study(working_directory / folder, uuid="it's-me"))
        tracker.trial_started(told.trial(0))
        tracker.trial_finished(0, told.result())
        tracker.close()
    assert set(runs_of(uri)) == {"digits", "trial-0000"}


def test_a_file_that_is_no_database_costs_one_warning(working_directory: Path) -> None:
    (working_directory / "other.db").write_text("no database, but long enough to be looked at " * 50)
    warnings: list[str] = []
    tracker = make_tracker("sqlite:///other.db", warn=warnings.append)
    tell_whole_study(working_directory / "study", tracker)
    assert len(warnings) == 1
    assert "other.db cannot be opened (file is not a database)" in warnings[0]


def test_a_dead_server_costs_no_call_and_its_spool_is_sent_to_the_next(uri: str, working_directory: Path) -> None:
    warnings: list[str] = []
    tracker = make_tracker("http://127.0.0.1:9", warn=warnings.append)
    before = time.perf_counter()
    tracker.study_started(told.study(working_directory / "study"))
    for number in range(20):
        tracker.trial_started(told.trial(number))
        for row in told.epochs(1, 20):
            tracker.epochs(number, [row])
        tracker.trial_finished(number, told.result())
    calls = 20 * 22 + 1
    assert time.perf_counter() - before < 1.0, f"{calls} calls"
    tracker.close()
    assert len(warnings) == 1
    assert "http://127.0.0.1:9 does not answer" in warnings[0]
    assert tracker.link() is None
    second = make_tracker()
    second.study_started(told.study(working_directory / "study"))
    second.study_finished(told.summary())
    second.close()
    runs = runs_of(uri)
    assert len(runs) == 21
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    assert steps_of(uri, runs["trial-0019"], "loss") == list(range(1, 21))
    assert not (working_directory / "study" / "mlflow.spool.jsonl").exists()


def test_the_patience_of_mlflow_with_databases_can_be_shortened() -> None:
    """The tracker sets this constant, which is no documented one."""
    from mlflow.store.db import utils

    assert isinstance(utils.MAX_RETRY_COUNT, int)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(port: int, folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.terminate()
        server.wait(60)


@pytest.mark.slow
def test_a_server_that_comes_back_gets_the_whole_study_in_the_same_command(
    working_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (ENVIRONMENT | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}).items():
        monkeypatch.setenv(name, value)
    port, warnings = _free_port(), list[str]()
    uri = f"http://127.0.0.1:{port}"
    tracker = make_tracker(uri, warn=warnings.append, pace=Pace(retry_s=(0.2, 0.2)))
    folder = working_directory / "study"
    tracker.study_started(told.study(folder))
    tracker.trial_started(told.trial(0))
    tracker.epochs(0, told.epochs(1, 5))
    with _server(port, working_directory):
        deadline = time.monotonic() + 120
        while tracker.link() is None and time.monotonic() < deadline:
            tracker.epochs(0, told.epochs(1, 5))
        tracker.trial_finished(0, told.result())
        tracker.study_finished(told.summary())
        tracker.close()
        assert len(warnings) == 1
        runs = runs_of(uri)
        assert {run.info.status for run in runs.values()} == {"FINISHED"}
        assert steps_of(uri, runs["trial-0000"], "val_accuracy") == [1, 2, 3, 4, 5]
        assert "plots" in files_of(uri, runs["digits"])
        assert tracker.link() is not None
        assert tracker.link().startswith(f"{uri}/#/experiments/")  # type: ignore[union-attr]

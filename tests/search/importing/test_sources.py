"""What each reader finds of an earlier search, and what it says of one that it cannot read."""

import csv
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sources import keras_tuner_project, keras_tuner_trial, optuna_study

from models.objective import Direction
from search.importing.keras_tuner_project import read_project
from search.importing.mlflow_experiment import read_experiment
from search.importing.opening import open_source
from search.importing.optuna_study import read_url
from search.importing.source import SourceError
from search.importing.trials_table import read_table

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

VALUES = {"learning_rate": 0.01, "units": 32, "optimizer": "adam", "tuner/epochs": 2, "tuner/bracket": 1}


# ------------------------------------------------------------------------------------------- KerasTuner
def test_a_project_of_keras_tuner_has_its_completed_trials_with_their_curves(tmp_path: Path) -> None:
    whole = keras_tuner_trial(0, {"units": 8}, score=0.7, val_accuracy=[0.5, 0.7], val_loss=[2.0, 1.0])
    failed = keras_tuner_trial(1, {"units": 9}, status="INVALID", score=None)
    running = keras_tuner_trial(2, {"units": 9}, status="RUNNING", score=None)
    source = read_project(keras_tuner_project(tmp_path / "kt", whole, failed, running))
    (trial,) = source.trials
    assert trial.params == {"units": 8}
    assert trial.curves == {"val_accuracy": (0.5, 0.7), "val_loss": (2.0, 1.0)}
    assert (trial.score, trial.epochs, trial.cut) == (0.7, 2, False)
    assert source.direction is Direction.MAXIMIZE
    assert dict(source.left_out) == {"failed": 1, "not finished": 1}


def test_what_hyperband_trained_for_fewer_epochs_counts_as_stopped_early(tmp_path: Path) -> None:
    short = keras_tuner_trial(0, VALUES, val_accuracy=[0.9])
    long = keras_tuner_trial(1, {**VALUES, "tuner/epochs": 9}, val_accuracy=[0.9])
    trials = read_project(keras_tuner_project(tmp_path / "kt", short, long)).trials
    assert [(t.epochs, t.cut) for t in trials] == [(2, True), (9, False)]
    assert trials[0].params == {"learning_rate": 0.01, "units": 32, "optimizer": "adam"}


def test_executions_of_a_trial_are_averaged(tmp_path: Path) -> None:
    trial = keras_tuner_trial(0, {}, score=0.8, val_accuracy=[0.8])
    trial["metrics"]["metrics"]["val_accuracy"]["observations"] = [{"value": [0.7, 0.9], "step": 3}]
    (read,) = read_project(keras_tuner_project(tmp_path / "kt", trial)).trials
    assert read.metrics == {"val_accuracy": pytest.approx(0.8)}
    assert read.curves == {}


def test_a_truncated_trial_of_keras_tuner_is_passed_over_with_a_note(tmp_path: Path) -> None:
    folder = keras_tuner_project(tmp_path / "kt", keras_tuner_trial(0, {"units": 8}), keras_tuner_trial(1, {}))
    path = folder / "trial_0001" / "trial.json"
    path.write_text(path.read_text()[:40])
    source = read_project(folder)
    assert len(source.trials) == 1
    assert len(source.notes) == 1
    assert source.notes[0].startswith(f"{path} is passed over: it cannot be read")


def test_a_folder_without_trials_is_no_project(tmp_path: Path) -> None:
    folder = keras_tuner_project(tmp_path / "kt")
    with pytest.raises(SourceError, match=r"has no trials: no trial_\*/trial.json is there; name the project folder"):
        open_source(str(folder), metric="val_accuracy", tracking_uri="")


ORACLE = """
import keras_tuner as kt
hp = kt.HyperParameters()
hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
hp.Choice("optimizer", ["adam", "sgd"])
objective = kt.Objective("val_accuracy", "max")
oracle = kt.oracles.RandomSearchOracle(objective=objective, max_trials=3, seed=1, hyperparameters=hp)
oracle.verbose = 0
oracle._set_project_dir(".", "kt")
for number in range(3):
    trial = oracle.create_trial("tuner0")
    oracle.update_trial(trial.trial_id, {"val_accuracy": 0.5 + number / 10}, step=4)
    trial = oracle.trials[trial.trial_id]
    trial.status = "INVALID" if number == 1 else "COMPLETED"
    oracle.end_trial(trial)
"""


@pytest.mark.slow
def test_a_project_that_keras_tuner_itself_has_written_is_read(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ORACLE], cwd=tmp_path, capture_output=True, text=True, check=False)
    if "No module named 'keras_tuner'" in done.stderr:
        pytest.skip("keras_tuner is not installed")
    assert done.returncode == 0, done.stderr
    source = open_source(str(tmp_path / "kt"), metric="val_accuracy", tracking_uri="")
    assert [trial.score for trial in source.trials] == [0.5, 0.7]
    assert [trial.metrics for trial in source.trials] == [{"val_accuracy": 0.5}, {"val_accuracy": 0.7}]
    assert {frozenset(trial.params) for trial in source.trials} == {frozenset({"learning_rate", "optimizer"})}
    assert dict(source.left_out) == {"failed": 1}


# ------------------------------------------------------------------------------------------- Optuna
def test_a_study_of_optuna_has_its_complete_and_pruned_trials(tmp_path: Path) -> None:
    study = optuna_study(tmp_path / "x.db")
    source = read_url(f"sqlite:///{tmp_path}/x.db", metric="val_accuracy")
    told = [t for t in study.trials if t.state.is_finished() and t.state is not optuna.trial.TrialState.FAIL]
    assert [t.params for t in source.trials] == [t.params for t in told]
    assert [t.score for t in source.trials] == [t.value for t in told]
    assert [t.cut for t in source.trials] == [t.state is optuna.trial.TrialState.PRUNED for t in told]
    assert [t.epochs for t in source.trials] == [3] * 10
    assert source.trials[0].score_curve == tuple(told[0].intermediate_values.values())
    assert dict(source.left_out) == {"failed": 2}
    assert source.direction is Direction.MAXIMIZE
    assert source.label.startswith("the Optuna study tuned of sqlite:///")


def test_reading_a_study_of_optuna_changes_nothing_in_it(tmp_path: Path) -> None:
    optuna_study(tmp_path / "x.db")
    before = (tmp_path / "x.db").read_bytes()
    read_url(f"sqlite:///{tmp_path}/x.db", metric="val_accuracy")
    assert (tmp_path / "x.db").read_bytes() == before


def test_one_of_several_studies_is_named_after_the_url(tmp_path: Path) -> None:
    optuna_study(tmp_path / "x.db", name="first", trials=2)
    url = f"sqlite:///{tmp_path}/x.db"
    optuna.create_study(storage=url, study_name="second").add_trial(optuna.create_trial(value=1.0))
    assert read_url(f"{url}:second", metric="val_accuracy").label == f"the Optuna study second of {url}"
    with pytest.raises(SourceError, match=r"has 2 studies: first, second; add one to the URL, as in .*x.db:first"):
        read_url(url, metric="val_accuracy")
    with pytest.raises(SourceError, match=r"has no study `secund`; did you mean `second`\?"):
        read_url(f"{url}:secund", metric="val_accuracy")


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_objective_of_the_studys_name_is_taken_of_several(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    study = optuna.create_study(storage=url, study_name="two", directions=["minimize", "maximize"])
    study.tell(study.ask(), [1.0, 0.7])
    with pytest.raises(SourceError, match=r"has 2 objectives, and none is val_accuracy; name them with"):
        read_url(url, metric="val_accuracy")
    study.set_metric_names(["seconds", "val_accuracy"])
    source = read_url(url, metric="val_accuracy")
    assert source.trials[0].metrics == {"val_accuracy": 0.7}
    assert source.direction is Direction.MAXIMIZE
    with pytest.raises(SourceError, match=r"has 2 objectives: seconds, val_accuracy, and none is val_f1"):
        read_url(url, metric="val_f1")


def test_a_file_that_is_not_optunas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no file .*x.db; check the URL; four slashes begin a full path"):
        read_url(f"sqlite:///{tmp_path}/x.db", metric="m")
    assert not (tmp_path / "x.db").exists()
    (tmp_path / "x.db").write_text("nonsense, and much of it")
    with pytest.raises(SourceError, match=r"cannot be read \(file is not a database\); name a SQLite file"):
        read_url(f"sqlite:///{tmp_path}/x.db", metric="m")
    with closing(sqlite3.connect(tmp_path / "y.db")) as database:
        database.execute("CREATE TABLE experiments (id)")
        database.commit()
    with pytest.raises(SourceError, match=r"holds no studies of Optuna's; for an MLflow store write mlflow:EXPERIMENT"):
        read_url(f"sqlite:///{tmp_path}/y.db", metric="m")
    with pytest.raises(SourceError, match=r"is no storage of Optuna's; write it as sqlite:///file.db"):
        read_url("x y://", metric="m")
    with pytest.raises(
        SourceError, match=r"nosql://x cannot be read \(.*\); check the URL, and that Optuna's own tools"
    ):
        read_url("nosql://x", metric="m")


# ------------------------------------------------------------------------------------------- tables
def test_the_table_of_optuna_is_read(tmp_path: Path) -> None:
    study = optuna_study(tmp_path / "x.db")
    study.trials_dataframe().to_csv(tmp_path / "trials.csv")
    source = read_table(tmp_path / "trials.csv", metric="val_accuracy")
    assert len(source.trials) == 10
    assert set(source.trials[0].params) == {"learning_rate", "units", "optimizer"}
    assert source.trials[0].score == pytest.approx(study.trials[0].value)
    assert [t.cut for t in source.trials].count(True) == 2
    assert dict(source.left_out) == {"failed": 2}


def write(path: Path, *rows: dict[str, object]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_any_table_with_the_objective_in_a_column_is_read(tmp_path: Path) -> None:
    table = write(
        tmp_path / "t.csv",
        {"units": 8, "rate": 0.1, "val_accuracy": 0.5, "epochs": 7},
        {"units": 9, "rate": "", "val_accuracy": 0.6, "epochs": ""},
        {"units": 9, "rate": 0.2, "val_accuracy": "?", "epochs": ""},
    )
    source = read_table(table, metric="val_accuracy")
    assert [t.params for t in source.trials] == [{"units": "8", "rate": "0.1"}, {"units": "9"}]
    assert [t.metrics for t in source.trials] == [{"val_accuracy": 0.5}, {"val_accuracy": 0.6}]
    assert [t.epochs for t in source.trials] == [7, 0]
    assert dict(source.left_out) == {"without an objective": 1}


def test_a_table_without_an_objective_or_no_table_is_refused(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", {"units": 8, "accuracy": 0.5})
    with pytest.raises(
        SourceError, match=r"has no column `val_accuracy`, `objective` or `value`; name the objective's"
    ):
        read_table(table, metric="val_accuracy")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("b.csv", "missing.csv"):
        with pytest.raises(SourceError, match=r"cannot be read \(.*\); give a CSV file with a line of names"):
            open_source(str(tmp_path / name), metric="val_accuracy", tracking_uri="")


# ------------------------------------------------------------------------------------------- MLflow
def client():
    from mlflow import MlflowClient

    # the whole path: MLflow keeps the store of an address, and each test has a folder of its own
    return MlflowClient(tracking_uri=f"sqlite:///{Path('mlflow.db').resolve()}")


def test_an_experiment_of_mlflow_has_its_ended_runs_with_their_curves(working_directory: Path) -> None:
    mlflow = client()
    experiment = mlflow.create_experiment("keras")
    parent = mlflow.create_run(experiment)
    for status, values in (("FINISHED", [0.5, 0.7, 0.6]), ("KILLED", [0.4]), ("FAILED", [0.3]), ("FINISHED", [])):
        run = mlflow.create_run(experiment, tags={"mlflow.parentRunId": parent.info.run_id})
        mlflow.log_param(run.info.run_id, "units", 32)
        for epoch, value in enumerate(values):
            mlflow.log_metric(run.info.run_id, "val_accuracy", value, step=epoch)
        mlflow.set_terminated(run.info.run_id, status)
    mlflow.create_run(experiment)
    source = read_experiment("keras", uri="sqlite:///mlflow.db", metric="val_accuracy")
    assert [t.params for t in source.trials] == [{"units": "32"}] * 2
    assert [t.curves for t in source.trials] == [{"val_accuracy": (0.5, 0.7, 0.6)}, {}]
    assert [t.metrics for t in source.trials] == [{"val_accuracy": 0.6}, {"val_accuracy": 0.4}]
    assert [(t.epochs, t.cut) for t in source.trials] == [(3, False), (1, True)]
    assert dict(source.left_out) == {"failed": 1, "without an objective": 1, "not finished": 1}


def test_an_mlflow_store_that_is_not_there_or_knows_no_such_experiment_is_told(working_directory: Path) -> None:
    with pytest.raises(SourceError, match="has no experiment `keras`; known are Default"):
        open_source("mlflow:keras", metric="m", tracking_uri="sqlite:///mlflow.db")
    with pytest.raises(SourceError, match=r"there is no MLflow store .*none.db; say where it is with --tracking-uri"):
        open_source("mlflow:keras", metric="m", tracking_uri="sqlite:///none.db")
    assert not Path("none.db").exists()
    with pytest.raises(SourceError, match="`nowhere` is no MLflow store; write"):
        open_source("mlflow:keras", metric="m", tracking_uri="nowhere")
    Path("bad.db").write_text("nonsense, and much of it")
    with pytest.raises(
        SourceError, match=r"bad.db cannot be opened .*; check --tracking-uri, and that the server runs"
    ):
        open_source("mlflow:keras", metric="m", tracking_uri="sqlite:///bad.db")


# ------------------------------------------------------------------------------------------- none of them
def test_what_is_none_of_them_lists_what_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text(json.dumps({}))
    with pytest.raises(SourceError, match=r"x.txt is no earlier search; name a folder of KerasTuner"):
        open_source("x.txt", metric="m", tracking_uri="")
    with pytest.raises(SourceError, match=r"there is no study `nothing` .*name a folder of KerasTuner"):
        open_source("nothing", metric="m", tracking_uri="")

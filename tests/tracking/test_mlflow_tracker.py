"""What a study looks like in MLflow."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tracking import told
from tests.tracking.told_mlflow import files_of, make_tracker, open_store, runs_of, steps_of, tell_whole_study
from tracking.values import TrialInfo

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def test_a_study_is_one_parent_run_and_one_child_a_trial(uri: str, working_directory: Path) -> None:
    tell_whole_study(working_directory / "study", make_tracker())
    runs = runs_of(uri)
    assert set(runs) == {"digits", "trial-0000", "trial-0001", "trial-0002"}
    parent = runs["digits"]
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["search.kind"] == "study"
    assert parent.data.tags["search.sampler"] == "tpe"
    for number in range(3):
        tags = runs[f"trial-{number:04d}"].data.tags
        assert tags["mlflow.parentRunId"] == parent.info.run_id
        assert (tags["search.kind"], tags["search.trial"], tags["search.study"]) == (
            "trial",
            str(number),
            "digits",
        )


def test_complete_pruned_and_failed_trials_have_their_status_and_reason(uri: str, working_directory: Path) -> None:
    tell_whole_study(working_directory / "study", make_tracker())
    runs = [runs_of(uri)[f"trial-000{number}"] for number in range(3)]
    assert [run.info.status for run in runs] == ["FINISHED", "KILLED", "FAILED"]
    assert [run.data.tags["search.state"] for run in runs] == ["COMPLETE", "PRUNED", "FAILED"]
    assert runs[1].data.tags["search.reason"] == "below the median"
    assert "objective" not in runs[2].data.metrics


def test_a_trial_has_its_parameters_curves_and_numbers(uri: str, working_directory: Path) -> None:
    tell_whole_study(working_directory / "study", make_tracker())
    run = runs_of(uri)["trial-0001"]
    assert run.data.params == {"learning_rate": "0.002", "optimizer": "sgd", "momentum": "0.9"}
    assert steps_of(uri, run, "val_accuracy") == [1, 2, 3, 4, 5]
    assert steps_of(uri, run, "objective") == [4]
    numbers = {name: run.data.metrics[name] for name in ("objective", "best_epoch", "epochs", "seconds")}
    assert numbers == {"objective": 0.75, "best_epoch": 4, "epochs": 5, "seconds": 2.5}
    assert run.data.metrics["best/val_accuracy"] == 0.75
    assert run.data.tags["search.seed"] == "12"
    assert files_of(uri, run) == {"log.csv"}


def test_the_parent_holds_the_study_for_people(uri: str, working_directory: Path) -> None:
    tell_whole_study(working_directory / "study", make_tracker())
    parent = runs_of(uri)["digits"]
    wanted = {"study.yaml", "leaderboard.csv", "ensemble.json", "importances.json", "counts.json", "logs"}
    assert wanted <= files_of(uri, parent)
    pictures = {"plots/history.png", "plots/importances.png", "plots/slices.png"}
    assert files_of(uri, parent, "plots") == pictures
    assert steps_of(uri, parent, "best_objective") == [0, 1]
    assert parent.data.metrics["count/failed"] == 1
    assert (working_directory / "mlruns" / "digits" / parent.info.run_id / "artifacts").is_dir()


def test_the_parent_says_what_was_confirmed(uri: str, working_directory: Path) -> None:
    tracker = make_tracker()
    tracker.study_started(told.study(working_directory / "study"))
    best = {"trial": 3, "mean": 0.75, "std": None, "low": 0.7, "high": 0.8, "seeds": 2}
    confirmed = {"verdict": "trials 3 and 1 cannot be told apart", "finalists": [best]}
    tracker.study_finished(replace(told.summary(), confirmed=confirmed))
    tracker.close()
    parent = runs_of(uri)["digits"]
    metrics = {name: value for name, value in parent.data.metrics.items() if name.startswith("confirmed/")}
    assert metrics == {"confirmed/mean": 0.75, "confirmed/seeds": 2, "confirmed/trial": 3}
    assert parent.data.tags["search.confirmed"] == "trials 3 and 1 cannot be told apart"
    assert "confirmed.json" in files_of(uri, parent)


def test_the_link_opens_a_page_that_was_prepared(uri: str, working_directory: Path) -> None:
    tracker = make_tracker()
    tell_whole_study(working_directory / "study", tracker)
    link = tracker.link()
    assert link is not None
    experiment = open_store(uri).get_experiment_by_name("digits")
    start = f"http://127.0.0.1:5000/#/experiments/{experiment.experiment_id}/runs?workflowType=machine_learning"
    assert link.startswith(start)
    key = link.partition("viewStateShareKey=")[2]
    assert "val_accuracy" in experiment.tags[f"mlflow.sharedViewState.{key}"]
    assert "**digits**" in experiment.tags["mlflow.note.content"]
    assert tracker.command == "mlflow ui"


def test_a_description_that_a_person_wrote_is_kept(uri: str, working_directory: Path) -> None:
    client = open_store(uri)
    made = client.create_experiment("digits")
    client.set_experiment_tag(made, "mlflow.note.content", "mine")
    tell_whole_study(working_directory / "study", make_tracker())
    assert client.get_experiment(made).tags["mlflow.note.content"] == "mine"


def test_a_file_that_is_gone_before_it_is_sent_costs_one_warning(uri: str, working_directory: Path) -> None:
    warnings: list[str] = []
    tracker = make_tracker(warn=warnings.append)
    tracker.study_started(told.study(working_directory / "study"))
    tracker.artifact(working_directory / "gone.txt")
    tracker.close()
    assert len(warnings) == 1
    assert "an event was refused and is left out there: " in warnings[0]
    assert warnings[0].endswith("gone.txt is no longer there")


def test_studies_of_the_same_name_in_one_experiment_stay_apart(uri: str, working_directory: Path) -> None:
    links = set()
    for folder in ("one", "two"):
        tracker = make_tracker()
        tracker.study_started(told.study(working_directory / folder))
        tracker.trial_started(told.trial(0))
        tracker.trial_finished(0, told.result())
        tracker.study_finished(told.summary())
        tracker.close()
        links.add(tracker.link())
    experiment = open_store(uri).get_experiment_by_name("digits")
    parents = {
        run.data.tags.get("mlflow.parentRunId") for run in open_store(uri).search_runs([experiment.experiment_id])
    }
    assert len(parents - {None}) == 2
    assert len(links) == 2


def test_a_deleted_experiment_of_that_name_is_restored(uri: str, working_directory: Path) -> None:
    client = open_store(uri)
    client.delete_experiment(client.create_experiment("digits"))
    tell_whole_study(working_directory / "study", make_tracker())
    assert client.get_experiment_by_name("digits").lifecycle_stage == "active"


def test_names_that_mlflow_refuses_are_told_under_near_ones(uri: str, working_directory: Path) -> None:
    tracker = make_tracker(experiment="my/study: größe #1")
    tracker.study_started(told.study(working_directory / "study"))
    tracker.trial_started(TrialInfo(0, {"units[1]": 3, "a@b": None}, 1))
    tracker.close()
    run = runs_of(uri, "my/study: größe #1")["trial-0000"]
    assert run.data.params == {"units_1_": "3", "a_b": "none"}


def test_a_trial_of_more_parameters_and_metrics_than_a_batch_holds_is_told_whole(
    uri: str, working_directory: Path
) -> None:
    tracker = make_tracker()
    tracker.study_started(told.study(working_directory / "study"))
    tracker.trial_started(TrialInfo(0, {f"p{place}": place for place in range(130)}, 1))
    tracker.epochs(0, told.epochs(1, 700))
    tracker.close()
    run = runs_of(uri)["trial-0000"]
    assert len(run.data.params) == 130
    assert len(steps_of(uri, run, "loss")) == 700


def test_sqlite_writes_ahead_and_is_analysed(uri: str, working_directory: Path) -> None:
    tell_whole_study(working_directory / "study", make_tracker())
    with closing(sqlite3.connect(working_directory / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'runs'").fetchone()[0] > 0


@pytest.mark.slow
def test_the_first_creation_of_a_store_prints_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import sys, warnings\n"
        "from pathlib import Path\n"
        "from tests.tracking import told\n"
        "from tracking.mlflow_tracker import MlflowTracker\n"
        "tracker = MlflowTracker()\n"
        "assert 'mlflow' not in sys.modules\n"
        f"tracker.study_started(told.study(Path({str(tmp_path / 'study')!r})))\n"
        "tracker.study_finished(told.summary())\n"
        "tracker.close()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize("name", ["two words", "feature%2Fbranch", "größe #1"])
def test_a_study_can_be_in_a_folder_of_any_name(
    tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = tmp_path / name
    place.mkdir()
    (place / "mlflow.db").write_bytes(empty_store.read_bytes())
    monkeypatch.chdir(place)
    tell_whole_study(place / "study", make_tracker("sqlite:///mlflow.db"))
    assert [path.name for path in place.rglob("history.png")] == ["history.png"]
    with closing(sqlite3.connect(place / "mlflow.db")) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (4,)


def test_several_objectives_have_columns_charts_and_marked_runs(uri: str, working_directory: Path) -> None:
    tracker = make_tracker()
    tracker.study_started(told.study_of_two(working_directory / "study"))
    for number in range(3):
        tracker.trial_started(told.trial(number))
        tracker.trial_finished(number, replace(told.result(), metrics={"params": 100.0}))
    tracker.study_finished(told.summary_of_two())
    tracker.close()
    runs = runs_of(uri)
    marks = [runs[f"trial-{number:04d}"].data.tags["search.front"] for number in range(3)]
    assert marks == ["yes", "yes", "no"]
    assert runs["trial-0000"].data.metrics["best/params"] == 100.0
    assert runs["digits"].data.tags["search.objectives"] == "val_accuracy max, params min"
    assert "plots/pareto.png" in files_of(uri, runs["digits"], "plots")
    tags = open_store(uri).get_experiment_by_name("digits").tags
    page = json.loads(next(text for key, text in tags.items() if key.startswith("mlflow.sharedViewState.")))
    assert {"tags.`search.front`", "metrics.`best/params`"} <= set(page["selectedColumns"])
    (chart,) = [c for c in page["compareRunCharts"] if c["metricSectionId"] == "front"]
    assert (chart["type"], chart["xaxis"]["key"], chart["yaxis"]["key"]) == ("SCATTER", "best/params", "objective")
    assert "highest `val_accuracy`, lowest `params`" in tags["mlflow.note.content"]

"""A whole `run` on simulated time: every key outside data, model and training changes what it does."""

import os
import shlex
import sqlite3

import pytest
from rehearsal import BASE, Rehearsal, rising

from search.backends.gpus import GpuError
from search.folder import StudyBusyError, StudyFolder
from search.lock import StudyChangedError
from search.open_study import OpenStudy
from search.session import local_settings
from search.spec import load
from spaces.problems import SpecError

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_study_names_its_folder(here):
    Rehearsal().run("study=other")
    assert (here / "studies" / "other" / "record.db").exists()


def test_folder_says_where_studies_are_kept(here):
    Rehearsal().run("folder=kept/here")
    assert (here / "kept" / "here" / "small" / "record.db").exists()
    assert not (here / "studies").exists()


def test_the_seed_decides_the_suggestions_and_the_seed_of_every_trial():
    first, again, other = (
        Rehearsal().run(f"study={name}", f"seed={seed}") for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.rates == again.rates != other.rates
    seeds = [[e["info"]["seed"] for e in r.events if e["event"] == "trial_started"] for r in (first, again, other)]
    assert seeds[0] == seeds[1] != seeds[2]


# ------------------------------------------------------------------------------------------- objective
def two_metrics(params, epoch):
    """The accuracy peaks at epoch 4 and grows with the rate; the f1 peaks at epoch 2 and falls with it."""
    rate = params["learning_rate"]
    return {"loss": 1.0, "val_accuracy": rate - 0.01 * abs(epoch - 4), "val_f1": 1 - rate - 0.01 * abs(epoch - 2)}


def test_the_metric_of_the_objective_ranks_the_trials_and_picks_their_epoch():
    by_accuracy = Rehearsal(two_metrics).run("study=a")
    by_f1 = Rehearsal(two_metrics).run("study=b", "objective=val_f1")
    assert [row["trial"] for row in by_accuracy.rows] == [row["trial"] for row in by_f1.rows][::-1]
    assert {row["best_epoch"] for row in by_accuracy.rows} == {"4"}
    assert {row["best_epoch"] for row in by_f1.rows} == {"2"}
    assert "best trials by val_f1:" in by_f1.text


@pytest.mark.parametrize(
    ("at", "value", "epoch"), [("best", 0, 4), ("last", -0.02, 6), ("{mean_of_last: 2}", -0.015, 6)]
)
def test_the_rule_of_the_objective_says_which_epoch_counts(at, value, epoch):
    best = Rehearsal(two_metrics).run(f"objective.at={at}").rows[0]
    assert float(best["objective"]) - float(best["learning_rate"]) == pytest.approx(value)
    assert int(best["best_epoch"]) == epoch


def test_the_goal_turns_the_ranking_round():
    """The bias of a regression is better neither when large nor when small."""

    def bias(params, epoch):
        return {"loss": 1.0, "val_bias": params["learning_rate"]}

    ranked = {}
    for goal in ("min", "max"):
        rehearsal = Rehearsal(bias).run(
            f"study={goal}", "data=sklearn:diabetes", f"objective={{metric: val_bias, goal: {goal}}}"
        )
        ranked[goal] = [float(row["learning_rate"]) for row in rehearsal.rows]
    assert ranked["min"] == sorted(ranked["min"])
    assert ranked["max"] == ranked["min"][::-1]


# ------------------------------------------------------------------------------------------- search
def test_the_sampler_makes_the_suggestions():
    rates = {
        sampler: Rehearsal().run(f"study={sampler}", f"search.sampler={sampler}").rates for sampler in ("random", "qmc")
    }
    assert rates["random"] != rates["qmc"]


def test_startup_trials_say_when_the_sampler_begins_to_learn():
    """Until then TPE draws at random, so that the first suggestions are the same."""
    two, nine = (
        Rehearsal().run(f"study=s{n}", "search.sampler=tpe", f"search.startup_trials={n}", "budget.trials=6").rates
        for n in (2, 9)
    )
    assert two[:2] == nine[:2]
    assert two[2:] != nine[2:]


@pytest.mark.parametrize("points", [2, 3])
def test_grid_points_say_how_many_values_of_a_range_are_tried(points):
    rehearsal = Rehearsal().run("search.sampler=grid", f"search.grid_points={points}", "budget.trials=9")
    assert len(rehearsal.rates) == points
    assert "stopped: the search space is exhausted" in rehearsal.text


def test_the_pruner_ends_poor_trials_early():
    pruned = {}
    for name, pruner in (("none", "none"), ("threshold", "{name: threshold, lower: 0.3, warmup_epochs: 2}")):
        rehearsal = Rehearsal().run(f"study={name}", f"search.pruner={pruner}")
        pruned[name] = {row["trial"]: row["epochs"] for row in rehearsal.rows if row["state"] == "PRUNED"}
    assert pruned == {"none": {}, "threshold": {"2": "3"}}


# ------------------------------------------------------------------------------------------- budget and limits
def test_the_budget_of_trials_ends_the_study():
    assert "stopped: all 2 trials are used" in Rehearsal().run("budget={trials: 2}").text


def test_the_budget_of_epochs_ends_the_study():
    rehearsal = Rehearsal().run("budget={epochs: 10}")
    assert "stopped: all 10 epochs are used" in rehearsal.text
    assert sum(int(row["epochs"]) for row in rehearsal.rows) == 10


def test_the_budget_of_time_ends_the_study():
    rehearsal = Rehearsal().run("budget={time: 8s}")
    assert "stopped: the time of 8 s is used" in rehearsal.text
    assert 8 <= rehearsal.clock.monotonic_s() < 10


def test_limits_refuse_configurations_without_training_them():
    rehearsal = Rehearsal().run("limits=[learning_rate < 0.5]")
    assert max(rehearsal.rates) < 0.5
    assert "4 done" in rehearsal.text
    assert "outside the limits" in rehearsal.text


def test_a_limit_on_the_number_of_weights_is_kept():
    rehearsal = Rehearsal().run("limits=[params < 60]", "model.units={choice: [4, 100]}")
    assert {row["units"] for row in rehearsal.rows} == {"4"}


# ------------------------------------------------------------------------------------------- workers
def test_the_count_of_workers_trains_side_by_side():
    alone, together = (Rehearsal().run(f"study=w{n}", f"workers={n}") for n in (1, 4))
    assert alone.clock.monotonic_s() == pytest.approx(24, abs=1)
    assert together.clock.monotonic_s() == pytest.approx(6, abs=1)


def test_the_time_of_a_trial_ends_it_after_its_epoch():
    rehearsal = Rehearsal().run("workers.trial_time=3s")
    assert {(row["epochs"], row["state"]) for row in rehearsal.rows} == {("3", "PRUNED")}
    assert "it has trained for 3 s of 3 s" in rehearsal.text


def settings(*overrides):
    study = OpenStudy.open(load(Rehearsal().write(), overrides))
    return local_settings(study)


def test_the_keys_of_workers_reach_the_processes():
    """What a backend does with these settings, tests/search/backends looks at."""
    given = settings("workers={count: 3, threads: 5, silence: 7s, memory: 2 GB, gpus_per_trial: 0}")
    assert (given.workers, given.threads, given.silence_s, given.memory_bytes) == (3, 5, 7, 2 * 10**9)
    assert given.environments == ({"CUDA_VISIBLE_DEVICES": "-1"},) * 3


def test_cores_are_shared_among_workers_that_name_no_threads():
    assert settings("workers=1").threads == (os.cpu_count() or 1)
    assert settings("workers=1000").threads == 1


@pytest.mark.parametrize(("memory", "share"), [("1 TB", None), ("100 MB", 50 * 10**6)])
def test_a_worker_with_a_limit_of_memory_begins_a_trial_with_half_of_it_at_most(memory, share):
    without, limited = settings("workers=1"), settings(f"workers.memory={memory}")
    assert limited.recycle_bytes == (share or without.recycle_bytes)


def test_gpus_that_are_not_there_are_told_before_a_trial(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert [e["CUDA_VISIBLE_DEVICES"] for e in settings("workers={count: 2, gpus_per_trial: 1}").environments] == [
        "0",
        "1",
    ]
    with pytest.raises(GpuError, match="3 workers with 1 GPUs each do not fit: 2 GPUs are visible"):
        settings("workers={count: 3, gpus_per_trial: 1}")


# ------------------------------------------------------------------------------------------- keep
def kept(rehearsal):
    """The trials that still have their predictions, best first."""
    return [row["trial"] for row in rehearsal.rows if files(rehearsal, row["trial"]).exists()]


def files(rehearsal, trial):
    return rehearsal.folder / "trials" / f"{int(trial):04d}" / "predictions.npz"


def test_beyond_so_many_trials_the_files_of_the_worst_are_deleted():
    rehearsal = Rehearsal().run("keep.trials=3", "ensemble=2", "budget.trials=6")
    assert kept(rehearsal) == [row["trial"] for row in rehearsal.rows][:3]
    assert "passed over: 3 trials whose files `keep` has deleted" in rehearsal.text
    assert {m["trial"] for m in rehearsal.ensemble["members"]} <= {int(n) for n in kept(rehearsal)}


def test_beyond_so_much_disk_the_files_of_the_worst_are_deleted():
    rehearsal = Rehearsal().run("ensemble=1", "budget.trials=6")
    *others, worst = kept(rehearsal)
    assert len(others) == 5
    assert [m["trial"] for m in rehearsal.ensemble["members"]] != [int(worst)]
    files(rehearsal, worst).with_name("model.keras").write_bytes(b"x" * 10**6)
    assert kept(Rehearsal().run("keep.disk=2 MB", "ensemble=1", "budget.trials=6")) == [*others, worst]
    assert kept(Rehearsal().run("keep.disk=1 MB", "ensemble=1", "budget.trials=6")) == others


def test_the_members_of_an_earlier_ensemble_stay_until_there_is_another():
    first = Rehearsal().run("ensemble=2", "budget.trials=4")
    members = {str(m["trial"]) for m in first.ensemble["members"]}
    again = Rehearsal().run("keep=1", "ensemble=none", "budget.trials=4")
    assert set(kept(again)) == members | {again.rows[0]["trial"]}


# ------------------------------------------------------------------------------------------- ensemble
def test_the_size_of_the_ensemble_bounds_its_members():
    for size in (1, 3):
        rehearsal = Rehearsal().run(f"study=s{size}", f"ensemble={size}", "budget.trials=6")
        assert max(len(members) for members in rehearsal.ensemble["contenders"].values()) == size


def test_the_holdout_says_on_how_many_rows_the_ensemble_is_judged():
    rows = [
        Rehearsal().run(f"study=h{n}", f"ensemble={{holdout: 0.{n}}}").text.split(" rows that no weight")[0].split()[-1]
        for n in (2, 5)
    ]
    assert rows == ["6", "15"]


def test_without_an_ensemble_none_is_made():
    rehearsal = Rehearsal().run("ensemble=none")
    assert not (rehearsal.folder / "ensemble.json").exists()
    assert "ensemble" not in rehearsal.text


# ------------------------------------------------------------------------------------------- tracking
def test_tracking_says_where_mlflow_keeps_the_study_and_in_which_experiment(here, empty_store):
    Rehearsal().run("study=quiet", "budget=1")
    assert not list(here.glob("*.db"))
    (here / "shown.db").write_bytes(empty_store.read_bytes())
    rehearsal = Rehearsal().run("budget=1", "tracking={mlflow: 'sqlite:///shown.db', experiment: mine}")
    connection = sqlite3.connect(here / "shown.db")
    names = {name for (name,) in connection.execute("SELECT name FROM experiments")}
    connection.close()
    assert "mine" in names
    assert "see it: mlflow ui" in rehearsal.text


# ------------------------------------------------------------------------------------------- again
def test_a_second_run_continues_with_what_is_left_of_the_budget():
    Rehearsal().run("budget=3")
    again = Rehearsal().run("budget=5")
    assert len(again.rates) == 5
    assert "trial   3  done" in again.text
    assert "trial   2" not in again.text.split("stopped:")[0]


@pytest.mark.parametrize(
    "change",
    [
        "workers=2",
        "search.sampler=qmc",
        "search.pruner=median",
        "ensemble=3",
        "keep=2",
        "confirm=1",
        "tracking.experiment=other",
        "budget={trials: 6, time: 1h}",
    ],
)
def test_what_gives_no_trial_another_meaning_may_change_between_two_runs(change):
    Rehearsal().run("budget=2")
    assert Rehearsal().run(change).code == 0


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("seed=5", "  - seed was 0 and is 5"),
        ("training.epochs=7", "  - `epochs` was fixed at 6; it is fixed at 7"),
        ("training.stop_at=0.5", "  - training.stop_at was null and is 0.5"),
        ("objective.at=last", '  - objective.at was "best" and is "last"'),
        ("limits=[params < 1e6]", '  - limits was [] and is ["params < 1e6"]'),
        ("data=sklearn:wine", '  - data.source was "sklearn:iris" and is "sklearn:wine"'),
        ("training.learning_rate=0.5", "  - `learning_rate` was {float: [0.1, 0.9]}; it is fixed at 0.5"),
        ("model.units={choice: [8, 16]}", "  - `units` was fixed at [8]; it is {choice: [8, 16]}"),
    ],
)
def test_what_gives_trials_another_meaning_is_refused_with_every_difference(change, line):
    Rehearsal().run("budget=1")
    with pytest.raises(StudyChangedError, match="was begun differently") as caught:
        Rehearsal().run(change)
    assert caught.value.differences == [line.removeprefix("  - ")]
    assert line in str(caught.value).splitlines()
    assert "adding `study=small-2` to the command" in str(caught.value)


def test_changed_data_are_refused(here):
    text = BASE.replace("sklearn:iris", "{source: rows.csv, target: y, split: {test: none}}")
    for factor in (1, 2):
        rows = "\n".join(f"{i * factor % 17},{'ab'[i % 2]}" for i in range(40))
        (here / "rows.csv").write_text("a,y\n" + rows + "\n")
        if factor == 1:
            assert Rehearsal().run(text=text).code == 0
        else:
            with pytest.raises(StudyChangedError, match="the data have changed since the study was begun"):
                Rehearsal().run(text=text)


def test_a_study_that_is_being_run_is_left_alone(here):
    with (
        StudyFolder(here / "studies" / "small").held(),
        pytest.raises(StudyBusyError, match=f"is being run by process {os.getpid()}; wait for it to end or stop it"),
    ):
        Rehearsal().run()


def test_a_study_that_does_not_fit_its_data_is_refused_before_a_trial(here):
    text = BASE.replace("sklearn:iris", "{source: rows.csv, target: y}")
    (here / "rows.csv").write_text("a,y\n" + "\n".join(f"{i},{i * 0.37}" for i in range(60)) + "\n")
    with pytest.raises(SpecError, match=r"space.yaml:3:12 objective.metric: `val_accuracy` does not fit a regression"):
        Rehearsal().run(text=text)
    assert not (here / "studies" / "small" / "space.lock.json").exists()


def test_an_interrupted_study_says_the_overrides_with_which_it_goes_on():
    def pressed(params, epoch):
        if epoch == 2:
            Rehearsal.stop()
        return rising(params, epoch)

    asked = ("study=other", "training.learning_rate={float: [0.2, 0.8]}")
    interrupted = Rehearsal(pressed).run(*asked)
    (line,) = [line for line in interrupted.text.splitlines() if line.startswith("go on:")]
    assert shlex.split(line)[2:] == ["python", "-m", "search", "run", "space.yaml", *asked]


def test_three_failures_alike_end_the_study_with_their_traceback():
    def broken(params, epoch):
        raise ValueError("no such layer")

    rehearsal = Rehearsal(broken).run(text=BASE)
    assert rehearsal.code == 1
    assert "stopped: 3 trials in a row failed alike: ValueError: no such layer" in rehearsal.text
    assert "Traceback" in rehearsal.text


def test_an_interrupted_study_says_how_to_go_on_and_goes_on():
    rehearsal = Rehearsal()

    def interrupting(params, epoch):
        if epoch == 3:
            rehearsal.stop()
        return rising(params, epoch)

    rehearsal.curve = interrupting
    rehearsal.run()
    assert rehearsal.code == 130
    assert "stopping after this epoch, all is saved; once more stops at once" in rehearsal.text
    assert "go on:  python -m search run space.yaml" in rehearsal.text
    again = Rehearsal()
    again.checkpoints = rehearsal.checkpoints
    assert again.run().code == 0
    assert [row["epochs"] for row in again.rows] == ["6"] * 4

"""`import` as a person meets it, and the study that begins with what was imported."""

import json
from pathlib import Path

import optuna
import pytest
from sources import TEXT, keras_tuner_project, keras_tuner_trial, optuna_study

from search.cli import main
from search.history import History
from search.lock import StudyChangedError
from tests.search.rehearsal import BASE, Rehearsal

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")

HISTORY = Path("studies/new/history.json")
URL = "sqlite:///x.db"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys):
    """Runs a command in this process: exit code, standard output, standard error."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


@pytest.fixture
def new():
    """The study file that imports."""
    path = Path("new.yaml")
    path.write_text(TEXT)
    return path


def learnt():
    found = History.read(HISTORY)
    return [] if found is None else found.trials


def test_a_study_of_optuna_becomes_history(call, new):
    study = optuna_study(Path("x.db"))
    code, out, _ = call("import", URL, "--into", new)
    assert code == 0
    fits = [t for t in study.trials if t.value is not None and 1e-3 <= t.params["learning_rate"] <= 1e-1]
    assert [dict(t.params) for t in learnt()] == [t.params for t in fits]
    assert [t.objective for t in learnt()] == [t.value for t in fits]
    assert {t.epochs for t in learnt()} == {3}
    lines = out.splitlines()
    label = "the Optuna study tuned of sqlite:///x.db"
    assert lines[0] == f"{len(fits)} of 12 trials of {label} are history of the study new"
    outside = 10 - len(fits)
    assert lines[2].startswith(
        f"  {outside}  `learning_rate` is outside {{float: [0.001, 0.1], log: true}}, such as 0."
    )
    assert lines[3] == "  2  failed"
    assert lines[4] == f"note: its value of {label} is taken for val_accuracy (max)"
    best = max(t.value for t in fits)
    assert lines[6] == f"history: {len(fits)} trials from {label}; best {best:.4g}"
    assert lines[7] == "run it:  python -m search run new.yaml"


def test_a_project_of_keras_tuner_becomes_history_under_other_names(call, new):
    trials = [
        keras_tuner_trial(i, {"lr": 0.01, "units_0": 8 + i, "optimizer": "adam"}, val_accuracy=[0.5, value])
        for i, value in enumerate((0.7, 0.8))
    ]
    keras_tuner_project(Path("kt"), *trials)
    code, out, _ = call("import", "kt", "--into", new, "--rename", "lr=learning_rate", "--rename", "units_0=units")
    assert code == 0
    assert out.startswith("2 of 2 trials of the KerasTuner project kt are history")
    assert [(t.params["units"], t.objective, t.values) for t in learnt()] == [
        (8, 0.7, (0.5, 0.7)),
        (9, 0.8, (0.5, 0.8)),
    ]


def test_the_rule_of_the_objective_reads_the_curves(call, new):
    keras_tuner_project(Path("kt"), keras_tuner_trial(0, {"learning_rate": 0.01, "units": 9}, val_accuracy=[0.9, 0.7]))
    call("import", "kt", "--into", new, "objective.at=last", "--with", "optimizer=sgd")
    assert [(t.objective, t.params["optimizer"]) for t in learnt()] == [(0.7, "sgd")]


def test_an_earlier_study_becomes_history_by_name_with_the_metric_that_is_the_objective(call, new):
    def curve(params, epoch):
        return {"loss": 1.0, "val_accuracy": params["learning_rate"], "val_f1": 0.5 + epoch / 100}

    old = (
        BASE.replace("study: small", "study: old")
        .replace("units: 8", "units: 16")
        .replace("[0.1, 0.9]", "[0.05, 0.09]")
    )
    Rehearsal(curve).run(text=old)
    changed = TEXT.replace("units: {int: [8, 64]}", "units: 16").replace("optimizer: {choice: [adam, sgd]}, ", "")
    new.write_text(changed.replace("momentum: 0.9", "batch_size: 128"))
    code, out, _ = call("import", "old", "--into", new)
    assert code == 0
    assert "note: not all was the same: batch_size was 64 there and is 128 here" in out
    assert {t.epochs for t in learnt()} == {6}
    assert all(t.objective == t.params["learning_rate"] == t.values[0] for t in learnt())
    before = [t.params for t in learnt()]
    call("import", "studies/old", "--into", new, "objective=val_loss", "study=other")
    code, _, err = call("import", "old", "--into", new, "objective=val_auc")
    assert code == 0
    assert not err
    assert [t.params for t in learnt()] == before


def test_the_table_and_the_record_of_a_study_say_the_same(call, new):
    Rehearsal().run(text=BASE.replace("[0.1, 0.9]", "[0.05, 0.09]"))
    given = ("--with", "units=8", "--with", "optimizer=adam")
    found = []
    for source in ("small", "studies/small/leaderboard.csv", "sqlite:///studies/small/record.db"):
        call("import", source, "--into", new, "model.units={int: [4, 64]}", *(() if source == "small" else given))
        found.append(sorted((t.params["learning_rate"], t.objective) for t in History.read(HISTORY).parts[-1].trials))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 4


def test_a_search_is_imported_once_and_several_stand_beside_each_other(call, new):
    optuna_study(Path("x.db"))
    optuna_study(Path("y.db"), name="more")
    for url in (URL, "sqlite:///y.db", URL):
        call("import", url, "--into", new)
    labels = [part.label for part in History.read(HISTORY).parts]
    assert labels == ["the Optuna study more of sqlite:///y.db", "the Optuna study tuned of sqlite:///x.db"]


# ------------------------------------------------------------------------------------------- what is refused
def refusal(call, *arguments):
    code, out, err = call("import", *arguments)
    assert (code, out) == (1, "")
    return err


def test_a_search_that_improves_the_other_way_is_refused(call, new):
    optuna_study(Path("x.db"), direction="minimize", trials=3)
    assert refusal(call, URL, "--into", new) == (
        "the Optuna study tuned of sqlite:///x.db minimized its value, and val_accuracy is to be maximized: they are "
        "not the same number; import a search that has val_accuracy, or change the objective\n"
    )


def test_a_search_without_the_objective_lists_its_metrics(call, new):
    trial = keras_tuner_trial(0, {}, loss=[1.0], val_acc=[0.5])
    trial["score"] = None
    keras_tuner_project(Path("kt"), trial)
    assert "has no metric `val_accuracy`, the objective; import a search that has finished trials" in refusal(
        call, "kt", "--into", new
    )


def test_a_search_of_which_nothing_fits_changes_nothing(call, new):
    optuna_study(Path("x.db"), trials=6)
    err = refusal(call, URL, "--into", new, "training.learning_rate={float: [0.2, 0.3]}")
    assert err.startswith(
        "none of the 6 trials of the Optuna study tuned of sqlite:///x.db can be taken into new.yaml:\n"
    )
    assert "\n  5  `learning_rate` is outside {float: [0.2, 0.3]}, such as 0." in err
    assert err.endswith("say with --rename, --without and --with how the parameters are named there\n")
    assert not HISTORY.exists()


def test_a_search_that_failed_throughout_has_no_trials_to_take(call, new):
    optuna.create_study(storage=URL, study_name="empty")
    assert "has no metric `val_accuracy`" in refusal(call, URL, "--into", new)
    Path("t.csv").write_text("units,value\n")
    assert "has no metric `val_accuracy`" in refusal(call, "t.csv", "--into", new)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--rename", "units"), "--rename units has no two sides; write it as --rename name=other"),
        (("--with", "units="), "--with units= has no two sides"),
        (
            ("--rename", "unit=units"),
            "--rename unit: no trial of the Optuna study tuned of sqlite:///x.db has a parameter",
        ),
        (("--without", "unit"), "--without unit: no trial of"),
        (("--rename", "units=unit"), "--rename: the space has no parameter `unit`; did you mean `units`?"),
        (("--with", "depth=3"), "--with: the space has no parameter `depth`; "),
    ],
)
def test_a_name_that_is_none_is_told_the_nearest(call, new, option, says):
    optuna_study(Path("x.db"), trials=2)
    assert says in refusal(call, URL, "--into", new, *option)


def test_a_study_that_has_begun_takes_no_history(call, new):
    optuna_study(Path("x.db"))
    Rehearsal().run(text=TEXT)
    assert refusal(call, URL, "--into", new) == (
        "the study new has begun (4 trials), and its suggestions follow from what was known then; import into a new "
        "study, with `study=new-2` after the file, here and for `run`\n"
    )
    code, out, _ = call("import", URL, "--into", new, "study=new-2")
    assert code == 0
    assert out.endswith("run it:  python -m search run new.yaml study=new-2\n")


# ------------------------------------------------------------------------------------------- what a study makes of it
def test_a_study_learns_from_its_history_and_counts_it_nowhere(call, new):
    optuna_study(Path("x.db"), trials=30)
    call("import", URL, "--into", new)
    with_ = Rehearsal().run(text=TEXT)
    history = History.read(HISTORY)
    assert with_.text.startswith(f"history: {history.words}\nnew: val_accuracy, at most 4 trials\n")
    assert "stopped: all 4 trials are used  (4 done" in with_.text
    assert len(with_.rows) == 4
    without = Rehearsal().run("study=alone", text=TEXT)
    assert with_.rates != without.rates
    out = call("show", "new")[1]
    assert out.splitlines()[1] == f"history: {history.words}"
    out = call("show", "alone")[1]
    assert "history" not in out


def test_check_tells_what_a_study_will_begin_with(call, new):
    optuna_study(Path("x.db"))
    call("import", URL, "--into", new)
    assert f"\nhistory: {History.read(HISTORY).words}\n" in call("check", new)[1]


def test_the_first_guess_is_tried_first_with_a_history_too(call, new):
    optuna_study(Path("x.db"), trials=30)
    text = TEXT.replace("log: true}", "log: true, default: 0.005}")
    new.write_text(text)
    call("import", URL, "--into", new)
    assert Rehearsal().run(text=text).rates[0] == 0.005


def test_a_study_that_was_stopped_goes_on_with_the_same_suggestions(call, new):
    optuna_study(Path("x.db"), trials=30)
    for name in ("new", "twice"):
        call("import", URL, "--into", new, f"study={name}")
    straight = Rehearsal().run("budget.trials=6", text=TEXT)
    rehearsal = Rehearsal()
    rehearsal.run("study=twice", "budget.trials=3", text=TEXT)
    assert rehearsal.run("study=twice", "budget.trials=6", text=TEXT).rates == straight.rates


def test_a_history_that_has_changed_since_the_study_began_is_refused(call, new):
    optuna_study(Path("x.db"))
    call("import", URL, "--into", new)
    Rehearsal().run(text=TEXT)
    HISTORY.unlink()
    with pytest.raises(StudyChangedError, match=r"the imported history .history.json. has changed since the study was"):
        Rehearsal().run(text=TEXT)


def test_a_study_that_was_begun_without_a_trial_takes_a_history(call, new):
    optuna_study(Path("x.db"))
    Rehearsal().run("budget=1", text=TEXT)
    lock = json.loads(Path("studies/new/space.lock.json").read_text())
    assert lock["history"] == ""
    Path("studies/new/record.db").unlink()
    call("import", URL, "--into", new)
    lock = json.loads(Path("studies/new/space.lock.json").read_text())
    assert lock["history"] != ""


def test_a_space_that_became_smaller_keeps_the_history_inside_of_it(call, new):
    optuna_study(Path("x.db"), trials=30)
    call("import", URL, "--into", new)
    narrow = TEXT.replace("units: {int: [8, 64]}", "units: {int: [8, 30]}")
    inside = sum(t.params["units"] <= 30 for t in learnt())
    assert 0 < inside < len(learnt())
    assert Rehearsal().run(text=narrow).text.startswith(f"history: {inside} trials from")


def test_a_sampler_that_learns_nothing_is_told_with_the_import(call, new):
    optuna_study(Path("x.db"))
    out = call("import", URL, "--into", new, "search=random")[1]
    assert "note: random learns nothing from other trials" in out


def test_a_study_with_several_objectives_takes_no_history(call, new):
    optuna_study(Path("x.db"))
    several = Path("several.yaml")
    several.write_text(new.read_text().replace("objective: val_accuracy", "objectives: [val_accuracy, params]"))
    code, _, told = call("import", URL, "--into", several)
    assert code != 0
    assert "has several objectives, and samplers learn from earlier trials of one" in told


@pytest.mark.slow
def test_a_study_of_the_users_own_code_takes_what_its_code_asks_for(call):
    Path("own.py").write_text(
        "import keras\n\n\ndef build(hp):\n"
        '    widths = [hp.Int(f"units_{i}", 8, 64) for i in range(hp.Int("layers", 1, 2))]\n'
        "    model = keras.Sequential([keras.layers.Dense(width) for width in widths])\n"
        '    model.compile("adam", "mse")\n    return model\n'
    )
    own = Path("own.yaml")
    own.write_text("study: new\ndata: sklearn:iris\nmodel: {code: own.py:build}\nobjective: val_loss\nbudget: 4\n")
    values = [{"layers": 1, "units_0": 8}, {"layers": 2, "units_0": 9, "units_1": 10}, {"layers": 1, "units_0": 99}]
    trials = [keras_tuner_trial(number, tried, val_loss=[0.5]) for number, tried in enumerate(values)]
    keras_tuner_project(Path("tuning/own"), *trials)
    code, out, err = call("import", "tuning/own", "--into", own)
    assert code == 0, err
    (first, second) = [dict(trial.params) for trial in learnt()]
    assert (first.pop("units_1") in range(8, 65), first) == (True, values[0])
    assert second == values[1]
    assert "1  `units_0` is outside {int: [8, 64]}, such as 99" in out

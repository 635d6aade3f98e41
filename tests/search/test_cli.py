"""The commands as a person meets them: exit codes, and what is said when something is wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rehearsal import BASE, Rehearsal

from search.cli import main
from search.folder import StudyFolder

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


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


def python(here, *arguments, **options):
    """Runs Python in a process of its own, from the working directory."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=here, env=env, capture_output=True, text=True, check=False, **options
    )


# ------------------------------------------------------------------------------------------- without a study
def test_help_lists_the_commands(here):
    done = python(here, "-m", "search", "--help")
    assert done.returncode == 0
    for command in ("run", "check", "import", "schema", "show", "export", "predict"):
        assert re.search(rf"^    {command} ", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments", [[], ["rum", "space.yaml"], ["run"], ["export", "small"]])
def test_a_command_that_is_not_known_or_not_whole_is_a_mistake_of_the_user(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m search" in capsys.readouterr().err


FRAMEWORKS = ("tensorflow", "keras", "mlflow", "keras_tuner", "optuna", "torch")


@pytest.mark.parametrize("arguments", [["--help"], ["check", "space.yaml"], ["schema"], ["check", "wrong.yaml"]])
def test_help_check_and_schema_load_no_framework(here, arguments):
    Rehearsal().write()
    Rehearsal().write(BASE + "wokers: 2\n", "wrong.yaml")
    code = (
        "import sys\nfrom search.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        f"print('loaded:', *(name for name in {FRAMEWORKS!r} if name in sys.modules), file=sys.stderr)"
    )
    done = python(here, "-c", code)
    assert done.stderr.splitlines()[-1] == "loaded:"


def test_schema_prints_json(call):
    code, out, _ = call("schema")
    assert code == 0
    assert json.loads(out)["title"] == "study file"


def test_a_reader_that_has_left_a_pipe_is_no_error_to_print(here):
    command = f"{sys.executable} -m search schema | head -c 1; echo ${{PIPESTATUS[0]}}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], cwd=here, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{1\n", "")


# ------------------------------------------------------------------------------------------- the study file
WRONG = """\
study: small
data: sklearn:iris
objective: val_acuracy
model:
  layers: 1
  units: {int: [512, 64]}
budget: {trials: 0}
wokers: 2
"""


@pytest.mark.parametrize("command", ["run", "check"])
def test_all_mistakes_of_a_file_are_told_in_its_order(call, command):
    code, out, err = call(command, Rehearsal().write(WRONG))
    lines = err.splitlines()
    assert code == 2
    assert out == ""
    assert [line.split(": ")[0] for line in lines[:-1]] == [
        "space.yaml:3:12 objective.metric",
        "space.yaml:6:16 model.units.int",
        "space.yaml:7:18 budget.trials",
        "space.yaml:8:1 wokers",
    ]
    assert "did you mean `val_accuracy`?" in lines[0]
    assert lines[1].endswith("low is 512 but high is 64; make low smaller than high")
    assert "did you mean `workers`?" in lines[3]
    assert lines[-1] == "4 problems"


def test_one_mistake_is_counted_as_one(call):
    _, _, err = call("check", Rehearsal().write(BASE + "wokers: 2\n"))
    assert err.splitlines()[-1] == "1 problem"


def test_an_override_is_read_and_its_mistakes_are_told(call):
    code, out, _ = call("check", Rehearsal().write(), "study=other", "training.learning_rate=0.1")
    assert code == 0
    assert "study `other`" in out
    code, _, err = call("check", "space.yaml", "training.epochs=many", "nonsense")
    assert code == 2
    assert "command line:1:" in err
    assert "`nonsense` is no override; write `key=value`" in err


@pytest.mark.parametrize(
    ("file", "says"),
    [("absent.yaml", "absent.yaml:1:1: there is no such file"), (".", ":1:1: this is a folder, not a file")],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_file_that_cannot_be_read_is_told(call, command, file, says):
    code, _, err = call(command, file)
    assert code == 2
    assert says in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_is_told(call):
    path = Rehearsal().write()
    path.chmod(0)
    code, _, err = call("check", path)
    assert code == 2
    assert "the file cannot be read (Permission denied)" in err


def test_check_says_what_varies_and_how_much_keeps_the_limits(call):
    code, out, _ = call("check", Rehearsal().write(), "limits=[learning_rate < 0.5]")
    assert code == 0
    assert "1 parameters vary" in out or "1 parameter varies" in out
    assert re.search(r"learning_rate +.*0.1.*0.9", out)
    share = re.search(r"(\d+) % of", out)
    assert share is not None
    assert 40 < int(share[1]) < 60


def test_check_fails_when_nothing_keeps_the_limits(call):
    assert call("check", Rehearsal().write(), "limits=[learning_rate > 5]")[0] == 1


def test_check_changes_nothing(here, call):
    call("check", Rehearsal().write())
    assert [path.name for path in here.iterdir()] == ["space.yaml"]


# ------------------------------------------------------------------------------------------- running
@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{source: rows.csv, target: y}", "there is no file `rows.csv`; "),
        ("{source: one.csv, target: y}", "target `y` has one class: `1` in all 12 rows"),
        ("{source: one.csv, target: z}", "target: there is no column `z`; "),
        ("no_such_module:rows", "module `no_such_module` cannot be imported"),
    ],
)
def test_data_that_cannot_be_used_get_a_sentence(here, call, data, says):
    (here / "one.csv").write_text("a,y\n" + "\n".join(f"{i},1" for i in range(12)) + "\n")
    code, _, err = call("run", Rehearsal().write(BASE.replace("sklearn:iris", data)))
    assert code == 1
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", [["run"], ["check", "--build"]])
def test_a_study_that_does_not_fit_its_data_is_told_where(here, call, command):
    """Only the data tell that these are amounts."""
    (here / "rows.csv").write_text("a,y\n" + "\n".join(f"{i},{i * 0.37}" for i in range(60)) + "\n")
    code, _, err = call(*command, Rehearsal().write(BASE.replace("sklearn:iris", "{source: rows.csv, target: y}")))
    assert code == 2
    assert "space.yaml:3:12 objective.metric: `val_accuracy` does not fit a regression task; choose among val_" in err
    assert "1 problem" in err


def test_a_study_that_another_process_runs_is_left_alone(here, call):
    with StudyFolder(here / "studies" / "small").held():
        code, _, err = call("run", Rehearsal().write())
    assert code == 1
    assert f"studies/small is being run by process {os.getpid()}; wait for it to end or stop it first" in err


def test_a_study_file_that_is_another_studys_is_refused_with_every_difference(call):
    Rehearsal().run("budget=1")
    code, _, err = call("run", "space.yaml", "seed=3", "training.epochs=9", "training.learning_rate={float: [0.2, 3]}")
    assert code == 1
    lines = err.splitlines()
    assert lines[0] == "the study `small` was begun differently (studies/small/space.lock.json):"
    assert lines[1:-1] == [
        "  - `epochs` was fixed at 6; it is fixed at 9",
        "  - `learning_rate` was {float: [0.1, 0.9]}; it is {float: [0.2, 3]}",
        "  - seed was 0 and is 3",
    ]
    assert lines[-1].startswith("put these back to continue it, or begin a new study by adding `study=small-2`")


def test_a_folder_that_cannot_be_made_gets_a_sentence(call):
    code, _, err = call("run", Rehearsal().write(), "folder=space.yaml/studies")
    assert code == 1
    assert re.search(r"space.yaml.* cannot be used \(.*\); check the path and its rights", err)


def test_a_damaged_record_gets_a_sentence(call):
    folder = Rehearsal().run("budget=1").folder
    (folder / "record.db").write_bytes(b"nonsense" * 500)
    code, _, err = call("run", "space.yaml", "budget=1")
    assert code == 1
    assert "record.db is damaged" in err
    assert "put the backup studies/small/record.backup.db in its place" in err


# ------------------------------------------------------------------------------------------- stored studies
def test_show_prints_the_leaderboard_of_a_study_by_name_and_by_folder(call):
    Rehearsal().run("folder=kept", "ensemble=2")
    code, out, _ = call("show", "kept/small")
    assert code == 0
    assert "small: 4 done" in out
    assert "ensemble:" in out
    Rehearsal().run()
    assert call("show", "small")[1].startswith("small: 4 done")


def test_show_prints_one_trial(call):
    Rehearsal().run()
    code, out, _ = call("show", "small", 2)
    assert code == 0
    assert "learning_rate" in out
    assert "files: studies/small/trials/0002" in out


def test_a_trial_whose_files_were_deleted_says_so_and_how_to_have_them_again(call):
    rehearsal = Rehearsal().run("keep=2", "ensemble=1")
    deleted = rehearsal.rows[-1]["trial"]
    sentence = (
        f"model and predictions in studies/small/trials/000{deleted} were deleted: `keep` holds the files of 2 trials, "
        "it was in place "
    )
    mend = "to have them again, run its configuration as a study of its own, with a larger `keep` or none"
    code, out, _ = call("show", "small", deleted)
    assert code == 0
    assert f"files: {sentence}" in out
    assert mend in out
    members = rehearsal.ensemble | {"members": [{"trial": int(deleted), "weight": 1.0}]}
    (rehearsal.folder / "ensemble.json").write_text(json.dumps(members))
    code, _, err = call("export", "small", "--to", "out")
    assert code == 1
    assert err.startswith(sentence)
    assert err.strip().endswith(mend)


@pytest.mark.parametrize("arguments", [["show"], ["show", "3"], ["export", "--to", "out"]])
def test_an_unknown_study_lists_the_known_ones_and_the_nearest(call, arguments):
    Rehearsal().run("budget=1")
    command, *rest = arguments
    code, _, err = call(command, "smal", *rest)
    assert code == 1
    assert err == (
        "there is no study `smal` under studies/ nor a study in the folder smal; "
        "did you mean `small`? known are small\n"
    )


def test_without_any_study_show_says_how_to_begin(call):
    code, _, err = call("show", "small")
    assert code == 1
    assert "run a study file first: python -m search run space.yaml" in err


def test_an_unknown_trial_is_told_which_there_are(call):
    Rehearsal().run("budget=2")
    code, _, err = call("show", "small", 7)
    assert code == 1
    assert err == "small has no trial 7; its trials are numbered from 0 to 1\n"


def test_a_damaged_lock_gets_a_sentence(call):
    folder = Rehearsal().run("budget=1").folder
    (folder / "space.lock.json").write_text("{}")
    for arguments in (["show", "small"], ["run", "space.yaml"]):
        code, _, err = call(*arguments)
        assert code == 1
        assert "studies/small/space.lock.json cannot be read" in err
        assert "put back a copy, or move the study's folder away to begin anew" in err


def test_a_study_without_an_ensemble_cannot_be_exported(call):
    Rehearsal().run("budget=1")
    code, _, err = call("export", "small", "--to", "out")
    assert code == 1
    assert "studies/small/ensemble.json is missing: the study has no ensemble yet; run the study to its end" in err


def test_a_damaged_ensemble_gets_a_sentence(call):
    folder = Rehearsal().run("ensemble=2").folder
    (folder / "ensemble.json").write_text("[]")
    code, _, err = call("export", "small", "--to", "out")
    assert code == 1
    assert "ensemble.json cannot be read" in err
    assert "run the study again to rebuild it" in err


def test_predicting_without_an_export_gets_a_sentence(here, call):
    code, _, err = call("predict", "nowhere", "rows.csv", "--out", "p.csv")
    assert code == 1
    assert "nowhere" in err
    assert len(err.splitlines()) == 1


def test_a_second_ctrl_c_says_that_nothing_stored_is_lost(call, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("search.checking.check", interrupted)
    code, _, err = call("check", Rehearsal().write())
    assert code == 130
    assert "stopped at once; `run` again continues from what is stored" in err

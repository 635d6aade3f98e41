"""What a person is told of trials that are trained step by step."""

import json

import pytest
from rehearsal import BASE, Rehearsal

from models.bundle import FORMAT, MANIFEST
from search.by_step import SayingByStep, why_by_step
from search.cli import main
from search.folder import StudyFolder
from search.study import Cause, Outcome, TrialState

WHY = "Watch has on_train_batch_end"
OUTCOME = Outcome(TrialState.COMPLETE, Cause.FINISHED)


class Lines:
    """A view that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def show(self, progress):
        self.lines.append("shown")

    def trial_ended(self, number, outcome):
        self.lines.append(f"trial {number}")

    def say(self, line):
        self.lines.append(line)

    def close(self):
        self.lines.append("closed")


def stored(folder, result):
    """A stored trial, as far as its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": {}, "result": result}))


@pytest.mark.parametrize(("result", "why"), [({"by_step": WHY}, WHY), ({"by_step": ""}, ""), ({}, "")])
def test_the_result_of_a_trial_tells_why(tmp_path, result, why):
    stored(tmp_path, result)
    assert why_by_step(tmp_path) == why


def test_a_trial_without_a_result_tells_nothing(tmp_path):
    assert why_by_step(tmp_path / "none") == ""


def test_it_is_said_once_after_the_first_trial_that_has_a_result(tmp_path):
    folder, lines = StudyFolder(tmp_path), Lines()
    view = SayingByStep(lines, folder)
    for number in range(3):
        if number:
            stored(folder.trial(number), {"by_step": WHY})
        view.trial_ended(number, OUTCOME)
    view.show(None)
    view.say("note")
    view.close()
    note = f"note: trials are trained step by step, because {WHY}; whole epochs are faster"
    assert lines.lines == ["trial 0", "trial 1", note, "trial 2", "shown", "note", "closed"]


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("Ends", 0, "callbacks: Ends\n  trials are trained step by step, because Ends has on_train_batch_end; whole"),
        ("Whole", 0, "callbacks: Whole\n"),
        ("{call: mine.py:Ends, with: {lmit: 3}}", 1,
         "training.callbacks: TypeError: Whole.__init__() got an unexpected keyword argument 'lmit'; mend the"),
        ("nothing", 1, "training.callbacks: `mine.py:nothing` made a NoneType, no callback; name a class"),
    ],
)  # fmt: skip
def test_check_with_build_makes_the_callbacks_and_says_it(tmp_path, monkeypatch, capsys, name, code, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import keras\nclass Whole(keras.callbacks.Callback):\n    def __init__(self):\n        super().__init__()\n"
        "class Ends(Whole):\n    def on_train_batch_end(self, batch, logs=None): ...\ndef nothing(): ...\n"
    )
    own = name if name.startswith("{") else f"mine.py:{name}"
    study = Rehearsal().write(BASE.replace("{epochs: 6,", f"{{callbacks: {own}, epochs: 6,"))
    assert main(["check", str(study), "--build"]) == code
    told = "".join(capsys.readouterr())
    assert says in told
    assert ("step by step" in told) == (name == "Ends")


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
def test_run_and_show_say_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("import keras\nclass Watch(keras.callbacks.Callback): ...\n")
    text = BASE.replace("{epochs: 6,", "{callbacks: mine.py:Watch, epochs: 6,")
    kept = Rehearsal().run("budget=1", text=text).folder
    stored(kept / "trials" / "0001", {"by_step": WHY})
    printed = Rehearsal().run(text=text).text
    assert printed.count(f"step by step, because {WHY}") == 1
    assert main(["show", "small", "1"]) == 0
    assert f"\ntrained step by step, because {WHY}; whole epochs are faster\n" in capsys.readouterr().out
    main(["show", "small", "2"])
    assert "step by step" not in capsys.readouterr().out

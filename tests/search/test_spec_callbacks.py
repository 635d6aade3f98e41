"""`training.callbacks`: what may be written, and what is told before anything is trained."""

import subprocess
import sys
from pathlib import Path

import pytest
from spec_text import FIXED, problems, read

from models.config import Config
from models.spec.callbacks import OwnCallback

MINE = """\
import keras
from tensorflow.keras.callbacks import LambdaCallback as Quick

try:
    import fast as Speed
except ImportError:
    class Speed: ...

class Watch(keras.callbacks.Callback): ...

def make(limit=1): return Watch()

OTHER = make
_hidden = 1
"""


@pytest.fixture(autouse=True)
def mine(tmp_path: Path) -> Path:
    """A file with callbacks beside the study file."""
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def own(text: str) -> str:
    return f"training.callbacks={text}"


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("mine.py:Watch", (OwnCallback("mine.py:Watch"),)),
        ("[mine.py:Watch, keras.callbacks:TerminateOnNaN]",
         (OwnCallback("mine.py:Watch"), OwnCallback("keras.callbacks:TerminateOnNaN"))),
        ("{call: mine.py:make, with: {limit: 3, sizes: [1, {a: null}], name: x}}",
         (OwnCallback("mine.py:make", {"limit": 3, "sizes": [1, {"a": None}], "name": "x"}),)),
        ("[{call: mine.py:make, with: {limit: 1}}, {call: mine.py:make, with: {limit: 2}}]",
         (OwnCallback("mine.py:make", {"limit": 1}), OwnCallback("mine.py:make", {"limit": 2}))),
        ("[mine.py:Quick, mine.py:Speed, mine.py:OTHER]",
         tuple(OwnCallback(f"mine.py:{name}") for name in ("Quick", "Speed", "OTHER"))),
        ("[]", ()),
    ],
)  # fmt: skip
def test_callbacks_are_a_list_of_references_with_or_without_arguments(
    tmp_path: Path, text: str, read_as: tuple[OwnCallback, ...]
) -> None:
    assert read(tmp_path, FIXED, own(text)).spec.training.callbacks == read_as


def test_a_configuration_has_the_files_where_they_are_and_outlives_json(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED, own("[{call: mine.py:make, with: {limit: 3}}, keras.callbacks:TerminateOnNaN]"))
    config = study.config({})
    assert config.training.callbacks == (
        OwnCallback(f"{tmp_path}/mine.py:make", {"limit": 3}),
        OwnCallback("keras.callbacks:TerminateOnNaN"),
    )
    assert Config.from_json(config.to_json()) == config


def test_they_do_not_vary_and_leave_the_other_knobs_alone(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED.replace("{epochs: 3}", "{callbacks: mine.py:Watch}"))
    assert "learning_rate" in study.space.names
    assert not any("callbacks" in name for name in study.space.names)


REFERENCES = "write `file.py:Name` or `package.module:Name`"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mine.py", f".0: mine.py names no callback; {REFERENCES}"),
        ("'mine.py:'", f'.0: "mine.py:" names no callback; {REFERENCES}'),
        ("'my pack.age:Watch'", f'.0: "my pack.age:Watch" names no callback; {REFERENCES}'),
        ("[mine.py:Watch, 3]", f".1: 3 names no callback; {REFERENCES}, or {{call: ..., with: {{argument: value}}}}"),
        ("null", f".0: nothing (null) names no callback; {REFERENCES}, or {{call: ..., with: {{argument: value}}}}"),
        ("[mine.py:Watch, mine.py:Watch]", ".1: `mine.py:Watch` stands twice in the list; leave one out"),
        ("{with: {}}", ".0.call: `call` is missing; add `call: file.py:Name`"),
        ("{call: 3}", f".0.call: 3 names no callback; {REFERENCES}"),
        ("{call: mine.py:make, wiht: {}}", ".0.wiht: unknown key `wiht`; did you mean `with`? known are call, with"),
        ("{call: mine.py:make, with: 3}", ".0.with: 3 is not a mapping; write `with: {argument: value}`"),
        ("{call: mine.py:make, with: {a-b: 3}}", ".0.with.a-b: a-b is no argument's name; write a Python name"),
        ("{call: mine.py:make, with: {a: {int: [1, 3]}}}",
         ".0.with.a: arguments of a callback do not vary; write one value"),
        ("{call: mine.py:make, with: {a: [.inf]}}",
         ".0.with.a: [inf] is no argument; write numbers, texts, lists or mappings"),
        ("mine.py:Wacth",
         ".0: `mine.py` has no `Wacth`; did you mean `Watch`? known are OTHER, Quick, Speed, Watch, keras, make"),
        ("mien.py:Watch", ".0: there is no file `mien.py`; did you mean `mine.py`?"),
        ("nowhere/at.py:Watch", ".0: there is no file `nowhere/at.py`; write its path relative to the study file"),
        ("kreas.callbacks:History",
         ".0: there is no module `kreas.callbacks`; install it, or write the file as `path/file.py:History`"),
        ("json.decoder.deeper:History",
         ".0: there is no module `json.decoder.deeper`; install it, or write the file as `path/file.py:History`"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_callback_is_told(tmp_path: Path, text: str, told: str) -> None:
    lines = [line.replace(f"{tmp_path}/", "") for line in problems(tmp_path, FIXED, own(text))]
    assert lines == [f"command line:1:1 training.callbacks{told}"]


def test_a_misspelt_keras_callback_is_told_the_nearest(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, FIXED, own("keras.callbacks:TerminateOnNan"))
    assert "`keras.callbacks` has no `TerminateOnNan`; did you mean `TerminateOnNaN`?" in line


def test_a_file_that_is_no_python_is_told_with_its_line(tmp_path: Path, mine: Path) -> None:
    mine.write_text("import keras\nclass Watch(:\n")
    (line,) = problems(tmp_path, FIXED, own("mine.py:Watch"))
    assert "mine.py` is no Python: invalid syntax in line 2; mend the file" in line


@pytest.mark.parametrize("reference", ["mine.py:Anything", "tensorflow.keras.callbacks:History", "math:sin"])
def test_what_only_running_it_can_tell_is_let_through(tmp_path: Path, mine: Path, reference: str) -> None:
    mine.write_text("from keras.callbacks import *\n")
    assert read(tmp_path, FIXED, own(reference)).spec.training.callbacks == (OwnCallback(reference),)


def test_looking_at_callbacks_imports_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(FIXED.replace("{epochs: 3}", "{callbacks: keras.callbacks:History}"))
    code = (
        "import sys\nfrom pathlib import Path\nfrom search.spec import load\nload(Path(sys.argv[1]))\n"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "space.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

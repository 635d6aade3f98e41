"""README and quickstart as a reader goes through them: every block saved or typed, in a folder of its own.

Two things are other than for the reader. Budgets are cut to some seconds, by overrides that the tests append to `run`.
And what installs or tests the project is not typed again here: `.ci/run` does that in a clean environment, and
`test_documents.py` compares its words.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reading import COMMAND, ROOT, Fence, fences

pytestmark = pytest.mark.slow

README, QUICKSTART = ROOT / "README.md", ROOT / "docs" / "quickstart.md"
NOT_TYPED = ("pip install", "python -m pytest", ".ci/run")
SHORTER = {"budget.trials": "12", "training.epochs": "2", "search.pruner": "none"}
"""Ten complete trials are the least of which the end of `run` says what mattered."""
EXPECTED_CODES = {"yaml wrong": 2}
PATIENCE_S = 120
WITHOUT_THE_PROJECT = "import sys; sys.modules.update(dict.fromkeys(('spaces', 'models', 'tracking', 'search')))\n"
"""An import of one of the rooms fails behind this line."""


@dataclass
class Reader:
    """Does what a page says in the folder `root`; `printed` is what each command has answered."""

    page: Path
    root: Path
    printed: dict[str, str] = field(default_factory=dict)

    def type(self, command: str, *, code: int = 0) -> None:
        if command.startswith(NOT_TYPED) or command in self.printed:
            return
        if command == "mlflow ui":
            self.printed[command] = self.look_at_mlflow()
        elif command.startswith(COMMAND):
            self.printed[command] = self.run([sys.executable, *self.shortened(command)], code=code)
        else:
            pytest.fail(f"a reader would not know what to do with `{command}`")

    def shortened(self, command: str) -> list[str]:
        """The command's words after `python`, a `run` with a smaller budget."""
        words = shlex.split(command)[1:]
        if words[2] != "run":
            return words
        kept = [word for word in words if word.partition("=")[0] not in SHORTER]
        return kept + [f"{key}={value}" for key, value in SHORTER.items()]

    def run(self, words: list[str], *, code: int = 0) -> str:
        done = subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=False, env=self.environment())
        assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def save_and_run(self, fence: Fence, *, alone: bool = False) -> str:
        (self.root / "block.py").write_text((WITHOUT_THE_PROJECT if alone else "") + fence.text, encoding="utf-8")
        return self.run([sys.executable, "block.py"])

    def environment(self) -> dict[str, str]:
        return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}

    def look_at_mlflow(self) -> str:
        """The names of the experiments that `mlflow ui` serves; only its port is chosen here."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "mlflow", "ui"]
        environment = {**self.environment(), "MLFLOW_PORT": str(port)}
        with (self.root / "ui.log").open("w") as log:
            server = subprocess.Popen(
                command, cwd=self.root, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            return experiments(f"http://127.0.0.1:{port}", server)
        finally:
            os.killpg(server.pid, 15)
            server.wait(PATIENCE_S)


def experiments(address: str, server: subprocess.Popen[bytes]) -> str:
    """Waits until the server answers. Raises AssertionError when it does not."""
    query = urllib.request.Request(
        f"{address}/api/2.0/mlflow/experiments/search",
        data=json.dumps({"max_results": 10}).encode(),
        headers={"content-type": "application/json"},
    )
    until = time.monotonic() + PATIENCE_S
    while True:
        assert server.poll() is None, "mlflow ui has ended"
        assert time.monotonic() < until, "mlflow ui does not answer"
        try:
            with urllib.request.urlopen(query, timeout=5) as answer:
                return " ".join(e["name"] for e in json.load(answer)["experiments"])
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)


def blocks(page: Path, *infos: str) -> list[Fence]:
    return [fence for fence in fences(page) if fence.info in infos]


def labels(lines: tuple[str, ...] | list[str]) -> set[str]:
    """What lines of output begin with: words before a colon, or `trial`; indented lines are tables."""
    found = set()
    for line in lines:
        head, colon, _ = line.partition(":")
        if line[0] != " " and (colon or line.startswith("trial ")):
            found.add(head if colon else "trial")
    return found


@pytest.fixture(scope="module")
def readme(tmp_path_factory) -> Reader:
    """The whole README, read; its rows are made first, because the commands at its top need them."""
    reader = Reader(README, tmp_path_factory.mktemp("readme"))
    (reader.root / "examples").mkdir()
    for path in (ROOT / "examples").iterdir():
        if path.is_file():
            (reader.root / "examples" / path.name).write_bytes(path.read_bytes())
    rows, *_ = blocks(README, "python")
    reader.save_and_run(rows)
    for fence in blocks(README, "sh", "console"):
        for command in fence.commands:
            reader.type(command)
    return reader


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory) -> Reader:
    """The whole quickstart, read from top to end; Ctrl-C is pressed in the acceptance tests."""
    reader = Reader(QUICKSTART, tmp_path_factory.mktemp("quickstart"))
    code = 0
    for fence in fences(QUICKSTART):
        if fence.info in ("yaml", "yaml wrong"):
            (reader.root / "deliveries.yaml").write_text(fence.text, encoding="utf-8")
            code = EXPECTED_CODES.get(fence.info, 0)
        elif fence.info == "python":
            reader.printed[f"block {fence.line}"] = reader.save_and_run(fence, alone=fence.heading.startswith("5"))
        for command in fence.commands:
            reader.type(command, code=1 if command.endswith("data.target=lat") else code)
    return reader


@pytest.mark.parametrize("page", ["readme", "quickstart"])
def test_the_output_has_every_kind_of_line_that_the_page_shows(page, request):
    reader = request.getfixturevalue(page)
    for fence in blocks(reader.page, "console"):
        if not fence.commands:
            continue
        printed = "".join(reader.printed[command] for command in fence.commands)
        lines = [line for line in printed.splitlines() if line]
        assert labels(fence.shown) <= labels(lines), fence.place


def test_mlflow_ui_shows_the_study_of_the_readme(readme):
    assert "digits" in readme.printed["mlflow ui"].split()


def test_the_predictions_of_the_readme_are_ten_rows_with_a_probability_for_each_class(readme):
    lines = (readme.root / "predictions.csv").read_text().splitlines()
    assert len(lines) == 11
    assert lines[0] == ",".join(["prediction", *(f"probability {digit}" for digit in range(10))])


def test_the_export_of_the_readme_predicts_the_same_without_the_project(readme):
    *_, use = blocks(README, "python")
    stored = (readme.root / "predictions.csv").read_text().splitlines()[1:]
    assert str([int(line.split(",")[0]) for line in stored]) in readme.save_and_run(use, alone=True)


def test_what_check_answers_is_quoted_word_for_word_in_the_quickstart(quickstart):
    for fence in blocks(QUICKSTART, "console"):
        for command in fence.commands:
            if " check " in command:
                printed = quickstart.printed[command].splitlines()
                assert [line for line in fence.shown if line not in printed] == [], fence.place


def test_the_quickstart_predicts_every_new_row(quickstart):
    lines = (quickstart.root / "predictions.csv").read_text().splitlines()
    assert lines[0] == "prediction,probability no,probability yes"
    assert [re.match("yes|no", line) is not None for line in lines[1:]] == [True] * 5

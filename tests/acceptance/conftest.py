"""Runs the real command in a folder of its own, and waits for what it prints."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

PATIENCE_S = 600


@dataclass
class Command:
    """A started `python -m search ...`; its output grows in a file."""

    process: subprocess.Popen
    out: Path

    @property
    def text(self):
        return self.out.read_text()

    def wait_for(self, found, what):
        """Waits until `found(text)` is true. Fails when the command ends first or takes too long."""
        until = time.monotonic() + PATIENCE_S
        while not found(self.text):
            assert self.process.poll() is None, f"ended before {what}:\n{self.text}"
            assert time.monotonic() < until, f"no {what} after {PATIENCE_S} s:\n{self.text}"
            time.sleep(0.05)

    def end(self):
        """Exit code, once it has ended."""
        return self.process.wait(timeout=PATIENCE_S)

    def kill(self, which=signal.SIGKILL):
        self.process.send_signal(which)

    def workers(self):
        """Process ids of the workers: children of the fork server."""
        children = psutil.Process(self.process.pid).children()
        servers = [child for child in children if any("forkserver" in part for part in child.cmdline())]
        return [worker.pid for server in servers for worker in server.children()]


@dataclass
class Place:
    """A working folder with a study file in it."""

    root: Path

    def start(self, *arguments):
        return self._start("-m", "search", *map(str, arguments))

    def _start(self, *arguments):
        out = self.root / "out.txt"
        with out.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.root,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        return Command(process, out)

    def start_script(self, text):
        """Runs a script of the test's own, which ends as a command does."""
        return self._start(self.write(text, "command.py"))

    def run(self, *arguments, code=0):
        """Runs a command to its end and returns what it printed."""
        command = self.start(*arguments)
        assert command.end() == code, command.text
        return command.text

    def write(self, text, name="space.yaml"):
        (self.root / name).write_text(text)
        return name

    def trials(self, study):
        """Number -> state, as the record has them."""
        return dict(self._rows(self.root / "studies" / study / "record.db", "SELECT number, state FROM trials"))

    def epochs(self, study):
        """Number -> epochs that are stored."""
        query = (
            "SELECT t.number, count(*) FROM trial_intermediate_values v "
            "JOIN trials t ON t.trial_id = v.trial_id GROUP BY t.number"
        )
        return dict(self._rows(self.root / "studies" / study / "record.db", query))

    def last_epochs(self, study):
        """Number -> the last epoch that is stored."""
        query = (
            "SELECT t.number, max(v.step) FROM trial_intermediate_values v "
            "JOIN trials t ON t.trial_id = v.trial_id GROUP BY t.number"
        )
        return dict(self._rows(self.root / "studies" / study / "record.db", query))

    def runs(self):
        """Name -> statuses of all MLflow runs of that name."""
        runs = {}
        for name, status in self._rows(self.root / "mlflow.db", "SELECT name, status FROM runs"):
            runs.setdefault(name, []).append(status)
        return runs

    def steps(self, metric):
        """Name -> the steps of `metric` in the MLflow run of that name, in order."""
        query = "SELECT r.name, m.step FROM metrics m JOIN runs r USING (run_uuid) WHERE m.key = ? ORDER BY m.step"
        steps = {}
        for name, step in self._rows(self.root / "mlflow.db", query, metric):
            steps.setdefault(name, []).append(step)
        return steps

    def outcome(self, study, number, attribute):
        """What the record says of the end of a trial."""
        query = (
            "SELECT a.value_json FROM trial_user_attributes a "
            "JOIN trials t ON t.trial_id = a.trial_id WHERE t.number = ? AND a.key = ?"
        )
        ((value,),) = self._rows(self.root / "studies" / study / "record.db", query, number, attribute)
        return json.loads(value)

    @staticmethod
    def _rows(path, query, *values):
        connection = sqlite3.connect(path)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()


def working_in(folder):
    """Every process whose working directory is `folder`."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(folder):
                found.append(process)
    return found


@pytest.fixture
def place(tmp_path):
    started = Place(tmp_path)
    yield started
    for process in working_in(tmp_path):
        process.kill()

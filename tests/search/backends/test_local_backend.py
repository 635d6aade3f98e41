"""Real worker processes that play a part: what the backend makes of their lives and deaths."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from lives import ACTING

from models.objective import Direction, Objective
from search.backends.fork_server import WorkerServerError
from search.backends.local import SHORT_OF_MEMORY, LocalBackend, LocalSettings, WorkerMemoryError
from search.clock import ManualClock
from search.study import Cause, Decision, Finished, Lost, Outcome, Paused, Reported, Started, Suggestion, TrialState
from search.trial import TrialTask

ROOT = Path(__file__).parents[3]
PATIENCE = 300
"""Looks of 0.1 s at the workers before a test gives up."""


class Theatre:
    """A backend with its clock; `events` answers every report as it is told to."""

    def __init__(self, folder, **settings):
        self.clock = ManualClock()
        base = {"workers": 1, "threads": 1, "silence_s": 1e9, "recycle_bytes": 1 << 60}
        self.backend = LocalBackend(
            LocalSettings(**{**base, **settings}, log=folder / "workers.log"), self._task, self.clock, life=ACTING
        )
        self._folder = folder
        self._parts = {}
        self.pids = {}

    def _task(self, suggestion):
        return TrialTask(
            number=suggestion.number,
            config={"part": self._parts[suggestion.number]},
            objective=Objective("pid", Direction.MAXIMIZE),
            seed=0,
            epochs=suggestion.epochs,
            folder=self._folder,
            data=self._folder,
            resume=False,
        )

    def begin(self, number, part="train", epochs=3):
        self._parts[number] = part
        self.backend.submit(Suggestion(number, {}, epochs))

    def events(self, until, answer=Decision.go_on):
        """All events up to the look at the workers in which `until` is true for one of them."""
        seen = []
        for _ in range(PATIENCE):
            now = [self._took(event, answer) for event in self.backend.events(0.1)]
            seen += now
            if any(map(until, now)):
                return seen
        raise AssertionError(f"never came: {seen}")

    def _took(self, event, answer):
        if isinstance(event, Reported):
            self.pids[event.number] = int(event.report.metrics["pid"])
            if answer is not None:
                self.backend.answer(event.number, answer())
        return event

    def end_of(self, number, **options):
        def is_end(event):
            return isinstance(event, Finished | Lost | Paused) and event.number == number

        return next(event for event in self.events(is_end, **options) if is_end(event))

    def processes(self):
        return [worker.process.pid for worker in self.backend._workers]


@pytest.fixture
def theatre(tmp_path):
    opened = []

    def open_theatre(**settings):
        opened.append(Theatre(tmp_path, **settings))
        return opened[-1]

    yield open_theatre
    for one in opened:
        one.backend.close(gently=False)


def is_gone(pid):
    """Whether the process ends within some seconds."""
    try:
        return bool(psutil.wait_procs([psutil.Process(pid)], timeout=20)[0])
    except psutil.NoSuchProcess:
        return True


def test_a_trial_starts_reports_its_epochs_and_finishes(theatre):
    stage = theatre()
    stage.begin(0)
    seen = stage.events(lambda e: isinstance(e, Finished))
    assert [type(e) for e in seen] == [Started, Reported, Reported, Reported, Finished]
    assert seen[-1] == Finished(0, Outcome(TrialState.COMPLETE, Cause.FINISHED, epochs=3))
    assert stage.backend.free == 1


def test_count_workers_train_at_the_same_time(theatre):
    stage = theatre(workers=2)
    assert stage.backend.free == 2
    stage.begin(0)
    stage.begin(1)
    assert stage.backend.free == 0
    with pytest.raises(RuntimeError, match="no worker is free"):
        stage.begin(2)
    ended = set()
    stage.events(lambda e: isinstance(e, Finished) and (ended.add(e.number) or len(ended) == 2))
    assert stage.pids[0] != stage.pids[1]


def test_a_worker_waits_for_the_answer_to_its_report(theatre):
    stage = theatre()
    stage.begin(0)
    stage.events(lambda e: isinstance(e, Reported), answer=None)
    assert list(stage.backend.events(0.2)) == []
    stage.backend.answer(0, Decision.stop("enough"))
    assert stage.end_of(0).outcome.epochs == 1


def test_a_paused_trial_leaves_its_worker_to_another(theatre):
    stage = theatre()
    stage.begin(0)
    assert stage.end_of(0, answer=lambda: Decision.pause("later")) == Paused(0, 1)
    stage.begin(1)
    assert isinstance(stage.end_of(1), Finished)
    assert stage.pids[0] == stage.pids[1]


@pytest.mark.parametrize(("part", "reason"), [("die", "killed by SIGSEGV"), ("exit", "exit code 3")])
def test_a_worker_that_dies_is_told_and_replaced(theatre, part, reason):
    stage = theatre()
    stage.begin(0, part)
    assert stage.end_of(0) == Lost(0, Cause.LOST, f"its worker died ({reason})")
    stage.begin(1)
    assert isinstance(stage.end_of(1), Finished)


def test_a_killed_worker_is_told_and_the_others_train_on(theatre):
    stage = theatre(workers=2)
    stage.begin(0, "hang")
    stage.begin(1, "train", epochs=5)
    os.kill(stage.processes()[0], signal.SIGKILL)
    ended = {}
    stage.events(lambda e: isinstance(e, Finished | Lost) and (ended.update({e.number: e}) or len(ended) == 2))
    assert ended[0] == Lost(0, Cause.LOST, "its worker died (killed by SIGKILL)", SHORT_OF_MEMORY)
    assert isinstance(ended[1], Finished)


def test_the_death_of_the_server_that_workers_are_forked_from_costs_an_epoch(theatre):
    """Nobody passes on exit codes any more; the workers are replaced, from another server."""
    stage = theatre(workers=2)
    stage.begin(0, "hang")
    stage.begin(1, "hang")
    started = set()
    stage.events(lambda e: isinstance(e, Started) and (started.add(e.number) or len(started) == 2))
    before = stage.processes()
    os.kill(psutil.Process(before[0]).ppid(), signal.SIGKILL)
    lost = set()
    stage.events(lambda e: isinstance(e, Lost) and (lost.add(e.number) or len(lost) == 2))
    assert all(map(is_gone, before))
    stage.begin(2)
    assert isinstance(stage.end_of(2), Finished)


def test_a_server_that_cannot_live_ends_the_study_with_a_sentence(theatre, monkeypatch):
    stage = theatre()

    def refused(process):
        raise ConnectionRefusedError

    monkeypatch.setattr("multiprocessing.context.ForkServerProcess.start", refused)
    monkeypatch.setattr("search.backends.fork_server._PAUSES_S", (0.0, 0.0))
    os.kill(stage.processes()[0], signal.SIGKILL)
    with pytest.raises(WorkerServerError, match=r"the process that workers are forked from dies again .*workers.log"):
        stage.events(lambda e: False)


def test_an_idle_worker_that_dies_is_replaced_without_a_word(theatre):
    stage = theatre()
    (dead,) = stage.processes()
    os.kill(dead, signal.SIGKILL)
    for _ in range(PATIENCE):
        assert list(stage.backend.events(0.1)) == []
        if stage.processes() != [dead]:
            break
    stage.begin(0)
    assert isinstance(stage.end_of(0), Finished)


def test_a_frozen_worker_is_replaced(theatre):
    """Its process is stopped: not even the thread that gives signs of life runs."""
    stage = theatre(frozen_s=9.0)
    stage.begin(0, "hang")
    stage.events(lambda e: isinstance(e, Started))
    (frozen,) = stage.processes()
    os.kill(frozen, signal.SIGSTOP)
    list(stage.backend.events(0.1))  # what it said before it was stopped
    stage.clock.advance(8)
    assert list(stage.backend.events(0.1)) == []
    stage.clock.advance(2)
    assert stage.end_of(0) == Lost(0, Cause.LOST, "its worker gave no sign of life for 9 s")
    assert is_gone(frozen)


def test_a_trial_whose_epoch_takes_longer_than_the_silence_is_taken_for_hung(theatre):
    """Its worker still gives signs of life."""
    stage = theatre(silence_s=30.0)
    stage.begin(0, "hang")
    stage.events(lambda e: isinstance(e, Started))
    stage.clock.advance(29)
    assert list(stage.backend.events(0.1)) == []
    stage.clock.advance(2)
    assert stage.end_of(0) == Lost(0, Cause.LOST, "no epoch ended for 30 s (workers.silence)")


def test_every_epoch_ends_the_silence(theatre):
    stage = theatre(silence_s=30.0)
    stage.begin(0, epochs=4)

    def later():
        stage.clock.advance(20)
        return Decision.go_on()

    assert isinstance(stage.end_of(0, answer=later), Finished)
    assert stage.clock.monotonic_s() == 80


def test_a_trial_is_ended_by_force_in_the_middle_of_its_epoch(theatre):
    stage = theatre()
    stage.begin(0, "hang")
    stage.events(lambda e: isinstance(e, Started))
    (ended,) = stage.processes()
    stage.backend.end(0, Cause.OVER_TIME, "too long")
    assert stage.end_of(0) == Lost(0, Cause.OVER_TIME, "too long")
    assert is_gone(ended)
    stage.begin(1)
    assert isinstance(stage.end_of(1), Finished)


def test_a_trial_that_is_not_being_trained_cannot_be_ended(theatre):
    stage = theatre()
    stage.begin(0)
    stage.end_of(0)
    stage.backend.end(0, Cause.OVER_TIME, "too long")
    stage.begin(1)
    assert isinstance(stage.end_of(1), Finished)


def test_a_worker_beyond_its_memory_is_ended_in_the_middle_of_its_epoch(theatre):
    stage = theatre(memory_bytes=300 * 10**6)
    stage.begin(0, "grow")
    lost = stage.end_of(0)
    assert (lost.number, lost.cause) == (0, Cause.OUT_OF_MEMORY)
    assert re.fullmatch(r"out of memory: its worker held 4\d\d MB of the 300 MB of workers.memory", lost.reason), (
        lost.reason
    )
    stage.begin(1)
    assert isinstance(stage.end_of(1), Finished)


def test_without_a_limit_a_worker_may_grow(theatre):
    stage = theatre()
    stage.begin(0, "grow")
    stage.events(lambda e: isinstance(e, Started))
    for _ in range(10):
        assert list(stage.backend.events(0.1)) == []


def test_a_memory_that_no_worker_can_do_with_ends_the_study_with_a_sentence(theatre):
    stage = theatre(memory_bytes=10**6)
    stage.begin(0)
    with pytest.raises(WorkerMemoryError, match=r"workers.memory is 1 MB, but a worker takes .* MB before it trains"):
        stage.end_of(0)


def test_every_worker_and_its_successor_have_the_environment_of_their_place(theatre, tmp_path):
    """It is there before anything of the trial runs: what CUDA reads when TensorFlow starts."""
    stage = theatre(workers=2, environments=({"CUDA_VISIBLE_DEVICES": "GPU-a"}, {"CUDA_VISIBLE_DEVICES": "GPU-b"}))
    seen = []
    for first in (0, 2):
        for number in (first, first + 1):
            stage.begin(number, "show", epochs=1)
        ended = set()
        stage.events(lambda e, ended=ended: isinstance(e, Finished) and (ended.add(e.number) or len(ended) == 2))
        found = [json.loads((tmp_path / f"{n}.json").read_text()) for n in (first, first + 1)]
        seen.append([one["CUDA_VISIBLE_DEVICES"] for one in found])
        before = stage.processes()
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        for _ in range(PATIENCE):
            list(stage.backend.events(0.1))
            if not set(before) & set(stage.processes()):
                break
    assert seen == [["GPU-a", "GPU-b"]] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="the score is Linux's")
def test_a_kernel_that_is_short_of_memory_ends_a_worker_before_its_coordinator(theatre):
    stage = theatre()
    stage.begin(0)
    stage.end_of(0)
    (worker,) = stage.processes()
    scores = [int(Path(f"/proc/{who}/oom_score_adj").read_text()) for who in (worker, "self")]
    assert scores[0] > scores[1]


@pytest.mark.parametrize(("recycle_bytes", "same"), [(1 << 60, True), (1, False)])
def test_a_worker_that_has_grown_is_replaced_between_two_trials(theatre, recycle_bytes, same):
    stage = theatre(recycle_bytes=recycle_bytes)
    for number in range(2):
        stage.begin(number)
        assert isinstance(stage.end_of(number), Finished)
    assert (stage.pids[0] == stage.pids[1]) is same


@pytest.mark.parametrize("gently", [True, False])
def test_closing_ends_every_worker(theatre, gently):
    stage = theatre(workers=2)
    stage.begin(0, "hang")
    stage.events(lambda e: isinstance(e, Started))
    workers = stage.processes()
    stage.backend.close(gently=gently)
    assert all(map(is_gone, workers))


COORDINATOR = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_local_backend import Started, Theatre

def main():
    stage = Theatre(Path({folder!r}))
    stage.begin(0, "hang")
    stage.events(lambda e: isinstance(e, Started))
    print(stage.processes()[0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    main()
"""


def test_workers_end_when_their_coordinator_is_killed(tmp_path):
    """In the middle of an epoch: an orphan would write into a folder that the next coordinator uses."""
    script = tmp_path / "coordinator.py"
    script.write_text(COORDINATOR.format(tests=str(Path(__file__).parent), folder=str(tmp_path)))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert is_gone(int(done.stdout))

"""Reports are stored in batches: cheap, in order, readable by Optuna, and hardly ever lost."""

import math
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
import sqlalchemy

from models.objective import Direction
from search.clock import ManualClock
from search.record import BATCH_S, Record, distribution
from search.study import Cause, Outcome, Suggestion, TrialState
from spaces.domains import Categories, FloatRange, IntRange
from spaces.space import Dimension, Space

SPACE = Space(
    (
        Dimension("units", IntRange(1, 8)),
        Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("mixed", Categories((None, True, 1, "one"))),
    )
)
PARAMS = {"units": 3, "rate": 0.01, "mixed": True}
DONE = Outcome(TrialState.COMPLETE, Cause.FINISHED, "", 0.8, best_epoch=2, epochs=3, seconds=1.5, metrics={"m": 1.0})


def open_record(path, clock):
    return Record.open(
        f"sqlite:///{path / 'record.db'}", study="s", direction=Direction.MAXIMIZE, space=SPACE, clock=clock
    )


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def record(tmp_path, clock):
    opened = open_record(tmp_path, clock)
    yield opened
    opened.close()


@pytest.fixture
def values_on_disk(tmp_path):
    """What another process reads of a trial now."""

    def read(number=0):
        reader = open_record(tmp_path, ManualClock())
        try:
            return list(reader.trials()[number].values)
        finally:
            reader.close()

    return read


@contextmanager
def commits(record):
    """The transactions that are committed meanwhile."""
    engine = record._store._storage.engine
    seen = []

    def on_commit(connection):
        seen.append(connection)

    sqlalchemy.event.listen(engine, "commit", on_commit)
    try:
        yield seen
    finally:
        sqlalchemy.event.remove(engine, "commit", on_commit)


def begun(record, *numbers):
    for number in numbers:
        record.start(Suggestion(number, PARAMS, 10), seed=5)


def test_reports_wait_for_company_and_are_stored_together(record, clock, values_on_disk):
    begun(record, 0)
    with commits(record) as seen:
        for epoch in range(1, 6):
            record.report(0, epoch=epoch, value=0.1 * epoch)
        assert seen == []
        clock.advance(BATCH_S)
        record.keep_up()
    assert len(seen) == 1
    assert len(values_on_disk()) == 5


def test_a_report_waits_half_a_second_at_most_while_the_loop_turns(record, clock, values_on_disk):
    begun(record, 0)
    record.report(0, epoch=1, value=0.1)
    clock.advance(BATCH_S - 0.01)
    record.keep_up()
    assert values_on_disk() == []
    clock.advance(0.01)
    record.keep_up()
    assert values_on_disk() == [0.1]


def test_a_late_report_takes_the_waiting_ones_along(record, clock, values_on_disk):
    begun(record, 0)
    record.report(0, epoch=1, value=0.1)
    clock.advance(BATCH_S)
    record.report(0, epoch=2, value=0.2)
    assert values_on_disk() == [0.1, 0.2]


@pytest.mark.parametrize("event", ["start", "finish", "close", "flush", "trials", "set_seconds", "back_up"])
def test_nothing_waits_any_longer_when_a_trial_begins_or_ends_or_somebody_reads(tmp_path, clock, values_on_disk, event):
    record = open_record(tmp_path, clock)
    begun(record, 0, 1)
    record.report(0, epoch=1, value=0.1)
    arguments = {
        "start": lambda: begun(record, 2),
        "finish": lambda: record.finish(1, DONE),
        "set_seconds": lambda: record.set_seconds(1.0),
    }
    arguments.get(event, getattr(record, event))()
    assert values_on_disk() == [0.1]
    record.close()


def test_a_trial_is_begun_and_ended_in_one_transaction_each(record):
    with commits(record) as seen:
        begun(record, 0)
        assert len(seen) == 1
        record.report(0, epoch=1, value=0.5)
        record.finish(0, DONE)
    assert len(seen) == 2


def test_a_trial_that_goes_back_forgets_what_it_had_told_of_later_epochs(record, values_on_disk):
    begun(record, 0)
    for epoch in range(1, 6):
        record.report(0, epoch=epoch, value=0.1 * epoch)
    record.flush()
    record.report(0, epoch=3, value=0.9)
    record.flush()
    assert values_on_disk() == [0.1, 0.2, 0.9]


def test_a_trial_that_goes_back_before_anything_is_stored_does_so_too(record, values_on_disk):
    begun(record, 0)
    for epoch, value in ((1, 0.1), (2, 0.2), (3, 0.3), (2, 0.9)):
        record.report(0, epoch=epoch, value=value)
    record.flush()
    assert values_on_disk() == [0.1, 0.9]


def test_a_trial_of_an_earlier_command_goes_back_too(tmp_path, clock, values_on_disk):
    first = open_record(tmp_path, clock)
    begun(first, 0)
    for epoch in range(1, 5):
        first.report(0, epoch=epoch, value=0.1 * epoch)
    first.close()
    second = open_record(tmp_path, clock)
    second.report(0, epoch=3, value=0.9)
    second.close()
    assert values_on_disk() == [0.1, 0.2, 0.9]


def test_a_lost_epoch_moves_no_other(record):
    begun(record, 0)
    record.report(0, epoch=1, value=0.1)
    record.report(0, epoch=3, value=0.3)
    first, lost, last = record.trials()[0].values
    assert (first, last) == (0.1, 0.3)
    assert math.isnan(lost)


def test_optuna_reads_what_it_would_have_written_itself(record, tmp_path):
    reports = {1: 0.5, 2: math.nan, 3: math.inf, 4: -math.inf}
    record.start(Suggestion(0, PARAMS, 10, source="tpe", state={"k": [1]}), seed=5)
    for epoch, value in reports.items():
        record.report(0, epoch=epoch, value=value)
    record.finish(0, DONE)
    ours = optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path / 'record.db'}")
    theirs = optuna.create_study(study_name="t", storage=f"sqlite:///{tmp_path / 'optuna.db'}", direction="maximize")
    held = {dimension.name: distribution(dimension.domain) for dimension in SPACE.dimensions}
    trial = theirs.ask(held)
    for epoch, value in reports.items():
        trial.report(value, epoch)
    theirs.tell(trial, 0.8)
    (read,), (written,) = ours.trials, theirs.trials
    assert read.distributions == written.distributions == held
    assert (read.number, read.state, read.values) == (written.number, written.state, written.values)
    assert repr(read.intermediate_values) == repr(written.intermediate_values)
    assert (read.params, read.system_attrs) == (PARAMS, {"k": [1]})
    assert read.params["mixed"] is True
    assert read.user_attrs["metrics"] == {"m": 1.0}
    assert read.datetime_start <= read.datetime_complete
    assert abs((read.datetime_start - written.datetime_start).total_seconds()) < 60
    assert ours.best_trial.number == 0
    ours.tell(ours.ask(held), 0.9)  # Optuna goes on with it
    assert ours.best_trial.number == 1
    for study in (ours, theirs):
        study._storage.remove_session()
        study._storage._backend.engine.dispose()


def test_a_thousand_reports_cost_less_than_a_second(record, clock):
    begun(record, *range(50))
    before = time.process_time()
    for epoch in range(1, 21):
        clock.advance(1.0)
        for number in range(50):
            record.report(number, epoch=epoch, value=0.5)
    record.flush()
    assert time.process_time() - before < 1.0


KILLED = """
import math, os, sys
sys.path.insert(0, {root!r})
from models.objective import Direction, Objective
from search.backends.simulated import SimulatedBackend
from search.budget import Budget
from search.clock import ManualClock
from search.drivers.scripted import ScriptedDriver
from search.folder import StudyFolder
from search.progress import SilentView
from search.pruning.registry import make_pruner
from search.record import Record
from search.parts import Parts
from search.runner import Rules, Runner
from search.telling import Teller
from spaces.domains import FloatRange
from spaces.space import Dimension, Space
from tracking.tracker import NullTracker
from pathlib import Path

folder, clock = Path({folder!r}), ManualClock()
objective = Objective("m", Direction.MAXIMIZE)

def curve(params, epoch):
    if (params["rate"], epoch) == (0.3, 9):  # asked for when the report of epoch 8 has been answered
        os._exit(9)
    return {{"m": epoch / 10}}

space = Space((Dimension("rate", FloatRange(0.0, 1.0)),))
url = f"sqlite:///{{folder}}/record.db"
record = Record.open(url, study="s", direction=Direction.MAXIMIZE, space=space, clock=clock)
backend = SimulatedBackend(curve, objective=objective, workers=1, seconds_per_epoch=0.3, clock=clock)
parts = Parts(
    ScriptedDriver([{{"rate": r / 10}} for r in range(9)], max_epochs=10),
    make_pruner("none", {{}}, direction=Direction.MAXIMIZE, max_epochs=10),
    backend,
    Teller(record, NullTracker(), folder=StudyFolder(folder), metric="m", clock=clock, seed_of=lambda n: n),
    clock,
    SilentView(),
)
Runner(parts, Rules(objective, Budget(), lambda params: None), restored=(), seconds=0.0).run()
"""


def test_a_killed_study_has_every_finished_trial_and_all_but_the_last_second_of_reports(tmp_path):
    """The whole loop, an epoch every 0.3 s, killed after the report of the fourth trial's epoch 8."""
    root = str(Path(__file__).parents[2])
    script = textwrap.dedent(KILLED).format(root=root, folder=str(tmp_path))
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert killed.returncode == 9, killed.stderr
    space = Space((Dimension("rate", FloatRange(0.0, 1.0)),))
    record = Record.open(f"sqlite:///{tmp_path}/record.db", study="s", direction=Direction.MAXIMIZE, space=space)
    *finished, running = record.trials()
    record.close()
    assert [trial.outcome.objective for trial in finished] == [1.0, 1.0, 1.0]
    assert all(list(trial.values) == [epoch / 10 for epoch in range(1, 11)] for trial in finished)
    assert running.outcome is None
    reported = 8
    lost = reported - len(running.values)
    assert 0 <= lost * 0.3 <= 1.0
    assert list(running.values) == [epoch / 10 for epoch in range(1, reported - lost + 1)]

import sqlite3
from types import SimpleNamespace

import optuna
import pytest
import sqlalchemy

from models.objective import Direction
from search.record import Record, RecordError, backup_path
from search.study import AuditedStop, Cause, Outcome, Suggestion, TrialState
from spaces.domains import Categories, FloatRange, IntRange
from spaces.space import Dimension, Space

SPACE = Space(
    (
        Dimension("units", IntRange(1, 8)),
        Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("optimizer", Categories(("adam", "sgd"))),
    )
)
PARAMS = {"units": 3, "rate": 0.01, "optimizer": "sgd"}
DONE = Outcome(
    TrialState.COMPLETE,
    Cause.FINISHED,
    objective=0.8,
    best_epoch=2,
    epochs=3,
    seconds=1.5,
    metrics={"m": 1.0},
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture
def opened(url):
    records = []

    def open_record(where=url):
        record = Record.open(where, study="s", direction=Direction.MAXIMIZE, space=SPACE)
        records.append(record)
        return record

    yield open_record
    for record in records:
        record.close()


def test_a_finished_trial_is_read_back_as_it_was(opened):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10, source="tpe", state={"k": [1]}), seed=5)
    record.report(0, epoch=1, value=0.5)
    record.report(0, epoch=2, value=0.8)
    record.finish(0, DONE)
    (trial,) = opened().trials()
    assert trial.suggestion == Suggestion(0, PARAMS, 10, source="tpe", state={"k": [1]})
    assert trial.outcome == DONE
    assert list(trial.values) == [0.5, 0.8]


def test_a_trial_that_was_not_finished_may_go_on(opened):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.report(0, epoch=1, value=0.5)
    record.flush()
    (trial,) = opened().trials()
    assert trial.outcome is None
    assert trial.curve.values == (0.5,)
    assert opened().next_number == 1


def test_a_pruned_trial_keeps_its_objective_and_its_reason(opened):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.finish(0, Outcome(TrialState.PRUNED, Cause.PRUNED, "0.3 is below the median", 0.3, 1, 1, 0.1))
    (trial,) = record.trials()
    assert (trial.state, trial.outcome.objective) == (TrialState.PRUNED, 0.3)
    assert trial.outcome.reason == "0.3 is below the median"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), None])
def test_an_objective_that_is_not_finite_is_not_stored(opened, value):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.finish(0, Outcome(TrialState.PRUNED, Cause.NAN, "nan", value))
    assert record.trials()[0].outcome.objective is None


def test_a_stop_that_was_not_carried_out_is_kept_before_and_after_the_end_of_its_trial(opened):
    record, stop = opened(), AuditedStop(2, "0.3 is below the median", 0.9)
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.audited(0, stop)
    assert opened().trials()[0].audited == stop
    record.finish(0, DONE)
    assert opened().trials()[0].audited == stop


def test_trials_are_known_in_the_order_of_their_ends(opened):
    record = opened()
    for number in range(3):
        record.start(Suggestion(number, PARAMS, 10), seed=5)
    record.finish(2, DONE)
    again = opened()
    again.finish(0, DONE)
    again.finish(1, DONE)
    assert [trial.ended for trial in again.trials()] == [1, 2, 0]


def test_a_failed_trial_keeps_its_traceback(opened):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.finish(0, Outcome(TrialState.FAILED, Cause.ERROR, "ValueError: no", traceback="Traceback ..."))
    outcome = record.trials()[0].outcome
    assert (outcome.state, outcome.traceback) == (TrialState.FAILED, "Traceback ...")


def test_an_epoch_trained_again_replaces_its_value(opened):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.report(0, epoch=1, value=0.5)
    record.report(0, epoch=1, value=0.6)
    assert list(record.trials()[0].values) == [0.6]


def test_the_record_is_an_ordinary_optuna_study(opened, url):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.finish(0, DONE)
    study = optuna.load_study(study_name="s", storage=url)
    assert study.best_value == 0.8
    assert study.best_params == PARAMS
    study._storage.remove_session()
    study._storage._backend.engine.dispose()


def test_seconds_add_up_over_processes(opened):
    opened().set_seconds(12.5)
    assert opened().seconds == 12.5


def test_importances_name_the_parameter_that_matters(opened):
    record = opened()
    for n in range(12):
        params = {"units": n % 8 + 1, "rate": 0.001 * (n % 3 + 1), "optimizer": "adam"}
        record.start(Suggestion(n, params, 10), seed=n)
        record.finish(n, Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=float(n % 8)))
    found = record.importances(record.trials())
    assert max(found, key=found.get) == "units"


def test_a_few_trials_have_no_importances(opened):
    record = opened()
    assert record.importances(record.trials()) == {}


def test_a_damaged_file_is_refused_and_its_backup_is_named(tmp_path, url):
    record = Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.back_up()
    record.close()
    path = tmp_path / "record.db"
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises(RecordError, match=r"record\.db is damaged .*put the backup .*record\.backup\.db in its place"):
        Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)
    backup_path(path).replace(path)
    restored = Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)
    assert len(restored.trials()) == 1
    restored.close()


def test_what_a_killed_process_left_beside_a_damaged_file_is_to_be_deleted_too(tmp_path, url):
    (tmp_path / "record.db").write_bytes(b"SQLite format 3\x00 and then nothing")
    (tmp_path / "record.db-wal").write_bytes(b"frames")
    with pytest.raises(RecordError, match=r"begin the study anew, and delete .*record\.db-wal"):
        Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)


class Unreliable:
    """A database that fails some times to take a statement before it works."""

    def __init__(self, record, failures, words):
        self._left, self._words = failures, words
        sqlalchemy.event.listen(record._store._storage.engine, "before_cursor_execute", self._fail)

    def _fail(self, *arguments):
        if self._left:
            self._left -= 1
            raise sqlalchemy.exc.OperationalError("INSERT", {}, Exception(self._words))


@pytest.fixture
def no_waiting(monkeypatch):
    """Retries follow one another at once."""
    waited = []
    monkeypatch.setattr("search.record_store.time.sleep", waited.append)
    return waited


def test_a_call_that_fails_for_a_while_is_tried_again(opened, no_waiting):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    Unreliable(record, 3, "server closed the connection")
    record.report(0, epoch=1, value=0.5)
    record.flush()
    assert no_waiting == [0.2, 0.4, 0.8]
    assert list(record.trials()[0].values) == [0.5]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("database is locked", r"the record sqlite:///.*record.db is locked by another process; end it and run again"),
        ("no route", r"cannot be used: .*no route.*; check that it can be reached and written, then run again"),
    ],
)
def test_a_call_that_never_works_gets_a_sentence(opened, no_waiting, words, sentence):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    Unreliable(record, 99, words)
    record.report(0, epoch=1, value=0.5)
    with pytest.raises(RecordError, match=sentence):
        record.flush()


def test_a_full_disk_is_told_as_such(opened, no_waiting, monkeypatch):
    record = opened()
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    Unreliable(record, 99, "database or disk is full")
    monkeypatch.setattr("search.record_store.shutil.disk_usage", lambda path: SimpleNamespace(free=0))
    record.report(0, epoch=1, value=0.5)
    with pytest.raises(RecordError, match=r"record.db cannot be written: the disk is full; free some space and run"):
        record.flush()


def test_half_a_file_is_refused(tmp_path, url):
    (tmp_path / "record.db").write_bytes(b"SQLite format 3\x00 and then nothing")
    with pytest.raises(RecordError, match=r"is damaged .*move it away to begin the study anew"):
        Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)


def test_an_empty_file_is_no_fresh_study(tmp_path, url):
    (tmp_path / "record.db").touch()
    with pytest.raises(RecordError, match="is empty, it was a study's record"):
        Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)


def test_a_folder_that_cannot_be_made_gets_a_sentence():
    url = "sqlite:////proc/nowhere/record.db"
    with pytest.raises(RecordError, match=r"/proc/nowhere cannot be made .*choose another `folder`"):
        Record.open(url, study="s", direction=Direction.MAXIMIZE, space=SPACE)


def test_a_second_writer_is_noticed(opened, url):
    record, other = opened(), opened()
    other.start(Suggestion(0, PARAMS, 10), seed=1)
    with pytest.raises(RecordError, match="another process writes this study"):
        record.start(Suggestion(0, PARAMS, 10), seed=1)


def test_the_record_is_written_ahead_so_that_a_commit_costs_no_full_sync(opened, tmp_path):
    opened()
    connection = sqlite3.connect(tmp_path / "record.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()

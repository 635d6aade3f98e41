"""What the record keeps of trials that rest."""

from test_record import DONE, PARAMS, SPACE

from models.objective import Direction
from search.record import Record
from search.study import Pause, Suggestion, TrialState


def opened(tmp_path):
    return Record.open(f"sqlite:///{tmp_path / 'record.db'}", study="s", direction=Direction.MAXIMIZE, space=SPACE)


def read(tmp_path):
    record = opened(tmp_path)
    (trial,) = record.trials()
    record.close()
    return trial


def test_a_paused_trial_is_read_back_with_its_place_reason_and_epochs(tmp_path):
    record = opened(tmp_path)
    record.start(Suggestion(0, PARAMS, 10, pause_after=2), seed=5)
    record.report(0, epoch=1, value=0.5)
    record.report(0, epoch=2, value=0.6)
    record.pause(0, Pause(2, "place 3 of 4", 1.5))
    trial = read(tmp_path)  # the first process has not even closed its record
    record.close()
    assert trial.state is TrialState.PAUSED
    assert (trial.pause, trial.seconds) == (Pause(2, "place 3 of 4", 1.5), 1.5)
    assert list(trial.values) == [0.5, 0.6]
    assert trial.suggestion.pause_after == 2


def test_a_promoted_trial_no_longer_rests_and_knows_where_it_had(tmp_path):
    record = opened(tmp_path)
    record.start(Suggestion(0, PARAMS, 10, pause_after=1), seed=5)
    for epoch, promoted in ((1, (1,)), (3, (1, 3))):
        record.report(0, epoch=epoch, value=0.5)
        record.pause(0, Pause(epoch))
        record.go_on(0, promoted=promoted, pause_after=None)
    record.close()
    trial = read(tmp_path)
    assert (trial.state, trial.pause, trial.promoted) == (TrialState.RUNNING, None, (1, 3))
    assert trial.suggestion.pause_after is None


def test_an_ended_trial_is_not_paused(tmp_path):
    record = opened(tmp_path)
    record.start(Suggestion(0, PARAMS, 10), seed=5)
    record.report(0, epoch=1, value=0.5)
    record.pause(0, Pause(1))
    record.finish(0, DONE)
    record.close()
    trial = read(tmp_path)
    assert (trial.state, trial.pause, trial.outcome) == (TrialState.COMPLETE, None, DONE)

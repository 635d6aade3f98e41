"""What the audit of pruning says of a study."""

from models.objective import Direction
from search.audit import Audit, is_audited
from search.study import AuditedStop, Cause, Outcome, RecordedTrial, Suggestion, TrialState

UP = Direction.MAXIMIZE


def stopped(number, *, epochs=3):
    outcome = Outcome(TrialState.PRUNED, Cause.PRUNED, "poor", 0.2, 1, epochs)
    return RecordedTrial(Suggestion(number, {}, 10), (0.2,) * epochs, outcome)


def spared(number, value, *, best=0.5, state=TrialState.COMPLETE, epochs=10):
    outcome = Outcome(state, Cause.FINISHED, "", value, 1, epochs)
    trial = RecordedTrial(Suggestion(number, {}, 10), (0.2,) * epochs, outcome)
    return RecordedTrial(trial.suggestion, trial.values, outcome, audited=AuditedStop(3, "poor", best))


def test_a_study_without_stops_has_nothing_to_say():
    assert Audit.of([], UP).sentence == ""
    assert Audit.of([], UP).counts() == {}


def test_epochs_saved_are_those_that_stopped_trials_had_still_to_go():
    audit = Audit.of([stopped(0), stopped(1, epochs=4)], UP)
    assert (audit.stopped, audit.saved) == (2, 13)
    assert audit.sentence == "2 trials stopped, 13 epochs saved; none was let finish to audit it"


def test_a_stop_was_wrong_if_the_trial_became_better_than_the_best_was_then():
    trials = [spared(0, 0.6), spared(1, 0.5), spared(2, 0.4), spared(3, 0.1, best=None)]
    assert (Audit.of(trials, UP).finished, Audit.of(trials, UP).wrong) == (4, 2)
    assert Audit.of(trials, Direction.MINIMIZE).wrong == 2
    assert "4 trials to be stopped were let finish, and 2 became a new best" in Audit.of(trials, UP).sentence


def test_the_audit_spends_what_is_trained_beyond_the_stop():
    audit = Audit.of([stopped(0), spared(1, 0.4)], UP)
    assert (audit.saved, audit.spent) == (7, 7)
    assert audit.sentence == (
        "1 trial stopped, 7 epochs saved, 7 spent on the audit; 1 trial to be stopped was let finish, "
        "and none became a new best"
    )
    assert audit.counts() == {"epochs_saved": 0, "audited": 1, "wrong_stops": 0}


def test_an_audited_trial_that_did_not_come_to_its_end_says_nothing_of_its_stop():
    audit = Audit.of([spared(0, 0.9, state=TrialState.PRUNED, epochs=5)], UP)
    assert (audit.finished, audit.wrong, audit.spent) == (0, 0, 2)


def test_trials_are_drawn_in_the_share_that_is_asked_for_and_the_same_again():
    drawn = [is_audited(7, number, share=0.1) for number in range(3000)]
    assert drawn == [is_audited(7, number, share=0.1) for number in range(3000)]
    assert 0.08 < sum(drawn) / 3000 < 0.12
    assert drawn != [is_audited(8, number, share=0.1) for number in range(3000)]
    assert not any(is_audited(7, number, share=0.0) for number in range(300))

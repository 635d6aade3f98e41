from models.objective import Direction
from search.leaderboard import as_csv, best_so_far, rank
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState


def trial(number, objective, state=TrialState.COMPLETE, **params):
    outcome = None
    if state is not TrialState.RUNNING:
        outcome = Outcome(state, Cause.FINISHED, objective=objective, best_epoch=2, epochs=3, seconds=1.5)
    return RecordedTrial(Suggestion(number, params, 10), (0.1,), outcome)


def test_trials_are_ranked_best_first_in_the_stated_direction():
    trials = [trial(0, 0.5), trial(1, 0.9), trial(2, 0.7)]
    assert [r.number for r in rank(trials, Direction.MAXIMIZE)] == [1, 2, 0]
    assert [r.number for r in rank(trials, Direction.MINIMIZE)] == [0, 2, 1]


def test_pruned_trials_are_ranked_and_failed_or_unfinished_ones_are_not():
    trials = [
        trial(0, 0.5),
        trial(1, 0.9, TrialState.PRUNED),
        trial(2, None, TrialState.FAILED),
        trial(3, None, TrialState.RUNNING),
    ]
    assert [r.number for r in rank(trials, Direction.MAXIMIZE)] == [1, 0]


def test_equal_objectives_go_to_the_earlier_trial():
    assert [r.number for r in rank([trial(4, 0.5), trial(2, 0.5)], Direction.MAXIMIZE)] == [2, 4]


def test_best_so_far_never_gets_worse_and_follows_the_trial_numbers():
    trials = [trial(2, 0.6), trial(0, 0.5), trial(1, 0.9)]
    assert best_so_far(trials, Direction.MAXIMIZE) == ((0, 0.5), (1, 0.9), (2, 0.9))


def test_the_csv_has_a_column_for_every_parameter_of_any_trial():
    text = as_csv(rank([trial(0, 0.5, units=3), trial(1, 0.4, momentum=0.9)], Direction.MAXIMIZE))
    heading, first, second = text.splitlines()
    assert heading == "place,trial,objective,state,reason,best_epoch,epochs,seconds,units,momentum"
    assert first.endswith(",3,")
    assert second.endswith(",,0.9")

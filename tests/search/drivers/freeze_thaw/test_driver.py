"""The driver of the freeze-thaw policy, as the coordinator uses it."""

import json
from dataclasses import replace

import pytest

from models.objective import Direction
from search.drivers.freeze_thaw.driver import FreezeThawDriver
from search.drivers.setup import DriverError, DriverSetup
from search.study import Cause, Outcome, RecordedTrial, Suggestion, TrialState
from tests.search.drivers.freeze_thaw.synthetic import EPOCHS, SPACE, accuracy


def driver(seed: int = 0) -> FreezeThawDriver:
    return FreezeThawDriver(DriverSetup(SPACE, "freeze_thaw", Direction.MAXIMIZE, max_epochs=EPOCHS, seed=seed))


def train(asked: FreezeThawDriver, suggestion: Suggestion) -> Outcome | None:
    """Trains to the pause or to the end; the outcome when it has ended."""
    until = suggestion.pause_after or EPOCHS
    values = [accuracy(suggestion.params, epoch) for epoch in range(1, until + 1)]
    if until < EPOCHS:
        asked.paused(suggestion.number, values)
        return None
    outcome = Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=max(values), best_epoch=EPOCHS, epochs=EPOCHS)
    asked.tell(suggestion.number, outcome)
    return outcome


def search(asked: FreezeThawDriver, rounds: int) -> list[Suggestion]:
    """What is suggested in so many rounds with one worker."""
    made: list[Suggestion] = []
    for _ in range(rounds):
        suggestion = asked.ask(len({s.number for s in made}))
        made.append(suggestion)
        train(asked, suggestion)
    return made


def test_trials_start_with_one_epoch_and_go_on_by_their_number() -> None:
    made = search(driver(), 60)
    assert {s.pause_after for s in made if not s.resume} == {1}
    resumed = [s for s in made if s.resume]
    assert resumed
    first = {s.number: s for s in made if not s.resume}
    for suggestion in resumed:
        assert suggestion.params == first[suggestion.number].params
        assert suggestion.state == first[suggestion.number].state


def test_where_trials_are_scarce_fewer_are_begun_in_as_many_epochs() -> None:
    setup = DriverSetup(SPACE, "freeze_thaw", Direction.MAXIMIZE, max_epochs=EPOCHS, seed=0)
    begun = []
    for mean_epochs in (None, EPOCHS / 3):
        asked, epochs, numbers = FreezeThawDriver(replace(setup, mean_epochs=mean_epochs)), dict[int, int](), set[int]()
        while sum(epochs.values()) < 8 * EPOCHS:
            suggestion = asked.ask(len(numbers))
            train(asked, suggestion)
            numbers.add(suggestion.number)
            epochs[suggestion.number] = suggestion.pause_after or EPOCHS
        begun.append(len(numbers))
    assert begun[1] <= 8 + 8 * EPOCHS / (EPOCHS / 3) + 2
    assert begun[1] < begun[0]


def test_the_last_step_has_no_pause() -> None:
    asked = driver()
    made = search(asked, 150)
    last = [s for s in made if s.pause_after is None]
    assert last
    assert all(s.resume and s.epochs == EPOCHS for s in last)


def test_where_nothing_may_start_the_promising_trials_go_on_and_the_others_rest() -> None:
    asked = driver()
    paused = {s.number for s in search(asked, 15)}
    finished = set()
    while (suggestion := asked.go_on()) is not None:
        assert suggestion.resume
        if train(asked, suggestion) is not None:
            finished.add(suggestion.number)
    assert finished
    assert len(finished) < len(paused) / 2
    assert asked.go_on() is None


def test_a_restored_driver_goes_on_as_if_it_had_never_stopped() -> None:
    asked, trials = driver(), dict[int, RecordedTrial]()
    for _ in range(40):
        suggestion = asked.ask(len(trials))
        outcome = train(asked, suggestion)
        before = trials.get(suggestion.number)
        first = before.suggestion if before else suggestion
        promoted = (*before.promoted, len(before.values)) if before else ()
        state = json.loads(json.dumps(dict(first.state)))
        values = [accuracy(first.params, epoch) for epoch in range(1, (suggestion.pause_after or EPOCHS) + 1)]
        trials[suggestion.number] = Rests(replace(first, state=state), values, outcome, promoted=promoted)
    assert {trial.state for trial in trials.values()} == {TrialState.PAUSED, TrialState.COMPLETE}
    restored = driver()
    restored.restore(list(trials.values())[::-1])
    number = len(trials)
    assert restored.ask(number) == asked.ask(number)


class Rests(RecordedTrial):
    """A recorded trial that rests between its steps."""

    @property
    def state(self) -> TrialState:
        return TrialState.PAUSED if self.outcome is None else self.outcome.state


def test_an_infeasible_or_lost_trial_is_learned_without_values() -> None:
    asked = driver()
    for number, cause in enumerate((Cause.INFEASIBLE, Cause.OUT_OF_MEMORY, Cause.LOST)):
        asked.ask(number)
        asked.tell(number, Outcome(TrialState.FAILED, cause))
    assert asked.ask(3).number == 3


@pytest.mark.parametrize("number", [0, 7])
def test_an_outcome_is_told_once_and_of_asked_trials_alone(number: int) -> None:
    asked = driver()
    asked.ask(0)
    outcome = Outcome(TrialState.FAILED, Cause.ERROR)
    if number == 0:
        asked.tell(0, outcome)
    with pytest.raises(ValueError, match="told twice" if number == 0 else "never asked"):
        asked.tell(number, outcome)


def test_a_number_is_not_asked_for_twice() -> None:
    asked = driver()
    asked.ask(0)
    with pytest.raises(ValueError, match="trial 0 is asked twice"):
        asked.ask(0)


def test_a_trial_of_another_space_is_refused() -> None:
    suggestion = Suggestion(0, {"rate": 5.0}, EPOCHS)
    with pytest.raises(DriverError, match="trial 0 is not in the space"):
        driver().restore([RecordedTrial(suggestion, [], None)])

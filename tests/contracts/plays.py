"""A study played against a driver, as the loop would: trials run a few at a time, pause, go on, and end in all ways."""

import json
import math
from dataclasses import dataclass, field, replace

from search.ports import Driver
from search.study import Cause, Outcome, Pause, RecordedTrial, Suggestion, TrialState
from spaces.problems import Value

PRUNED_AT = 2
"""The epoch at which a pruner pauses some trials."""


def value_of(params: dict[str, Value]) -> float:
    """A made-up objective that likes sgd, a large rate and no dropout."""
    rate, dropout = params.get("rate", 0.01), params.get("dropout", 0.0)
    assert isinstance(rate, float)
    assert isinstance(dropout, float)
    return rate * 10 + (params.get("optimizer") == "sgd") - dropout


def complete(suggestion: Suggestion) -> Outcome:
    value = value_of(dict(suggestion.params))
    units = suggestion.params.get("units.1", suggestion.number)
    assert isinstance(units, int)
    costs = {"params": 7.0 * units}
    return Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=value, best_epoch=9, epochs=9, metrics=costs)


def outcome_of(suggestion: Suggestion) -> Outcome:
    """One of everything that can happen, by the trial's number."""
    done = complete(suggestion)
    pruned = replace(done, state=TrialState.PRUNED, cause=Cause.PRUNED, epochs=3, best_epoch=2)
    nothing = Outcome(TrialState.PRUNED, Cause.INFEASIBLE, "params <= 10: params is 12")
    endings = [
        done,
        pruned,
        done,
        nothing,
        done,
        replace(nothing, cause=Cause.OUT_OF_MEMORY, epochs=1),
        Outcome(TrialState.FAILED, Cause.ERROR, "ValueError: no"),
        replace(pruned, cause=Cause.OVER_TIME),
        replace(done, state=TrialState.PRUNED, cause=Cause.NAN, objective=None),
        replace(done, cause=Cause.EARLY_STOPPED, epochs=4, best_epoch=3),
    ]
    return endings[suggestion.number % len(endings)]


def values_of(outcome: Outcome) -> tuple[float, ...]:
    """A curve that leads to the outcome: it rises to the best epoch, and falls after it."""
    if outcome.objective is None:
        return (math.nan,) * outcome.epochs
    best = outcome.best_epoch
    return tuple(outcome.objective - 0.01 * abs(best - epoch) for epoch in range(1, outcome.epochs + 1))


@dataclass(slots=True)
class Play:
    """`workers` trials run at once, and the oldest comes to its next stop first.

    pauses: whether a pruner pauses every third trial for a while, besides what the driver pauses itself.
    said: all that the driver has suggested, in order.
    """

    driver: Driver
    workers: int = 1
    pauses: bool = False
    trials: dict[int, RecordedTrial] = field(default_factory=dict)
    running: list[int] = field(default_factory=list)
    said: list[Suggestion] = field(default_factory=list)
    is_exhausted: bool = False

    def until(self, number: int) -> "Play":
        """Plays until trial `number` would be the next to begin, or the space is exhausted."""
        while len(self.trials) < number and not self.is_exhausted:
            self.step()
        return self

    def step(self) -> None:
        """The next suggestion is taken up; a worker becomes free for it where none is."""
        if len(self.running) >= self.workers:
            self.stop_oldest()
        suggestion = self.driver.ask(len(self.trials))
        if suggestion is not None:
            self.take(suggestion)
        elif self.running:
            self.stop_oldest()
        else:
            self.is_exhausted = True

    def take(self, suggestion: Suggestion) -> None:
        self.said.append(suggestion)
        number = suggestion.number
        if suggestion.resume:
            self.go_on(number, suggestion.pause_after)
            return
        assert number == len(self.trials)
        self.trials[number] = RecordedTrial(suggestion, (), None)
        self.running.append(number)

    def go_on(self, number: int, pause_after: int | None) -> None:
        trial = self.trials[number]
        assert trial.pause is not None, f"trial {number} is to go on, but it does not rest"
        self.trials[number] = replace(
            trial,
            suggestion=replace(trial.suggestion, pause_after=pause_after),
            pause=None,
            promoted=(*trial.promoted, trial.pause.epoch),
        )
        self.running.append(number)

    def stop_oldest(self) -> None:
        """The oldest running trial pauses or ends."""
        number = self.running.pop(0)
        trial = self.trials[number]
        outcome = outcome_of(trial.suggestion)
        after = trial.suggestion.pause_after
        is_pruners = self._has_pruner and number % 3 == 1 and not trial.promoted
        after = PRUNED_AT if is_pruners else after
        if after is not None and after < outcome.epochs:
            values = values_of(outcome)[:after]
            self.trials[number] = replace(trial, values=values, pause=Pause(after))
            self.driver.paused(number, values)
        else:
            self.trials[number] = replace(trial, values=values_of(outcome), outcome=outcome)
            self.driver.tell(number, outcome)
        self._promote(number)

    @property
    def _has_pruner(self) -> bool:
        """A driver that pauses trials itself goes with no pruner that does."""
        return self.pauses and not any(suggestion.pause_after for suggestion in self.said)

    def _promote(self, number: int) -> None:
        """The pruner lets the trial go on that it paused two trials ago."""
        for other, trial in list(self.trials.items()):
            if self._has_pruner and trial.pause is not None and trial.pause.epoch == PRUNED_AT and other <= number - 2:
                self.go_on(other, None)

    def killed(self, driver: Driver) -> "Play":
        """The same study in another process, whose driver has been told what the record holds."""
        driver.restore(stored(list(self.trials.values())))
        return Play(driver, self.workers, self.pauses, dict(self.trials), list(self.running), list(self.said))


def stored(trials: list[RecordedTrial]) -> list[RecordedTrial]:
    """The trials as they come back from a record: states have been JSON."""
    return [
        replace(t, suggestion=replace(t.suggestion, state=json.loads(json.dumps(dict(t.suggestion.state)))))
        for t in trials
    ]


def params_of(play: Play) -> list[dict[str, Value]]:
    return [dict(trial.suggestion.params) for trial in play.trials.values()]

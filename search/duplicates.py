"""Suggestions whose configuration an earlier trial of the study has: found, and told to the driver as that trial ended.

Starts no trial and writes no record. A configuration is compared by its varied parameters: the active ones decide all
the rest, so that equal parameters are equal configurations, and others are not.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from search.study import UNTRAINED, Cause, Outcome, Params, RecordedTrial, Suggestion, TrialState
from spaces.dimensions import SpaceError
from spaces.grid import grid
from spaces.space import Space

MOST_COUNTED = 10_000
"""A space with more configurations is taken for endless; nobody trains them all."""
REFUSED_IN_A_ROW = 500
"""So many suggestions in a row without a configuration to train end the study."""
TRIED_AGAIN = 20
"""So many are asked for when an earlier command has ended for that: the sampler may be another one now."""
_AGAIN = "; `search: {duplicates: train}` trains them again with other seeds"


def size_of(space: Space) -> int | None:
    """How many configurations `space` has; None for more than `MOST_COUNTED`, and for a continuous range."""
    try:
        count = sum(1 for _ in itertools.islice(grid(space, points=None), MOST_COUNTED + 1))
    except SpaceError:
        return None
    return count if count <= MOST_COUNTED else None


class Duplicates:
    """The configurations of a study's trials. skip: whether one that was trained is not trained again.

    size: how many configurations there are in all, None for endless. A trial that failed, or that was cut because the
    study ended, does not stand for its configuration: it may be trained again.
    """

    def __init__(self, *, skip: bool, size: int | None, restored: Sequence[RecordedTrial] = ()) -> None:
        self._skip = skip
        self._size = size
        self._trained: dict[str, int] = {}
        self._seen: set[str] = set()
        self._open: set[int] = set()
        self._waiting: dict[int, list[int]] = defaultdict(list)
        self._in_a_row = 0
        self._given_up = False
        for trial in sorted(restored, key=lambda t: t.number):
            self._take(trial)
        self._tries = TRIED_AGAIN if self._in_a_row >= TRIED_AGAIN else REFUSED_IN_A_ROW

    def _take(self, trial: RecordedTrial) -> None:
        suggestion, outcome = trial.suggestion, trial.outcome
        if outcome is not None and outcome.cause is Cause.INFEASIBLE:
            self.infeasible(suggestion)
        elif outcome is not None and outcome.cause is Cause.DUPLICATE:
            earlier = self._trained.get(identity(suggestion.params))
            if earlier is not None:
                self.waits(trial.number, earlier)
        else:
            self.trains(suggestion)
            if outcome is not None:
                self.ended(suggestion, outcome)

    @property
    def tries(self) -> int:
        """How many suggestions in a row may be refused."""
        return self._tries

    @property
    def exhausted(self) -> str | None:
        """Why there is nothing left to ask for, or None."""
        if not self._skip:
            return None
        if self._size is not None and len(self._seen) >= self._size:
            if self._size == 1:
                return "the one configuration there is has been tried" + _AGAIN
            return f"all {self._size} configurations of the search space have been tried" + _AGAIN
        if self._given_up:
            told = f"{self._in_a_row} suggestions since the last new one had been tried before"
            return f"the search space is exhausted: {told}" + _AGAIN
        return None

    def earlier(self, suggestion: Suggestion) -> int | None:
        """The trial that stands for the configuration of `suggestion`, if that is not to be trained again."""
        return self._trained.get(identity(suggestion.params)) if self._skip else None

    def trains(self, suggestion: Suggestion) -> None:
        """The suggestion becomes a trial."""
        key = identity(suggestion.params)
        self._seen.add(key)
        self._trained[key] = suggestion.number
        self._open.add(suggestion.number)
        self._in_a_row, self._tries = 0, REFUSED_IN_A_ROW

    def settled(self, before: Suggestion, after: Suggestion) -> None:
        """A trial has other parameters than were suggested; an earlier trial that has the same goes on standing for
        them.
        """
        key = identity(before.params)
        if self._trained.get(key) == before.number:
            del self._trained[key]
        self._trained.setdefault(identity(after.params), after.number)

    def grown(self, size: int | None) -> None:
        """There are more configurations than before."""
        self._size = size

    def infeasible(self, suggestion: Suggestion) -> None:
        """The suggestion breaks a limit, and so will all like it."""
        self._seen.add(identity(suggestion.params))

    def waits(self, number: int, earlier: int) -> None:
        """Suggestion `number` is a duplicate of trial `earlier`, and is told when that has ended."""
        self._in_a_row += 1
        if earlier in self._open:
            self._waiting[earlier].append(number)

    def ended(self, suggestion: Suggestion, outcome: Outcome) -> Sequence[int]:
        """The duplicates that waited for this trial, which are to be told as it ended."""
        number = suggestion.number
        self._open.discard(number)
        if outcome.state is TrialState.FAILED or outcome.cause is Cause.BUDGET:
            key = identity(suggestion.params)
            if self._trained.get(key) == number:
                del self._trained[key]
        return self._waiting.pop(number, ())

    def give_up(self) -> None:
        """So many suggestions in a row were refused; if duplicates are among them, no more are asked for."""
        self._given_up = self._in_a_row > 0


def identity(params: Params) -> str:
    """A text that is the same for the same configuration: 1, 1.0 and true differ."""
    return json.dumps(dict(params), sort_keys=True)


def as_duplicate(earlier: int, outcome: Outcome | None) -> Outcome:
    """The end of a suggestion that is not trained, as it is recorded."""
    if outcome is None:
        became = "is not at its end"
    elif outcome.objective is None:
        became = f"ended without an objective ({outcome.cause.value})"
    else:
        became = f"reached {outcome.objective:.6g}"
    reason = f"the same configuration as trial {earlier}, which {became}"
    return Outcome(TrialState.PRUNED, Cause.DUPLICATE, reason)


def as_told(restored: Sequence[RecordedTrial]) -> list[RecordedTrial]:
    """The trials as the driver was told of them: duplicates with the outcome of the trial that they repeat."""
    trained: dict[str, RecordedTrial] = {}
    told = []
    for trial in sorted(restored, key=lambda t: t.number):
        key = identity(trial.suggestion.params)
        if trial.outcome is None or trial.outcome.cause not in UNTRAINED:
            trained[key] = trial
        elif trial.outcome.cause is Cause.DUPLICATE and key in trained:
            trial = replace(trial, outcome=trained[key].outcome)
        told.append(trial)
    return told

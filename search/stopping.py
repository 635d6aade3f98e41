"""Whether a study has enough: its target is reached, or further trials are not worth it. Starts and stops nothing.

All that is asked is a function of the trials that have ended, in the order of their ends, so that a study that has
ended by one of these rules ends again when it is run again, and goes on when its rule is loosened.
"""

import math
from collections import deque
from collections.abc import Sequence

from models.objective import Direction
from search.expected_gain import WINDOW, expected_gain
from search.front import Aims, Front
from search.goals import Goals
from search.study import UNTRAINED, Cause, Outcome, RecordedTrial


class Stopping:
    """Is told how trials end; counts on, and walks over no more than the last of them.

    aims: of a study with several objectives: better is then what comes to the front, and the target is of the first.
    """

    def __init__(
        self, goals: Goals, direction: Direction, restored: Sequence[RecordedTrial] = (), *, aims: Aims = ()
    ) -> None:
        self._goals = goals
        self._direction = direction
        self._front = Front(aims) if aims else None
        self._best: tuple[float, int] | None = None
        self._without = 0
        self._last: deque[float | None] = deque(maxlen=WINDOW)
        self._gain: float | None = None
        self._reached: tuple[float, int] | None = None
        for trial in sorted(restored, key=lambda t: (t.ended, t.number)):
            if trial.outcome is not None:
                self.ended(trial.number, trial.outcome)

    def meets_target(self, value: float) -> bool:
        """Whether an objective of `value` is what the study wanted."""
        target = self._goals.target
        if target is None or math.isnan(value):
            return False
        # metrics are single precision: 0.98 is told as 0.9800000191 or 0.9799999
        return math.isclose(value, target, rel_tol=1e-6) or self._direction.better(value, target)

    def stands(self, number: int, value: float) -> None:
        """Trial `number`, which may still run, would have the objective `value` if it ended now."""
        if self._reached is None and self.meets_target(value):
            self._reached = value, number

    def ended(self, number: int, outcome: Outcome) -> None:
        """Trial `number` has ended. One that was never trained, or was cut when the study ended, says nothing."""
        value = outcome.objective
        if value is not None:
            self.stands(number, value)
        better = value is not None and (self._best is None or self._direction.better(value, self._best[0]))
        if better and value is not None and math.isfinite(value):
            self._best = value, number
        if better if self._front is None else self._front.ended(number, outcome):
            self._without = 0
        elif outcome.cause not in (*UNTRAINED, Cause.BUDGET):
            self._without += 1
        if outcome.cause not in (*UNTRAINED, Cause.BUDGET):
            self._last.append(value)
        if self._goals.expected_gain_below is not None and self._best is not None:
            self._gain = expected_gain(tuple(self._last), self._best[0], self._direction)

    @property
    def no_further_epoch(self) -> str | None:
        """Why the trials that run are to stop as well, or None."""
        if self._reached is None:
            return None
        value, number = self._reached
        return f"the target {self._goals.target:g} is reached: trial {number} has {value:.6g}"

    @property
    def no_new_trial(self) -> str | None:
        """Why no new trial is worth it, or None; trials that run may go on, and what they bring is looked at again."""
        goals = self._goals
        if self._best is None:
            return None
        value, number = self._best
        if goals.patience_trials is not None and self._without >= goals.patience_trials:
            if self._front is not None:
                return f"{self._without} trials in a row brought nothing new to the front of {len(self._front)} trials"
            return f"{self._without} trials in a row brought nothing better than {value:.6g} of trial {number}"
        if goals.expected_gain_below is None or self._gain is None or self._gain >= goals.expected_gain_below:
            return None
        return (
            f"the next trial is expected to gain {self._gain:.2g} over {value:.6g} of trial {number}, "
            f"less than {goals.expected_gain_below:g} (by the last {len(self._last)} trials)"
        )

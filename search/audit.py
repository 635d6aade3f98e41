"""The audit of pruning: a few trials that the pruner would stop are let finish, and show how often stopping is wrong.

Decides which trials, and counts what came of them. Starts and stops nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.objective import Direction
from search.front import Aims, front_of
from search.study import OPEN_END, Cause, RecordedTrial, TrialState

SHARE = 0.03
"""Of so many of the trials to be stopped the stop is audited, unless the study file says otherwise."""
_STREAM = 0xA0D17
"""Keeps these draws apart from all others of the study's seed."""


def is_audited(seed: int, number: int, *, share: float) -> bool:
    """Whether trial `number` is let finish if it is to be stopped: the same in every run of the study."""
    return bool(np.random.default_rng([seed, number, _STREAM]).random() < share)


@dataclass(frozen=True, slots=True)
class Audit:
    """What pruning did in a study.

    stopped: trials that the pruner ended. saved: epochs that they had still to go, early stopping not reckoned with.
    spent: epochs that audited trials were trained beyond their stop.
    finished: audited trials that came to an end of their own. wrong: those of them whose objective is better than the
        best of the study was when they were to be stopped; with several objectives, those on the front.
    became: what a wrongly stopped trial is, for a sentence.
    """

    stopped: int
    saved: int
    finished: int
    wrong: int
    spent: int
    became: str = "a new best"

    @classmethod
    def of(cls, trials: Sequence[RecordedTrial], direction: Direction, aims: Aims = ()) -> "Audit":
        """aims: of a study with several objectives; `direction` is that of the first."""
        stopped = [t for t in trials if t.outcome is not None and t.outcome.cause is Cause.PRUNED]
        audited = [t for t in trials if t.audited is not None]
        finished = [t for t in audited if t.state is TrialState.COMPLETE]
        longest = _longest(trials)
        if aims:
            front = front_of(((t.number, t.outcome) for t in trials if t.outcome is not None), aims)
            wrong = sum(t.number in front for t in finished)
        else:
            wrong = sum(_was_wrong(t, direction) for t in finished)
        return cls(
            stopped=len(stopped),
            saved=sum(max(0, min(t.suggestion.epochs, longest) - len(t.values)) for t in stopped),
            finished=len(finished),
            wrong=wrong,
            spent=sum(len(t.values) - t.audited.epoch for t in audited if t.audited is not None),
            became="a member of the front" if aims else "a new best",
        )

    def counts(self) -> dict[str, int]:
        """The figures for a tracker, by name; none where no trial was to be stopped."""
        if not self.stopped and not self.finished:
            return {}
        return {"epochs_saved": self.saved - self.spent, "audited": self.finished, "wrong_stops": self.wrong}

    @property
    def sentence(self) -> str:
        """For a person; empty where no trial was to be stopped."""
        if not self.stopped and not self.finished:
            return ""
        saved = f"{_trials(self.stopped)} stopped, {self.saved} epochs saved"
        if self.spent:
            saved += f", {self.spent} spent on the audit"
        if not self.finished:
            return f"{saved}; none was let finish to audit it"
        were = "was" if self.finished == 1 else "were"
        wrong = "none" if not self.wrong else str(self.wrong)
        return f"{saved}; {_trials(self.finished)} to be stopped {were} let finish, and {wrong} became {self.became}"


def _longest(trials: Sequence[RecordedTrial]) -> int:
    """The epochs that a trial may train: of trials with an open end, those of the longest that came to an end."""
    ended = [len(t.values) for t in trials if t.state is TrialState.COMPLETE and t.suggestion.epochs >= OPEN_END]
    return max(ended, default=OPEN_END if not any(t.suggestion.epochs >= OPEN_END for t in trials) else 0)


def _was_wrong(trial: RecordedTrial, direction: Direction) -> bool:
    assert trial.outcome is not None
    assert trial.audited is not None
    value, best = trial.outcome.objective, trial.audited.best
    return value is not None and (best is None or direction.better(value, best))


def _trials(count: int) -> str:
    return f"{count} trial{'' if count == 1 else 's'}"

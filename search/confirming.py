"""Trains the best few configurations again with other seeds, when the search is over. The loop's part of confirming.

Says what is to be trained, and what the search must leave for it; to hand a trial to a worker is the loop's. All that
is asked is a function of the trials that there are, so that a study that was killed goes on where it was.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.objective import Direction
from search.budget import Budget, Spent
from search.confirmed import counts, dropped, finalist
from search.duplicates import identity
from search.ledger import Entry, Ledger
from search.pruning.wilcoxon import P_THRESHOLD
from search.study import Repeat, Suggestion, TrialState

MOST_SHARE = 0.5
"""So much of a budget is kept for confirming at most: a search comes before it."""
_TIME_MARGIN = 1.2
"""A trial takes longer than its epochs: it is built, and stored."""
_STREAM = 0xC04F
"""Keeps these seeds apart from all others of the study's seed."""
_PURPOSE = " for the search"


@dataclass(frozen=True, slots=True)
class Confirm:
    """What is confirmed: the `top` best configurations, by `seeds` repeats each.

    p_threshold: of the paired test that spares a finalist its further seeds; 0 for none. max_epochs: of a trial of
    which nothing better is known. workers: how many train at a time. study_seed: the seeds of repeats follow from it.
    """

    top: int
    seeds: int
    max_epochs: int
    workers: int = 1
    study_seed: int = 0
    p_threshold: float = P_THRESHOLD

    def seed_of(self, round_: int) -> int:
        """The seed of all repeats of a round, from 1."""
        return int(np.random.SeedSequence([self.study_seed, _STREAM, round_]).generate_state(1)[0])


@dataclass(frozen=True, slots=True)
class Cost:
    """What trials take: seconds of one worker."""

    trials: int = 0
    epochs: float = 0.0
    seconds: float = 0.0

    def plus(self, other: "Cost", times: int = 1) -> "Cost":
        return Cost(
            self.trials + times * other.trials,
            self.epochs + times * other.epochs,
            self.seconds + times * other.seconds,
        )


class Confirming:
    """The repeats of a running study. say: tells a person."""

    def __init__(
        self, plan: Confirm | None, ledger: Ledger, direction: Direction, *, say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._ledger = ledger
        self._direction = direction
        self._say = say
        self._searched: str | None = None
        self._chosen: tuple[Entry, ...] = ()
        self._dropped: set[int] = set()

    @property
    def has_begun(self) -> bool:
        return self._searched is not None

    @property
    def reason(self) -> str:
        """Why a study ended that has been confirmed as far as it could be."""
        searched = self._searched or ""
        return f"{searched}, and {self._made()}" if self._chosen else searched

    def for_search(self, budget: Budget) -> Budget:
        """`budget` without what is kept for the repeats, as far as can be told from the trials so far."""
        if self._plan is None or self.has_begun:
            return budget
        kept = self._reserve(self._plan)
        trials, epochs, seconds = budget.trials, budget.epochs, budget.seconds
        return replace(
            budget,
            trials=None if trials is None else trials - min(kept.trials, int(trials * MOST_SHARE)),
            epochs=None if epochs is None else epochs - min(math.ceil(kept.epochs), int(epochs * MOST_SHARE)),
            seconds=None if seconds is None else seconds - min(kept.seconds / self._plan.workers, seconds * MOST_SHARE),
            purpose=_PURPOSE,
        )

    def begin(self, searched: str) -> Sequence[int]:
        """The search is over, for this reason. Returns the trials whose configurations are trained again."""
        self._searched = searched
        if self._plan is None:
            return ()
        self._chosen = self._best(self._plan.top)
        left = sum(len(self._missing(entry)) for entry in self._chosen)
        if left:
            numbers = ", ".join(str(entry.number) for entry in self._chosen)
            self._say(
                f"confirming: up to {left} trials repeat the best {len(self._chosen)} ({numbers}) with other seeds"
            )
        return [entry.number for entry in self._chosen]

    def next(self, number: int, budget: Budget, spent: Spent) -> Suggestion | None:
        """Trial `number`, the next repeat; None when there is none, or the budget has no room for it."""
        plan = self._plan
        if plan is None:
            return None
        rivals = self._rivals(plan)
        for round_ in range(1, plan.seeds + 1):
            missing = [entry for entry in rivals if round_ in self._missing(entry)]
            if not missing:
                continue
            is_whole = round_ > 1 and not any(self._has(entry, round_) for entry in self._chosen)
            if self._fits(missing if is_whole else missing[:1], budget, spent):
                return self._repeat(number, missing[0], round_, plan)
            return None
        return None

    # ------------------------------------------------------------------------------------------- which
    def _best(self, most: int) -> tuple[Entry, ...]:
        """The best trials, of each configuration the best one; an infinite objective is an accident."""
        found: dict[str, Entry] = {}
        for number in self._ledger.places:
            if len(found) == most:
                break
            if math.isfinite(self._ledger.objective_now(number)):
                entry = self._ledger.entries[number]
                found.setdefault(identity(entry.suggestion.params), entry)
        return tuple(found.values())

    def _missing(self, entry: Entry) -> list[int]:
        """The rounds in which the configuration was not trained yet and is not being trained."""
        assert self._plan is not None
        return [round_ for round_ in range(1, self._plan.seeds + 1) if not self._has(entry, round_)]

    def _has(self, entry: Entry, round_: int) -> bool:
        return any(
            made.suggestion.repeat is not None
            and made.suggestion.repeat.round == round_
            and (made.outcome is None or counts(made.outcome))
            for made in self._ledger.repeats.get(entry.number, ())
        )

    def _rivals(self, plan: Confirm) -> list[Entry]:
        """Those that get further seeds; says once why another one does not."""
        known = [finalist(entry, self._ledger.repeats.get(entry.number, ())) for entry in self._chosen]
        against = dropped(known, self._direction, p_threshold=plan.p_threshold)
        for number, reason in against.items():
            if number not in self._dropped and self._missing(self._ledger.entries[number]):
                self._dropped.add(number)
                self._say(f"trial {number:>3}  gets no further seeds: {reason}")
        return [entry for entry in self._chosen if entry.number not in against]

    def _repeat(self, number: int, entry: Entry, round_: int, plan: Confirm) -> Suggestion:
        of = entry.suggestion
        self._say(f"trial {number:>3}  repeats trial {of.number} with seed {round_} of {plan.seeds}")
        return Suggestion(
            number, of.params, of.epochs, source=f"repeat of trial {of.number}",
            repeat=Repeat(of.number, round_, plan.seed_of(round_)),
        )  # fmt: skip

    def _made(self) -> str:
        """What has come of it, in words."""
        assert self._plan is not None
        made = [self._plan.seeds - len(self._missing(entry)) for entry in self._chosen]
        low, high = min(made), max(made)
        times = str(high) if low == high else f"{low} to {high}"
        words = f"the best {len(made)} were trained again with {times} of {self._plan.seeds} other seeds"
        is_short = any(self._missing(entry) for entry in self._rivals(self._plan))
        return f"{words}: the budget has no room for more" if is_short else words

    # ------------------------------------------------------------------------------------------- how much
    def _reserve(self, plan: Confirm) -> Cost:
        """What the repeats that are still to be made will take; finalists that are not there yet are like the rest."""
        best = self._best(plan.top)
        costs = [self._cost(entry) for entry in best]
        total = Cost()
        for entry, cost in zip(best, costs, strict=True):
            total = total.plus(cost, len(self._missing(entry)))
        absent = plan.top - len(best)
        if not costs:
            return total.plus(Cost(1, plan.max_epochs), absent * plan.seeds)
        mean = Cost(1, sum(c.epochs for c in costs) / len(costs), sum(c.seconds for c in costs) / len(costs))
        return total.plus(mean, absent * plan.seeds)

    def _cost(self, entry: Entry) -> Cost:
        """What one more training of the configuration takes, by those that came to their end."""
        trained = [entry, *self._ledger.repeats.get(entry.number, ())]
        whole = [e.outcome for e in trained if e.outcome is not None and e.outcome.state is TrialState.COMPLETE]
        if whole:
            seconds = sum(outcome.seconds for outcome in whole) / len(whole)
            return Cost(1, sum(outcome.epochs for outcome in whole) / len(whole), seconds * _TIME_MARGIN)
        epochs, done = entry.suggestion.epochs, max(1, len(entry.values))
        spent = entry.seconds if entry.outcome is None else entry.outcome.seconds
        return Cost(1, epochs, spent / done * epochs * _TIME_MARGIN)

    def _fits(self, wanted: Sequence[Entry], budget: Budget, spent: Spent) -> bool:
        """Whether the budget has room for a repeat of each of `wanted` beside those that are being trained."""
        assert self._plan is not None
        total = Cost()
        for entry in wanted:
            total = total.plus(self._cost(entry))
        for entry in self._ledger.training:
            assert entry.suggestion.repeat is not None
            whole = self._cost(self._ledger.entries[entry.suggestion.repeat.of])
            epochs = max(0.0, whole.epochs - len(entry.values))
            total = total.plus(Cost(0, epochs, max(0.0, whole.seconds - entry.seconds)))
        return (
            (budget.trials is None or spent.trials + total.trials <= budget.trials)
            and (budget.epochs is None or spent.epochs + total.epochs <= budget.epochs)
            and (budget.seconds is None or spent.seconds + total.seconds / self._plan.workers <= budget.seconds)
        )

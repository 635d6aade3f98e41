"""Trials that rest: who wants it, who takes them up again, how they end when nobody does. The loop's part of pausing.

Says what is to be done and tells those who are to know; to hand a trial to a worker and to close it is the loop's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from models.training.orders import Order
from search import retiring
from search.budget import Budget, Spent
from search.forced import Forced
from search.ledger import Entry, Ledger
from search.ports import Driver, Pruner
from search.progress import View, goes_on_line, paused_line
from search.study import Decision, Pause, Suggestion
from search.telling import Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class Pausing:
    """The paused trials of a running study.

    candidates: so many of the best trials are stored in the end. give_up: frees and closes a trial of no further use.
    """

    ledger: Ledger
    driver: Driver
    pruner: Pruner
    teller: Teller
    view: View
    candidates: int
    give_up: Callable[[Entry], None]

    def wanted(self, entry: Entry) -> Decision:
        """What the pruner, and then the driver, want of a trial after its last epoch, if it has others left."""
        if len(entry.values) >= entry.suggestion.epochs or not entry.is_beyond_pauses or entry.is_repeat:
            return Decision.go_on()
        decision = self.pruner.decide(entry.curve, self.ledger.others(entry.number))
        after = entry.suggestion.pause_after
        if decision.order is Order.GO_ON and after is not None and len(entry.values) >= after:
            return Decision.pause("the sampler spends its epochs elsewhere")
        return decision

    def ordered(self, entry: Entry, reason: str) -> None:
        """The trial is told to rest, which is recorded before its worker hears of it."""
        entry.pause = Pause(len(entry.values), reason, entry.seconds)
        self.teller.paused(entry.number, entry.pause)

    def rested(self, entry: Entry, *, budget: Budget, spent: Spent) -> None:
        """The trial has left its worker; a trial that was interrupted was not told to rest."""
        if entry.pause is None:
            return
        self.driver.paused(entry.number, tuple(entry.values))
        self.view.say(paused_line(entry.number, entry.pause, entry.values[-1]))
        most = retiring.most_trials(budget, spent)
        for number in self.pruner.hopeless(self.ledger.resting, self.ledger.others, most=most):
            if not retiring.is_candidate(self.ledger, number, candidates=self.candidates):
                self.give_up(self.ledger.entries[number])

    def promoted(self, *, more: bool) -> Suggestion | None:
        """The paused trial that the pruner lets go on, told and recorded; None for none."""
        promotion = self.pruner.promote(self.ledger.resting, self.ledger.others, more=more)
        return None if promotion is None else self.taken_up(promotion.number, promotion.reason)

    def taken_up(self, number: int, reason: str, *, pause_after: int | None = None) -> Suggestion:
        """The paused trial `number` as it goes on, told and recorded. Raises: ValueError when it does not rest."""
        if number not in self.ledger.resting:
            raise ValueError(f"trial {number} is to go on, but it is not paused")
        entry = self.ledger.entries[number]
        assert entry.pause is not None
        self.view.say(goes_on_line(number, entry.pause, reason))
        entry.suggestion = replace(entry.suggestion, resume=True, pause_after=pause_after)
        self.teller.goes_on(entry.suggestion, (*entry.promoted, entry.pause.epoch))
        return entry.suggestion

    def retired(self, ending: str) -> dict[int, Forced]:
        """Ends what rests, as the study has ended: the candidates are unfinished now, to be stored as this says, the
        others are given up.
        """
        found: dict[int, Forced] = {}
        # before any of them loses its place
        chosen = {n for n in self.ledger.resting if retiring.is_candidate(self.ledger, n, candidates=self.candidates)}
        for number in self.ledger.resting:
            entry = self.ledger.entries[number]
            if number in chosen:
                assert entry.pause is not None
                found[number] = retiring.stored(entry.pause, ending)
                self.ledger.call_up(number)
            else:
                self.give_up(entry)
        return found

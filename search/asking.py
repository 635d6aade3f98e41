"""Asks the driver for the next configuration to train; what breaks a limit or was trained before is passed over.

What is passed over is recorded and told to the driver, and uses nothing of the budget.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from search.duplicates import Duplicates, as_duplicate
from search.ledger import Ledger
from search.ports import Driver
from search.study import Cause, Outcome, Params, Suggestion, TrialState
from search.telling import Teller


@dataclass(frozen=True, slots=True)
class NothingLeft:
    """No configuration is left to train, for this reason; `failed` when the study file is to be mended."""

    reason: str
    failed: bool = False


@dataclass(slots=True)
class Asking:
    """One study's questions to its driver. number: of the next suggestion.

    epochs_of: how many epochs a configuration trains; None when that is left to the driver.
    """

    driver: Driver
    teller: Teller
    ledger: Ledger
    duplicates: Duplicates
    why_infeasible: Callable[[Params], str | None]
    epochs_of: Callable[[Params], int] | None
    number: int

    def next(self) -> Suggestion | NothingLeft | None:
        """The next suggestion to train, or the paused trial that the driver lets go on; None while it has none."""
        why: str | None = None
        tries = self.duplicates.tries
        for _ in range(tries):
            suggestion = self.driver.ask(self.number)
            if suggestion is None or suggestion.resume:
                return suggestion
            self.number += 1
            why = self.why_infeasible(suggestion.params)
            earlier = None if why is not None else self.duplicates.earlier(suggestion)
            if why is not None:
                self._refuse(suggestion, why)
            elif earlier is not None:
                self._pass_over(suggestion, earlier)
            else:
                self.duplicates.trains(suggestion)
                return self._planned(suggestion)
            if self.duplicates.exhausted is not None:
                break
        self.duplicates.give_up()
        if self.duplicates.exhausted is not None:
            return NothingLeft(self.duplicates.exhausted)
        reason = f"{tries} configurations in a row broke a limit (last: {why}); widen `limits` or the space"
        return NothingLeft(reason, failed=True)

    def ended(self, suggestion: Suggestion, outcome: Outcome) -> None:
        """Tells the driver the end of a trial, and the same of the duplicates that waited for it."""
        self.driver.tell(suggestion.number, outcome)
        for duplicate in self.duplicates.ended(suggestion, outcome):
            self.driver.tell(duplicate, outcome)

    def _planned(self, suggestion: Suggestion) -> Suggestion:
        """Drivers plan for the longest configuration; where `epochs` varies, this one may be shorter."""
        if self.epochs_of is None:
            return suggestion
        return replace(suggestion, epochs=min(suggestion.epochs, self.epochs_of(suggestion.params)))

    def _refuse(self, suggestion: Suggestion, why: str) -> None:
        outcome = Outcome(TrialState.PRUNED, Cause.INFEASIBLE, why)
        self.duplicates.infeasible(suggestion)
        self._record(suggestion, outcome)
        self.driver.tell(suggestion.number, outcome)

    def _pass_over(self, suggestion: Suggestion, earlier: int) -> None:
        """A duplicate is told as the earlier trial ended, at once or when it ends."""
        known = self.ledger.entries[earlier].outcome
        self.duplicates.waits(suggestion.number, earlier)
        self._record(suggestion, as_duplicate(earlier, known))
        if known is not None:
            self.driver.tell(suggestion.number, known)

    def _record(self, suggestion: Suggestion, outcome: Outcome) -> None:
        self.ledger.begin(suggestion)
        self.ledger.end(suggestion.number, outcome)
        self.teller.never_trained(suggestion, outcome)

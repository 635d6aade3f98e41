"""The loop: asks the driver, hands trials to workers, answers their reports, tells results. Owns no policy of its own.

Everything that touches the world (driver, pruner, backend, record, tracker, clock, view) is passed in; the loop runs
the same on simulated time.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.objective import Objective
from models.training.orders import Order
from search import retiring
from search.asking import Asking, NothingLeft
from search.budget import Budget, Spent, no_new_trial, time_is_up, used_up
from search.confirming import Confirm, Confirming
from search.duplicates import Duplicates, as_told
from search.failing import why_ended
from search.forced import Forced, Trained
from search.front import Aims
from search.growing import Growth, OwnSpace
from search.ledger import Entry, Ledger
from search.overtime import Overtime
from search.parts import Ending, Parts
from search.pausing import Pausing
from search.progress import Progress
from search.stopping import Stopping
from search.study import (
    UNTRAINED,
    AuditedStop,
    Cause,
    Decision,
    Event,
    Finished,
    Lost,
    Outcome,
    Params,
    Paused,
    RecordedTrial,
    Reported,
    Settled,
    Started,
    Suggestion,
    TrialState,
)

MAX_LOSSES = 3
"""A trial whose worker is lost so often is taken for the cause and fails."""
_WAIT_S = 0.5
_SAVE_TIME_EVERY_S = 5.0
_SHOW_EVERY_S = 0.1
"""What a person sees is drawn anew so often at most; the end of a trial is shown at once."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the loop obeys: the objective, the budget, limits over configurations and the time of one trial.

    epochs_of: how many epochs a configuration trains; None when that is left to the driver.
    skip_duplicates: whether a configuration that was trained is not trained again.
    configurations: how many there are in all; None for endless.
    is_audited: whether a trial by its number is let finish when the pruner would stop it.
    own: the space that the user's own code has made, where it builds the models.
    checkpoints: whether a trial that was interrupted can go on, and be stored as it is; otherwise it begins anew.
    candidates: a paused trial is stored in the end if it is among so many of the best; see `search.retiring`.
    confirm: what is trained again in the end. aims: of a study with several objectives, `objective` the first of them.
    """

    objective: Objective
    budget: Budget
    why_infeasible: Callable[[Params], str | None]
    epochs_of: Callable[[Params], int] | None = None
    trial_seconds: float | None = None
    skip_duplicates: bool = False
    configurations: int | None = None
    is_audited: Callable[[int], bool] = lambda number: False
    candidates: int = retiring.LEAST_CANDIDATES
    confirm: Confirm | None = None
    aims: Aims = ()
    own: OwnSpace | None = None
    checkpoints: bool = True


_EXHAUSTED = Ending("the search space is exhausted")


class Runner:
    """One run of a study's loop over the trials that the record already holds."""

    def __init__(self, parts: Parts, rules: Rules, *, restored: Sequence[RecordedTrial], seconds: float) -> None:
        self._parts = parts
        self._rules = rules
        self.ledger = Ledger(rules.objective, restored, group=parts.pruner.group, aims=rules.aims)
        self._begun_s = parts.clock.monotonic_s() - seconds
        self._saved_s = parts.clock.monotonic_s()
        self._shown_s = -math.inf
        self._interrupted = False
        self._ending: Ending | None = None
        self._failures: list[str] = []
        self._overtime = Overtime(trial_s=rules.trial_seconds, budget_s=rules.budget.seconds)
        self._forced: dict[int, Forced] = {}
        self._confirming = Confirming(rules.confirm, self.ledger, rules.objective.direction, say=parts.view.say)
        searched = [trial for trial in restored if trial.suggestion.repeat is None]
        self._stopping = Stopping(rules.budget.goals, rules.objective.direction, searched, aims=rules.aims)
        self._duplicates = Duplicates(skip=rules.skip_duplicates, size=rules.configurations, restored=searched)
        self._asking = Asking(
            parts.driver, parts.teller, self.ledger, self._duplicates, rules.why_infeasible, rules.epochs_of,
            number=len(self.ledger.entries),
        )  # fmt: skip
        self._is_retiring = False
        self._pausing = Pausing(
            ledger=self.ledger, driver=parts.driver, pruner=parts.pruner, teller=parts.teller, view=parts.view,
            candidates=rules.candidates, give_up=self._give_up,
        )  # fmt: skip
        self._growth = Growth(rules.own, parts.driver, parts.teller, self.ledger, self._duplicates)
        parts.driver.restore(as_told(searched))

    @property
    def seconds(self) -> float:
        """Seconds that the study has been run for, over all processes."""
        return self._parts.clock.monotonic_s() - self._begun_s

    def interrupt(self) -> None:
        """Lets every trial finish its epoch and write its checkpoint, then ends the loop. Safe in a signal handler."""
        self._interrupted = True

    def run(self) -> Ending:
        """Runs until the budget is used, the space is exhausted, or somebody interrupts."""
        while True:
            self._fill()
            if not self.ledger.in_flight and not self._retire() and not self._confirm():
                break
            for event in self._parts.backend.events(_WAIT_S):
                self._handle(event)
            self._parts.teller.keep_up()
            self._end_overdue()
            self._show()
        self._parts.teller.seconds(self.seconds)
        self._shown_s = -math.inf
        self._show()
        ending = self._ending or _EXHAUSTED
        is_normal = self._confirming.has_begun and not (ending.interrupted or ending.failed)
        return Ending(self._confirming.reason) if is_normal else ending

    # ---------------------------------------------------------------------------------------- starting trials
    def _fill(self) -> None:
        """Gives every free worker something to train: unfinished trials first, then paused ones, then new ones."""
        while self._parts.backend.free > 0 and self._may_start():
            waiting = self.ledger.next_unfinished
            over = self._over(waiting, in_flight=self.ledger.in_flight)
            if over is not None:
                self._ending = Ending(over)
            if waiting is not None:
                self._take_up(waiting, over)
                continue
            suggestion = None if over is not None else self._next_to_train()
            if suggestion is None:
                break
            self._submit(suggestion)

    def _over(self, entry: Entry | None, *, in_flight: int) -> str | None:
        """Why no further epoch may be trained of `entry`, or of a new trial; None when it may."""
        if self._confirming.has_begun or (entry is not None and entry.is_repeat):
            return used_up(self._rules.budget, self._spent(), in_flight=in_flight)
        budget = self._confirming.for_search(self._rules.budget)
        return self._stopping.no_further_epoch or used_up(budget, self._spent(), in_flight=in_flight)

    def _may_start(self) -> bool:
        unfinished = self._ending is not None and not self._ending.failed and self.ledger.next_unfinished is not None
        if self._interrupted and (self._ending is None or unfinished):
            self._ending = Ending("interrupted", interrupted=True)
        return self._ending is None or not (self._ending.interrupted or self._ending.failed)

    def _take_up(self, entry: Entry, over: str | None) -> None:
        """An unfinished trial goes on; with the budget used up it is only closed, with the best weights it has."""
        is_cut = time_is_up(self._rules.budget, self._spent()) or not self._rules.checkpoints
        if over is not None and entry.number not in self._forced and is_cut:
            self._forced[entry.number] = Forced(Cause.BUDGET, over)
        if entry.number in self._forced and entry.values and self._rules.checkpoints:
            self._submit(entry.suggestion.to_store())
        elif entry.number in self._forced:
            self._close(entry, self._forced.pop(entry.number).without_files(self._trained(entry)))
        elif over is None:
            self._submit(replace(entry.suggestion, resume=True))
        elif entry.values:
            self._submit(replace(entry.suggestion, resume=True, epochs=len(entry.values)))
            entry.ordered = (Cause.BUDGET, over)
        else:
            self._close(entry, Outcome(TrialState.PRUNED, Cause.BUDGET, over))

    def _submit(self, suggestion: Suggestion) -> None:
        self.ledger.begin(suggestion)
        self._overtime.submitted(suggestion, now_s=self._parts.clock.monotonic_s())
        self._parts.backend.submit(suggestion)

    def _next_to_train(self) -> Suggestion | None:
        """The paused trial that the pruner lets go on, or else what the driver suggests; a repeat after the search."""
        if self._confirming.has_begun:
            return self._next_repeat()
        if self._is_retiring:
            return None
        budget = self._confirming.for_search(self._rules.budget)
        over = no_new_trial(budget, self._spent(), in_flight=self.ledger.in_flight)
        over = over or self._stopping.no_new_trial or self._duplicates.exhausted
        promoted = self._pausing.promoted(more=over is None)
        if promoted is not None:
            return promoted
        # a running trial may have brought what ends an earlier reason to stop
        self._ending = None if over is None else Ending(over)
        suggestion = self._next_suggestion() if over is None else self._parts.driver.go_on()
        if suggestion is None:
            # the space is exhausted when the driver waits for nothing
            return None if self.ledger.in_flight else self._pausing.promoted(more=False)
        if suggestion.resume:
            return self._pausing.taken_up(suggestion.number, suggestion.source, pause_after=suggestion.pause_after)
        self._parts.teller.new_trial(suggestion)
        return suggestion

    def _next_repeat(self) -> Suggestion | None:
        suggestion = self._confirming.next(len(self.ledger.entries), self._rules.budget, self._spent())
        if suggestion is not None:
            self._parts.teller.new_trial(suggestion)
        return suggestion

    def _next_suggestion(self) -> Suggestion | None:
        """The driver's next suggestion that is to be trained, or the paused trial that it lets go on."""
        # a sampler may think for seconds, and a study that is killed meanwhile is to lose nothing
        self._parts.teller.flush()
        asked = self._asking.next()
        if isinstance(asked, NothingLeft):
            self._ending = Ending(asked.reason, failed=asked.failed)
            return None
        return asked

    # ---------------------------------------------------------------------------------------- events
    def _handle(self, event: Event) -> None:
        if isinstance(event, Finished | Paused | Lost):
            self._overtime.left(event.number)
        if isinstance(event, Started):
            self._started(event)
        elif isinstance(event, Reported):
            self._reported(event)
        elif isinstance(event, Settled):
            self._growth.settled(event)
        elif isinstance(event, Finished):
            self._finished(event.number, event.outcome)
        elif isinstance(event, Paused):
            self._left(event.number)
        else:
            self._lost(event)

    def _left(self, number: int) -> None:
        """The trial has left its worker, and rests if it was told to."""
        self._pausing.rested(self.ledger.rest(number), budget=self._rules.budget, spent=self._spent())

    def _started(self, event: Started) -> None:
        entry = self.ledger.entries[event.number]
        self._parts.teller.trial_started(entry.suggestion, epoch=event.epoch)
        for report in self.ledger.missing(event.number, event.history):
            self.ledger.epoch(event.number, report)
            self._parts.teller.epoch(event.number, report)
        entry.seconds = max(entry.seconds, event.trained_s)
        self._overtime.trained_before(event.number, entry.seconds)

    def _reported(self, event: Reported) -> None:
        entry = self.ledger.epoch(event.number, event.report)
        self._parts.teller.epoch(event.number, event.report)
        if self._rules.budget.goals.target is not None and not entry.is_repeat:
            self._stopping.stands(event.number, self.ledger.objective_now(event.number))
        decision, cause = self._decide(entry)
        if decision.order is Order.STOP and cause is Cause.PRUNED and self._rules.is_audited(entry.number):
            decision = self._spare(entry, decision.reason)
        if decision.order is Order.STOP:
            entry.ordered = (cause, decision.reason)
        elif decision.order is Order.PAUSE and cause is Cause.PRUNED:
            self._pausing.ordered(entry, decision.reason)
        if decision.order is not Order.GO_ON or len(entry.values) >= entry.suggestion.epochs:
            self._overtime.leaves(event.number)
        self._parts.backend.answer(event.number, decision)

    def _decide(self, entry: Entry) -> tuple[Decision, Cause]:
        """Budget and limits first, then the pruner; an interrupted trial leaves its worker and goes on by itself."""
        if self._interrupted:
            wanted = self._pausing.wanted(entry)
            if wanted.order is Order.PAUSE:
                return wanted, Cause.PRUNED
            return Decision.pause("interrupted"), Cause.FINISHED
        over = self._over(entry, in_flight=self.ledger.in_flight - entry.is_training)
        if over is not None:
            reached = not entry.is_repeat and self._stopping.meets_target(self.ledger.objective_now(entry.number))
            if reached or len(entry.values) < entry.suggestion.epochs:
                return Decision.stop(over), Cause.TARGET if reached else Cause.BUDGET
        allowed = self._rules.trial_seconds
        if allowed is not None and entry.seconds >= allowed:
            return Decision.stop(f"it has trained for {entry.seconds:.0f} s of {allowed:.0f} s"), Cause.OVER_TIME
        return self._pausing.wanted(entry), Cause.PRUNED

    def _spare(self, entry: Entry, reason: str) -> Decision:
        """Lets a trial go on that the pruner would stop, and keeps where and why it would have."""
        if entry.audited is None:
            best = self.ledger.incumbent
            entry.audited = AuditedStop(len(entry.values), reason, best.value if best else None)
            self._parts.teller.audited(entry.number, entry.audited)
        return Decision.go_on()

    def _finished(self, number: int, outcome: Outcome) -> None:
        entry = self.ledger.entries[number]
        forced = self._forced.pop(number, None)
        if forced is not None:
            outcome = forced.with_stored(outcome, self._trained(entry))
        elif entry.ordered is not None and outcome.state is TrialState.COMPLETE:
            cause, reason = entry.ordered
            state = TrialState.COMPLETE if cause is Cause.TARGET else TrialState.PRUNED
            outcome = replace(outcome, state=state, cause=cause, reason=reason)
        self._close(entry, outcome)

    def _end_overdue(self) -> None:
        """Ends by force what has had its time and more."""
        now = self._parts.clock.monotonic_s()
        for force in self._overtime.due(now_s=now, spent_s=self.seconds):
            self._parts.backend.end(force.number, force.cause, force.reason)

    def _lost(self, event: Lost) -> None:
        """A lost worker's trial goes on from its checkpoint; one that was ended by force is stored as that has it."""
        entry = self.ledger.entries[event.number]
        entry.losses += 1
        if event.cause is not Cause.LOST or entry.losses >= MAX_LOSSES or event.number in self._forced:
            entry.pause = None
        self._left(event.number)
        self._parts.view.say(f"trial {event.number}: {event.reason}")
        forced = self._forced.get(event.number)
        if forced is not None and (event.cause is not Cause.LOST or entry.losses >= MAX_LOSSES):
            del self._forced[event.number]
            self._close(entry, forced.without_files(self._trained(entry)))
        elif forced is None and event.cause is not Cause.LOST:
            self._forced[event.number] = Forced(event.cause, event.reason)
        elif forced is None and entry.losses >= MAX_LOSSES:
            reason = f"its worker was lost {MAX_LOSSES} times, last: {event.reason}"
            reason += f"; {event.hint}" if event.hint else ""
            outcome = Outcome(TrialState.FAILED, Cause.LOST, reason, epochs=len(entry.values), seconds=entry.seconds)
            self._close(entry, outcome)

    def _retire(self) -> bool:
        """Ends the paused trials of a study that is over. Returns whether any are to be stored by the workers first."""
        if not self._may_start() or not self.ledger.resting:
            return False
        self._is_retiring = True
        self._forced |= self._pausing.retired((self._ending or _EXHAUSTED).reason)
        return bool(self.ledger.unfinished)

    def _confirm(self) -> bool:
        """Begins to train the best again, when the search is over. Returns whether it has begun just now."""
        if self._confirming.has_begun or self._rules.confirm is None or not self._may_start():
            return False
        chosen = self._confirming.begin((self._ending or _EXHAUSTED).reason)
        self._ending = None
        if self._parts.shelf is not None:
            self._parts.shelf.spare(chosen)
        return True

    def _give_up(self, entry: Entry) -> None:
        """Closes a paused trial that neither goes on nor is stored."""
        outcome = retiring.closed(entry, self._trained(entry), candidates=self._rules.candidates)
        self._parts.free(entry.number)
        self._close(entry, outcome)

    def _trained(self, entry: Entry) -> Trained:
        return Trained(self._rules.objective, entry.values, entry.seconds, entry.suggestion.epochs)

    def _close(self, entry: Entry, outcome: Outcome) -> None:
        self.ledger.end(entry.number, outcome)
        self._parts.teller.trial_finished(entry.number, outcome)
        if not entry.is_repeat:
            self._asking.ended(entry.suggestion, outcome)
            self._stopping.ended(entry.number, outcome)
        self._parts.view.trial_ended(entry.number, outcome)
        self._shown_s = -math.inf
        if self._parts.shelf is not None:
            self._parts.shelf.put(entry.number, outcome)
        if outcome.state is TrialState.FAILED:
            self._failures.append(outcome.reason)
            reason = why_ended(self._failures)
            if reason is not None:
                self._ending = Ending(reason, failed=True, traceback=outcome.traceback or outcome.reason)
        elif outcome.cause not in UNTRAINED:
            self._failures.clear()

    def _spent(self) -> Spent:
        return self.ledger.spent(self.seconds)

    def _show(self) -> None:
        now = self._parts.clock.monotonic_s()
        if now - self._saved_s >= _SAVE_TIME_EVERY_S:
            self._saved_s = now
            self._parts.teller.seconds(self.seconds)
        if now - self._shown_s >= _SHOW_EVERY_S:
            self._shown_s = now
            self._parts.view.show(Progress.of(self.ledger, self._rules.budget, seconds=self.seconds))

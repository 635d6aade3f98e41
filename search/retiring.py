"""What becomes of paused trials that will not go on: which are stored for the ensemble, which are only closed, and why.

Pure rules; the loop acts on them. See docs/decisions/pause-and-continue.md.
"""

from search.budget import Budget, Spent
from search.forced import Forced, Trained
from search.ledger import Entry, Ledger
from search.study import Cause, Outcome, Pause

LEAST_CANDIDATES = 10
CANDIDATES_PER_MEMBER = 3


def candidates(ensemble_size: int) -> int:
    """Of how many of the best trials a study keeps the model, paused ones too: those that the ensemble may take."""
    return max(LEAST_CANDIDATES, CANDIDATES_PER_MEMBER * ensemble_size)


def is_candidate(ledger: Ledger, number: int, *, candidates: int) -> bool:
    """Whether a trial that ended now would be among the best `candidates` of the study."""
    place = ledger.places.place(number)
    return place is not None and place <= candidates


def most_trials(budget: Budget, spent: Spent) -> int | None:
    """The largest number of trials that the study can have trained in the end; None when there is no telling."""
    bounds = []
    if budget.trials is not None:
        bounds.append(budget.trials)
    if budget.epochs is not None:
        # a new trial takes an epoch at least
        bounds.append(spent.trials + max(0, budget.epochs - spent.epochs))
    return min(bounds, default=None)


def stored(pause: Pause, ending: str) -> Forced:
    """How a paused trial ends of which a worker stores what its checkpoint holds."""
    return Forced(Cause.PRUNED, f"{pause.words}, and not gone on with: {ending}")


def closed(entry: Entry, trained: Trained, *, candidates: int) -> Outcome:
    """How a paused trial ends whose checkpoint is deleted."""
    assert entry.pause is not None
    forced = Forced(Cause.PRUNED, f"{entry.pause.words}, and not gone on with")
    return forced.without_files(trained, why=f"its checkpoint is deleted, since {candidates} trials are better")

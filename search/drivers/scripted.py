"""A driver that proposes given configurations in order, for tests and benchmarks."""

from collections.abc import Sequence

from search.history import PastTrial
from search.study import Outcome, Params, RecordedTrial, Suggestion
from spaces.space import Space


class ScriptedDriver:
    """Trial n gets the n-th of `params`, then there is no more; what it is told is kept in `told`."""

    def __init__(self, params: Sequence[Params], *, max_epochs: int) -> None:
        self._params = tuple(dict(p) for p in params)
        self._max_epochs = max_epochs
        self.told: dict[int, Outcome] = {}

    def ask(self, number: int) -> Suggestion | None:
        if number >= len(self._params):
            return None
        return Suggestion(number, self._params[number], self._max_epochs, source="script")

    def go_on(self) -> None:
        """Leaves paused trials to the pruner."""

    def paused(self, number: int, values: Sequence[float]) -> None:
        """Learns nothing."""

    def tell(self, number: int, outcome: Outcome) -> None:
        if number in self.told:
            raise ValueError(f"trial {number} has been told before, as {self.told[number].state}")
        self.told[number] = outcome

    def settled(self, number: int, params: Params) -> None:
        """Has its script."""

    def grow(self, space: Space) -> None:
        """Has its script."""

    def learn(self, history: Sequence[PastTrial]) -> None:
        """Learns nothing."""

    def restore(self, trials: Sequence[RecordedTrial]) -> None:
        self.told.update({trial.number: trial.outcome for trial in trials if trial.outcome is not None})

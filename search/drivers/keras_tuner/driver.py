"""The driver of KerasTuner's oracles: keeps all that an oracle was told, and tells it to a new one after a restart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.objective import Direction
from search.drivers.keras_tuner.hyperparameters import HINT, Coded, UnheldError
from search.drivers.keras_tuner.process import OracleLostError, OracleProcess
from search.drivers.keras_tuner.rows import ANSWERED, POINT, RUNNING, Row, answers, worst_score
from search.drivers.planned import FIRST_GUESS
from search.drivers.setup import DriverError, DriverSetup, refuse_grown, refuse_outside
from search.history import PastTrial
from search.study import Outcome, RecordedTrial, Suggestion
from spaces.problems import Value
from spaces.space import Space

_MOST_LOSSES = 3


class KerasTunerDriver:
    """Suggestions depend on the study's seed, the trial's number, and the trials asked and told before.

    Under Hyperband a trial pauses at the end of each round, and goes on when the oracle promotes it.
    process: where the oracle lives; left out, one of its own.
    """

    def __init__(self, setup: DriverSetup, process: OracleProcess | None = None) -> None:
        self._setup = setup
        self._space = setup.space
        self._coded = coded(setup.space, setup)
        self._process = process or OracleProcess()
        self._is_in_rounds = setup.sampler == "hyperband"
        self._is_grid = setup.sampler == "grid"
        self._suggestions: dict[int, Suggestion] = {}
        self._ended: set[int] = set()
        self._rows: list[Row] = []
        self._row_of: dict[int, int] = {}
        self._values: dict[int, tuple[float, ...]] = {}
        self._worst: float | None = None
        self._answered: list[list[int]] = []
        self._oracle: int | None = None

    def learn(self, history: Sequence[PastTrial]) -> None:
        """Learns nothing: KerasTuner's oracles know trials of their own only."""

    def ask(self, number: int) -> Suggestion | None:
        """None when the space is exhausted, or while the oracle waits for running trials.

        Raises: ValueError for a number that was asked before, DriverError when KerasTuner fails.
        """
        if number in self._suggestions:
            raise ValueError(f"trial {number} is asked twice")
        return self._next(number, may_start=True)

    def go_on(self) -> Suggestion | None:
        """The paused trial that the oracle promotes where no new one may start; an unfilled bracket is closed so."""
        return self._next(len(self._suggestions), may_start=False) if self._is_in_rounds else None

    def paused(self, number: int, values: Sequence[float]) -> None:
        """The best so far is the score of the round, or what counts until there is more."""
        self._values[number] = tuple(values)
        self._know(number, self._at_rest(self._row(number), values))

    def tell(self, number: int, outcome: Outcome) -> None:
        """Raises: ValueError for a trial that was never asked, or told before."""
        if number not in self._suggestions:
            raise ValueError(f"trial {number} is told but was never asked")
        if number in self._ended:
            raise ValueError(f"trial {number} is told twice")
        self._ended.add(number)
        self._know(number, self._row(number).told(outcome, in_rounds=self._is_in_rounds))

    def restore(self, trials: Sequence[RecordedTrial]) -> None:
        """Raises: DriverError for a trial that is not in the space."""
        ordered = sorted(trials, key=lambda trial: trial.number)
        answered: dict[int, int] = {}
        for trial in ordered:
            for number, round_ in answers(trial.suggestion.state):
                answered[number] = max(round_, answered.get(number, 0))
        for trial in ordered:
            refuse_outside(replace(self._setup, space=self._space), trial.suggestion.params, f"trial {trial.number}")
            self._restore(trial, answered.get(trial.number, 0))
        self._worst = worst_score(self._rows, self._setup.direction)
        self._oracle = None

    def settled(self, number: int, params: Mapping[str, Value]) -> None:
        """Trial `number` really has these parameters, which may be fewer or more than were suggested."""
        self._suggestions[number] = replace(self._suggestions[number], params=dict(params))
        if self._is_grid:
            return  # it goes on from what it has suggested
        row = replace(self._row(number), values=self._coded.inside(params))
        self._rows[self._row_of[number]] = row
        self._call("alter", id_=self._id(number), values=row.values)

    def grow(self, space: Space) -> None:
        """The space has these dimensions from now on. Raises: DriverError for a grid."""
        if self._is_grid:
            refuse_grown("oracle grid", [name for name in space.names if name not in self._space.names])
        self._coded = coded(space, self._setup)
        self._space = space
        self._oracle = None  # the next one is told all, as after a restart

    # -------------------------------------------------------------------------------- asking
    def _next(self, number: int, *, may_start: bool) -> Suggestion | None:
        """What the oracle says next, past the promotions of trials that have ended."""
        while True:
            found = self._call("ask", number=number, seed=_seed(self._setup.seed, number), may_start=may_start)
            if found["status"] != RUNNING:
                # with all configurations tried, what rests may go on all the same
                return self._next(number, may_start=False) if may_start and self._is_in_rounds else None
            if found["past"] is None:
                return self._begun(number, found)
            past = self._rows[int(found["past"])]
            self._add(Row(past.number, past.round + 1, past.values))
            if past.number not in self._ended and len(self._values[past.number]) < found["until"]:
                return self._promoted(past.number, found["until"])
            self._answer(past.number, past, found["until"])

    def _begun(self, number: int, found: Mapping[str, Any]) -> Suggestion:
        guess = self._space.first_guess() if number == 0 else None
        params = guess or self._coded.outside(found["values"])
        # a grid begins with the defaults by itself
        inside = found["values"] if self._is_grid else self._coded.inside(params)
        self._add(Row(number, 0, inside))
        if inside != found["values"]:
            self._call("alter", id_=self._id(number), values=inside)
        state: dict[str, object] = {ANSWERED: self._answered} if self._answered else {}
        if self._is_grid and self._setup.grows:
            state[POINT] = self._coded.named(found["values"])
        suggestion = Suggestion(
            number,
            params,
            self._setup.max_epochs,
            source=self._setup.sampler if guess is None else FIRST_GUESS,
            state=state,
            pause_after=self._pause_after(found["until"]),
        )
        self._answered = []
        self._suggestions[number] = suggestion
        return suggestion

    def _promoted(self, number: int, until: int) -> Suggestion:
        first = self._suggestions[number]
        why = f"promoted to epoch {until}"
        return replace(first, resume=True, source=why, pause_after=self._pause_after(until))

    def _answer(self, number: int, past: Row, until: int) -> None:
        """A trial that has ended, or has come as far by another way, has the score of the round already."""
        self._answered.append([number, past.round + 1])
        self._know(number, replace(past, round=past.round + 1))

    def _pause_after(self, until: int | None) -> int | None:
        return until if until is not None and until < self._setup.max_epochs else None

    # -------------------------------------------------------------------------------- what is known
    def _row(self, number: int) -> Row:
        """The latest round of a trial."""
        return self._rows[self._row_of[number]]

    def _id(self, number: int) -> str:
        return f"{self._row_of[number]:04d}"

    def _add(self, row: Row) -> None:
        self._row_of[row.number] = len(self._rows)
        self._rows.append(row)

    def _at_rest(self, row: Row, values: Sequence[float]) -> Row:
        return row.rested(values, self._setup.direction)

    def _know(self, number: int, row: Row) -> None:
        """Keeps a row and tells it, with those that count as the worst when there is another worst now."""
        self._rows[self._row_of[number]] = row
        changed = {self._row_of[number]}
        worst = worst_score(self._rows, self._setup.direction)
        if worst != self._worst:
            self._worst = worst
            changed |= {index for index, other in enumerate(self._rows) if other.is_bad}
        for index in sorted(changed):
            self._call("tell", id_=f"{index:04d}", row=self._rows[index].plain(self._worst))

    def _restore(self, trial: RecordedTrial, answered: int) -> None:
        """The rows of one trial: each round that it has been promoted from, and the one that it is in."""
        number, suggestion = trial.number, trial.suggestion
        self._suggestions[number] = suggestion
        values = tuple(trial.values)
        point = suggestion.state.get(POINT) if self._is_grid else None
        inside = self._coded.inside(point if isinstance(point, dict) else suggestion.params)
        promoted = trial.promoted if self._is_in_rounds else ()
        for round_, epoch in enumerate(promoted):
            self._add(self._at_rest(Row(number, round_, inside), values[:epoch]))
        row = Row(number, len(promoted), inside)
        if trial.outcome is not None:
            self._ended.add(number)
            row = row.told(trial.outcome, in_rounds=self._is_in_rounds)
        elif trial.pause is not None:
            self._values[number] = values[: trial.pause.epoch]
            row = self._at_rest(row, self._values[number])
        elif trial.promoted and not self._is_in_rounds:
            row = self._at_rest(row, values[: trial.promoted[-1]])
        self._add(row)
        for round_ in range(len(promoted) + 1, answered + 1):
            self._add(replace(row, round=round_))

    # -------------------------------------------------------------------------------- the process
    def _call(self, question: str, **arguments: Any) -> Any:
        """Asks the oracle; one that is lost, or not there yet, is first told all that is known."""
        for _ in range(_MOST_LOSSES):
            try:
                if self._oracle is None:
                    self._oracle = self._begun_anew()
                    if question != "ask":
                        return None
                return self._process.call(question, oracle=self._oracle, **arguments)
            except OracleLostError:
                self._oracle = None
        raise DriverError(
            f"the process of KerasTuner's oracle died {_MOST_LOSSES} times", "is there memory enough? it needs 1 GB"
        )

    def _begun_anew(self) -> int:
        """A new oracle that has been told all."""
        rows = [row.plain(self._worst) for row in self._rows]
        setup = {
            "oracle": self._setup.sampler,
            "direction": "max" if self._setup.direction is Direction.MAXIMIZE else "min",
            "max_epochs": self._setup.max_epochs,
            "startup_trials": self._setup.startup_trials,
            "space": self._coded.hyperparameters,
        }
        oracle: int = self._process.call("begin", setup=setup, rows=rows)
        return oracle


def keras_tuner_driver(setup: DriverSetup) -> KerasTunerDriver:
    """See `KerasTunerDriver`."""
    return KerasTunerDriver(setup)


def coded(space: Space, setup: DriverSetup) -> Coded:
    """`space` as the oracle holds it. Raises: DriverError for a condition that KerasTuner cannot express."""
    try:
        points = setup.grid_points if setup.sampler == "grid" else None
        # the user's code says itself what it does not need
        return Coded(space, points=points, loose=setup.grows)
    except UnheldError as error:
        raise DriverError(f"KerasTuner cannot express a condition: {error}", HINT) from None


def _seed(study_seed: int, number: int) -> int:
    """The seed of one suggestion, never 0, which KerasTuner takes for none."""
    return 1 + int(np.random.SeedSequence([study_seed, number]).generate_state(1)[0] >> 1)

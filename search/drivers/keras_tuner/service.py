"""The questions that a driver may ask of its oracle, in the words of KerasTuner's protocol; see `server`."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_tuner.src.engine.trial import Trial

from search.drivers.keras_tuner.oracles import EPOCHS, OBJECTIVE, TRIAL_ID, make

Values = Mapping[str, Any]


class Service:
    """Oracles by the number that `begin` gave them. Trials are named by KerasTuner's ids, which count from 0."""

    def __init__(self) -> None:
        self._oracles: list[Any] = []

    def begin(self, setup: Values, rows: Sequence[Values]) -> int:
        """A new oracle that holds the trials of `rows`, in their order."""
        oracle = make(setup)
        oracle.numbers = {}
        self._oracles.append(oracle)
        place = len(self._oracles) - 1
        for row in rows:
            oracle.forced = dict(row["values"])
            trial = _created(oracle, row["number"])
            self.tell(place, trial.trial_id, row)
        oracle.restored(rows)
        return place

    def ask(self, oracle: int, number: int, seed: int, *, may_start: bool = True) -> Values:
        """The next trial: its status, and while it is RUNNING its id, its values, and what Hyperband says of it."""
        asked = self._oracles[oracle]
        asked.reseed(seed)
        asked.may_start = may_start
        trial = _created(asked, number)
        values = trial.hyperparameters.values
        past = values.get(TRIAL_ID)
        if past is not None:
            asked.numbers[trial.trial_id] = asked.numbers[past]
        return {
            "status": trial.status,
            "values": {key: value for key, value in values.items() if not key.startswith("tuner/")},
            "past": past,
            "until": values.get(EPOCHS),
        }

    def tell(self, oracle: int, id_: str, row: Values) -> None:
        """What is known of a trial now; it may be told again, and then counts as if it had been told so at first."""
        told = self._oracles[oracle]
        trial, status, score = told.trials[id_], row["status"], row["score"]
        if status == "RUNNING":
            return
        if trial.status == "RUNNING":
            if score is not None:
                told.update_trial(id_, {OBJECTIVE: score}, step=row["epoch"])
            told.end_trial(Trial(trial.hyperparameters, id_, status))
        trial.status, trial.score, trial.best_step = status, score, row["epoch"]

    def alter(self, oracle: int, id_: str, values: Values) -> None:
        """The trial has these values in place of those that were suggested."""
        altered = self._oracles[oracle]
        trial = altered.trials[id_]
        kept = {key: value for key, value in trial.hyperparameters.values.items() if key.startswith("tuner/")}
        trial.hyperparameters = altered.get_space()
        trial.hyperparameters.values = {**values, **kept}
        altered._record_values(trial)


def _created(oracle: Any, number: int) -> Any:
    # a tuner's name stands for one running trial
    trial = oracle.create_trial(f"worker-{len(oracle.trials)}")
    if trial.status == "RUNNING":
        oracle.numbers[trial.trial_id] = number
    return trial

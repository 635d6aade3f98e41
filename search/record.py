"""The record: the stored study, an Optuna study in any database that Optuna takes. The coordinator alone writes it.

optuna-dashboard and Optuna's own plots read it as it is. It proposes nothing and decides nothing. Starts and ends of
trials are stored at once, reports in batches: a crash may lose those of the last second.
"""

import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState as OptunaState
from sqlalchemy.orm import Session

from models.objective import Direction
from search import record_rows as rows
from search.clock import Clock, SystemClock
from search.front import Aims, values_of
from search.importances import importances
from search.record_store import RecordError, Store, backup_path
from search.study import AuditedStop, Cause, Outcome, Params, Pause, RecordedTrial, Repeat, Suggestion, TrialState
from spaces.domains import Categories, Domain, FloatRange, IntRange, Mirrored
from spaces.space import Space

T = TypeVar("T")

__all__ = ["Record", "RecordError", "backup_path", "distribution"]

BATCH_S = 0.5
"""Reports wait so long for company; with the half second that the loop may wait for events, a second at most."""
_STATES = {
    TrialState.COMPLETE: OptunaState.COMPLETE,
    TrialState.PRUNED: OptunaState.PRUNED,
    TrialState.FAILED: OptunaState.FAIL,
}
_STATES_BACK = {optuna_state: state for state, optuna_state in _STATES.items()}
_SECONDS = "search:seconds"
_SPACE = "search:space"


class Record:
    """One stored study. Trial numbers are the storage's own and are given out in order by the coordinator."""

    def __init__(self, store: Store, *, direction: Direction, space: Space, clock: Clock, aims: Aims = ()) -> None:
        self._store = store
        self._direction = direction
        self._aims = aims
        self._distributions = {d.name: distribution(d.domain) for d in space.dimensions}
        self._clock = clock
        grown = store.run(lambda session: rows.study_attribute(session, store.study_id, _SPACE))
        if grown is not None:
            self._learn(Space.from_json(grown))
        self._ids = store.run(lambda session: rows.trial_ids(session, store.study_id))
        self._last_steps = store.run(lambda session: rows.last_steps(session, store.study_id))
        self._ended = store.run(lambda session: rows.count_ended(session, store.study_id))
        self._waiting = rows.Reports()
        self._waiting_since_s = math.inf

    @classmethod
    def open(
        cls, url: str, *, study: str, direction: Direction, space: Space, clock: Clock | None = None, aims: Aims = ()
    ) -> "Record":
        """Opens the study `study` at `url`, or begins it. Raises RecordError for a damaged or unreachable store.

        direction: of the objective, or of the first of several. aims: of a study with several objectives.
        """
        store = Store.open(url, study=study, direction=direction, aims=aims)
        return cls(store, direction=direction, space=space, clock=clock or SystemClock(), aims=aims)

    @property
    def next_number(self) -> int:
        return len(self._ids)

    def start(self, suggestion: Suggestion, *, seed: int) -> None:
        """Stores a new trial as running, with its active parameters."""
        attributes = {"epochs_planned": suggestion.epochs, "seed": seed, "source": suggestion.source}
        if suggestion.pause_after is not None:
            attributes["pause_after"] = suggestion.pause_after
        if suggestion.repeat is not None:
            attributes["repeat"] = asdict(suggestion.repeat)
        new = rows.NewTrial(suggestion.number, suggestion.params, attributes=attributes, state=suggestion.state)
        known = self._ids.get(len(self._ids) - 1)

        def add(session: Session) -> int:
            rows.lock_study(session, self._store.study_id)
            if rows.last_trial_id(session, self._store.study_id) != known or new.number != len(self._ids):
                raise RecordError(
                    f"trial {new.number} is not the next one of the record: another process writes this study; "
                    "stop it, then run again"
                )
            return rows.add_trial(session, self._store.study_id, new, self._distributions)

        self._ids[new.number] = self._with_reports(add)

    def settle(self, number: int, params: Params, space: Space) -> None:
        """Stores the parameters that a trial really has, and the space that they belong to."""
        self._learn(space)
        trial_id = self._ids[number]

        def put(session: Session) -> None:
            rows.put_params(session, trial_id, params, self._distributions)
            rows.put_study_attribute(session, self._store.study_id, _SPACE, space.to_json())

        self._with_reports(put)

    def _learn(self, space: Space) -> None:
        self._distributions |= {d.name: distribution(d.domain) for d in space.dimensions}

    def report(self, number: int, *, epoch: int, value: float) -> None:
        """Keeps the objective's metric after `epoch`, stored within a second.

        An epoch that was told before takes the new value, and those after it are forgotten.
        """
        trial_id = self._ids[number]
        values = self._waiting.values[trial_id]
        while values and next(reversed(values)) >= epoch:
            values.popitem()
        values[epoch] = value
        if epoch <= self._last_steps.get(trial_id, 0):
            self._waiting.forget[trial_id] = min(epoch, self._waiting.forget.get(trial_id, epoch))
        self._waiting_since_s = min(self._waiting_since_s, self._clock.monotonic_s())
        self.keep_up()

    def keep_up(self) -> None:
        """Stores the reports when they have waited long enough. To be called twice a second."""
        if self._clock.monotonic_s() - self._waiting_since_s >= BATCH_S:
            self.flush()

    def flush(self) -> None:
        """Stores all reports."""
        if self._waiting.values:
            self._with_reports(lambda session: None)

    def audited(self, number: int, stop: AuditedStop) -> None:
        """Stores the stop that a trial was spared, with the reports before it."""
        self._put(number, {"audited_stop": asdict(stop)})

    def pause(self, number: int, pause: Pause) -> None:
        """Stores where a trial rests, with all reports; it stays so until `go_on` or `finish`."""
        stored = {"epoch": pause.epoch, "reason": pause.reason, "seconds": round(pause.seconds, 3)}
        self._put(number, {"paused": stored})

    def go_on(self, number: int, *, promoted: Sequence[int], pause_after: int | None) -> None:
        """Stores that a trial rests no longer, and the epochs from which it has gone on so far."""
        self._put(number, {"paused": None, "promoted": list(promoted), "pause_after": pause_after})

    def _put(self, number: int, attributes: Mapping[str, Any]) -> None:
        trial_id = self._ids[number]
        self._with_reports(lambda session: rows.put_attributes(session, trial_id, attributes))

    def finish(self, number: int, outcome: Outcome) -> None:
        """Stores the outcome and closes the trial; its objective is kept also when it was pruned."""
        trial_id = self._ids[number]
        attributes: dict[str, Any] = {
            "ended": self._ended,
            "cause": outcome.cause.value,
            "reason": outcome.reason,
            "best_epoch": outcome.best_epoch,
            "epochs": outcome.epochs,
            "seconds": round(outcome.seconds, 3),
            "metrics": {k: float(v) for k, v in outcome.metrics.items()},
        }
        if outcome.traceback:
            attributes["traceback"] = outcome.traceback
        values = self._values(outcome)
        if not values and self._aims and outcome.objective is not None:
            # one of the others is not known, and Optuna reads all values or none
            attributes["objective"] = outcome.objective
        self._with_reports(
            lambda session: rows.close_trial(
                session, trial_id, state=_STATES[outcome.state], values=values, attributes=attributes
            )
        )
        self._ended += 1
        self._last_steps.pop(trial_id, None)

    def _values(self, outcome: Outcome) -> tuple[float, ...]:
        value = outcome.objective
        if value is None or not math.isfinite(value) or outcome.state is TrialState.FAILED:
            return ()
        return (values_of(outcome, self._aims) or ()) if self._aims else (float(value),)

    def trials(self) -> tuple[RecordedTrial, ...]:
        """All trials in the order of their numbers; those without an outcome may still go on."""
        stored = self._with_reports(lambda session: rows.read_trials(session, self._store.study_id))
        return tuple(map(_recorded, stored))

    @property
    def grown_space(self) -> Space | None:
        """The space as trials of the user's own code have made it; None where it is that of the begin."""
        stored = self._store.run(lambda session: rows.study_attribute(session, self._store.study_id, _SPACE))
        return None if stored is None else Space.from_json(stored)

    @property
    def seconds(self) -> float:
        """Seconds that the study has been run for, over all processes."""
        found = self._store.run(lambda session: rows.study_attribute(session, self._store.study_id, _SECONDS))
        return float(found or 0.0)

    def set_seconds(self, seconds: float) -> None:
        self._with_reports(
            lambda session: rows.put_study_attribute(session, self._store.study_id, _SECONDS, round(seconds, 3))
        )

    def importances(self, trials: Sequence[RecordedTrial]) -> Mapping[str, float]:
        """Share of the objective's variation over `trials` that each parameter explains; empty under ten complete."""
        return importances(trials, self._distributions, self._direction)

    def back_up(self) -> None:
        """Copies a SQLite record beside itself, so that a damaged file can be replaced; other stores have their own."""
        self.flush()
        path = self._store.path
        if path is None:
            return
        copy = path.with_suffix(".db.tmp")
        with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        copy.replace(backup_path(path))

    def close(self) -> None:
        """Stores what waits, and lets the database go. Raises RecordError when that cannot be stored."""
        try:
            self.flush()
        finally:
            self._store.close()

    def _with_reports(self, action: Callable[[Session], T]) -> T:
        """Stores the waiting reports and the result of `action`, in one transaction."""
        waiting, self._waiting, self._waiting_since_s = self._waiting, rows.Reports(), math.inf

        def both(session: Session) -> T:
            rows.put_reports(session, waiting)
            return action(session)

        result = self._store.run(both)
        for trial_id, values in waiting.values.items():
            self._last_steps[trial_id] = max(values)
        return result


def distribution(domain: Domain) -> BaseDistribution:
    """The Optuna distribution that holds the values of `domain`."""
    if isinstance(domain, IntRange):
        return IntDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    if isinstance(domain, FloatRange):
        return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    if isinstance(domain, Mirrored):
        # Optuna knows no such scale; the values are those of the plain range
        return distribution(replace(domain.of, log=False))
    assert isinstance(domain, Categories)
    return CategoricalDistribution(domain.choices)


def _recorded(trial: rows.StoredTrial) -> RecordedTrial:
    attributes = trial.attributes
    suggestion = Suggestion(
        number=trial.number,
        params=trial.params,
        epochs=int(attributes.get("epochs_planned", 0)),
        source=str(attributes.get("source", "")),
        state=trial.system,
        pause_after=attributes.get("pause_after"),
        repeat=Repeat(**attributes["repeat"]) if "repeat" in attributes else None,
    )
    # an epoch that was lost keeps its place
    values = [trial.steps.get(epoch, math.nan) for epoch in range(1, max(trial.steps, default=0) + 1)]
    audited = AuditedStop(**attributes["audited_stop"]) if "audited_stop" in attributes else None
    state = _STATES_BACK.get(trial.state)
    promoted = tuple(attributes.get("promoted", ()))
    if state is None:
        paused = attributes.get("paused")
        pause = None if paused is None else Pause(paused["epoch"], paused["reason"], paused["seconds"])
        trained_s = pause.seconds if pause else 0.0
        return RecordedTrial(suggestion, values, None, trained_s, audited=audited, pause=pause, promoted=promoted)
    outcome = Outcome(
        state=state,
        cause=Cause(attributes.get("cause", Cause.FINISHED.value)),
        reason=str(attributes.get("reason", "")),
        objective=trial.values.get(0, attributes.get("objective")),
        best_epoch=int(attributes.get("best_epoch", 0)),
        epochs=int(attributes.get("epochs", len(values))),
        seconds=float(attributes.get("seconds", 0.0)),
        metrics=attributes.get("metrics", {}),
        traceback=str(attributes.get("traceback", "")),
    )
    return RecordedTrial(
        suggestion, values, outcome, seconds=outcome.seconds, ended=int(attributes.get("ended", 0)), audited=audited,
        promoted=promoted,
    )  # fmt: skip

"""Trials ranked by their objectives, and the history of the best. Arithmetic on recorded trials."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.objective import Direction, Objective
from models.spec.costs import PARAMS
from search.confirmed import Finalist, finalists
from search.front import FRONT, Aims, Standing, place_key, ranked
from search.study import Cause, Outcome, RecordedTrial, TrialState
from spaces.problems import Value


@dataclass(frozen=True, slots=True)
class Row:
    """One trial of the leaderboard; `place` counts from 1.

    finalist: what its repeats say, if its configuration was confirmed. repeats: the trial that this one repeats.
    rank, further: with several objectives, the trial's rank (see `search.front.ranked`), and the values of those after
        the first by name; a trial of which one is not known has no rank.
    """

    place: int
    number: int
    objective: float
    state: TrialState
    reason: str
    best_epoch: int
    epochs: int
    seconds: float
    params: Mapping[str, Value]
    finalist: Finalist | None = None
    repeats: int | None = None
    rank: int | None = None
    further: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_on_front(self) -> bool:
        return self.rank == FRONT

    def flat(self) -> dict[str, Value]:
        """The row as columns, parameters after the rest."""
        head: dict[str, Value] = {
            "place": self.place,
            "trial": self.number,
            "objective": self.objective,
            "state": self.state.value,
            "reason": self.reason,
            "best_epoch": self.best_epoch,
            "epochs": self.epochs,
            "seconds": round(self.seconds, 2),
        }
        if self.finalist is not None:
            head |= {"mean": self.finalist.mean, "std": self.finalist.std, "seeds": self.finalist.seeds}
        if self.repeats is not None:
            head["repeats"] = self.repeats
        if self.further:
            after = {name: _as_written(name, value) for name, value in self.further.items()}
            before = {"place": self.place, "trial": self.number, "rank": self.rank, "objective": self.objective}
            head = before | after | head
        return head | dict(self.params)


def _as_written(name: str, value: float) -> Value:
    if math.isnan(value):
        return None
    return int(value) if name == PARAMS else value


def board(trials: Sequence[RecordedTrial], objective: Objective, aims: Aims = ()) -> tuple[Row, ...]:
    """The leaderboard of a study; with several objectives the front comes first, and each rank in the order of the
    first objective."""
    rows = rank(with_paused(trials, objective), objective.direction)
    return _by_rank(rows, {trial.number: trial for trial in trials}, aims) if aims else rows


def _by_rank(rows: Sequence[Row], trials: Mapping[int, RecordedTrial], aims: Aims) -> tuple[Row, ...]:
    standings = []
    for row in rows:
        outcome = trials[row.number].outcome
        if outcome is not None:
            standings.append(Standing.of(row.number, outcome, aims))
    held, found = {s.number: s.values for s in standings}, ranked(standings, aims)
    sign = -1.0 if aims[0].direction is Direction.MAXIMIZE else 1.0

    def key(row: Row) -> tuple[float, ...]:
        values = held.get(row.number)
        if values is None:
            return (math.inf, sign * row.objective, row.number)
        return (*place_key(values, found[row.number], aims), row.number)

    names = [aim.name for aim in aims]
    ordered = []
    for place, row in enumerate(sorted(rows, key=key), start=1):
        values = held.get(row.number) or (math.nan,) * len(names)
        further = dict(zip(names[1:], values[1:], strict=True))
        ordered.append(replace(row, place=place, rank=found.get(row.number), further=further))
    return tuple(ordered)


def rank(trials: Sequence[RecordedTrial], direction: Direction) -> tuple[Row, ...]:
    """All ended trials that have an objective, best first, pruned ones included; ties go to the earlier trial.

    Those that were confirmed come first, by their mean: a single objective says less, and the best of many too much.
    """
    ended = [t for t in trials if t.outcome is not None and t.outcome.objective is not None]
    sign = -1.0 if direction is Direction.MAXIMIZE else 1.0
    confirmed = {one.number: one for one in finalists(trials, direction)}

    def key(trial: RecordedTrial) -> tuple[bool, float, int]:
        one = confirmed.get(trial.number)
        return one is None, sign * (_objective(trial) if one is None else one.mean), trial.number

    ended.sort(key=key)
    return tuple(_row(place, t, confirmed.get(t.number)) for place, t in enumerate(ended, start=1))


def with_paused(trials: Sequence[RecordedTrial], objective: Objective) -> list[RecordedTrial]:
    """The trials, paused ones as if they had ended where they rest, so that they have a place on the leaderboard."""
    return [trial if trial.pause is None else _as_ended(trial, objective) for trial in trials]


def _as_ended(trial: RecordedTrial, objective: Objective) -> RecordedTrial:
    assert trial.pause is not None
    value, epoch = objective.read([{objective.metric: v} for v in trial.values])
    outcome = Outcome(
        TrialState.PAUSED,
        Cause.PRUNED,
        trial.pause.words,
        objective=value if value == value else None,
        best_epoch=epoch,
        epochs=len(trial.values),
        seconds=trial.seconds,
    )
    return replace(trial, outcome=outcome, pause=None)


def best_so_far(trials: Sequence[RecordedTrial], direction: Direction) -> tuple[tuple[int, float], ...]:
    """(trial number, best objective up to it) in the order of the trial numbers; repeats search nothing."""
    history: list[tuple[int, float]] = []
    for trial in sorted(trials, key=lambda t: t.number):
        if trial.outcome is None or trial.outcome.objective is None or trial.suggestion.repeat is not None:
            continue
        value = trial.outcome.objective
        if history and not direction.better(value, history[-1][1]):
            value = history[-1][1]
        history.append((trial.number, value))
    return tuple(history)


def as_csv(rows: Sequence[Row]) -> str:
    """The leaderboard as a CSV text; parameters that a trial does not have are empty."""
    flat = [row.flat() for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _row(place: int, trial: RecordedTrial, finalist: Finalist | None) -> Row:
    outcome, repeat = trial.outcome, trial.suggestion.repeat
    assert outcome is not None
    return Row(
        place=place,
        number=trial.number,
        objective=_objective(trial),
        state=outcome.state,
        reason=ended_by(trial),
        best_epoch=outcome.best_epoch,
        epochs=outcome.epochs,
        seconds=outcome.seconds,
        params=trial.suggestion.params,
        finalist=finalist,
        repeats=None if repeat is None else repeat.of,
    )


def ended_by(trial: RecordedTrial) -> str:
    """Why an ended trial ended; for the audit of pruning, also when it would have."""
    outcome = trial.outcome
    assert outcome is not None
    reason = outcome.reason or outcome.cause.value
    if trial.suggestion.repeat is not None:
        reason = f"{trial.suggestion.source}; {reason}"
    return reason if trial.audited is None else f"{reason}; audited, its stop was after epoch {trial.audited.epoch}"


def _objective(trial: RecordedTrial) -> float:
    assert trial.outcome is not None
    assert trial.outcome.objective is not None
    return trial.outcome.objective

"""The rows of a study in Optuna's tables, many at a time: what Optuna itself would have written, in one transaction.

Optuna's storage makes several queries and a commit of each value; written here are the very same rows. Repeated rows
are deleted and inserted again, which every database can. Nothing here commits, waits or tries again.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

_Steps = models.TrialIntermediateValueModel
_Values = models.TrialValueModel
_Params = models.TrialParamModel
_UserAttributes = models.TrialUserAttributeModel
_SystemAttributes = models.TrialSystemAttributeModel
_StudyAttributes = models.StudyUserAttributeModel
_Trials = models.TrialModel


@dataclass(frozen=True, slots=True)
class NewTrial:
    """A trial to be stored as running; `number` is the next one of the study."""

    number: int
    params: Mapping[str, Any]
    attributes: Mapping[str, Any]
    state: Mapping[str, Any]


@dataclass(slots=True)
class StoredTrial:
    """A trial as it is stored; `values` by the number of the objective, `steps` are the reported values by epoch."""

    number: int
    state: TrialState
    values: dict[int, float] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    steps: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Reports:
    """Reported values that are not stored yet: trial id -> epoch -> value.

    forget: trial id -> the epoch from which on what is stored of it is no longer so.
    """

    values: dict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    forget: dict[int, int] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------ writing
def add_trial(session: Session, study_id: int, new: NewTrial, distributions: Mapping[str, BaseDistribution]) -> int:
    """The id of the new trial."""
    trial = _Trials(study_id=study_id, number=new.number, state=TrialState.RUNNING, datetime_start=datetime.now())
    session.add(trial)
    session.flush()
    trial_id = int(trial.trial_id)
    _add_params(session, trial_id, new.params, distributions)
    _add_attributes(session, _UserAttributes, trial_id, new.attributes)
    _add_attributes(session, _SystemAttributes, trial_id, new.state)
    return trial_id


def put_params(
    session: Session, trial_id: int, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> None:
    """Other parameters in the place of those that the trial had."""
    session.execute(delete(_Params.__table__).where(_Params.trial_id == trial_id))
    _add_params(session, trial_id, params, distributions)


def _add_params(
    session: Session, trial_id: int, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> None:
    added = [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(distributions[name]),
        }
        for name, value in params.items()
    ]
    if added:
        session.execute(insert(_Params.__table__), added)


def put_reports(session: Session, reports: Reports) -> None:
    """Stores reported values; of a trial that has gone back, what it had told of later epochs goes away."""
    for trial_id, epoch in reports.forget.items():
        session.execute(delete(_Steps.__table__).where(_Steps.trial_id == trial_id, _Steps.step >= epoch))
    rows = []
    for trial_id, values in reports.values.items():
        for epoch, value in values.items():
            stored, kind = _Steps.intermediate_value_to_stored_repr(float(value))
            rows.append(
                {"trial_id": trial_id, "step": epoch, "intermediate_value": stored, "intermediate_value_type": kind}
            )
    if rows:
        session.execute(insert(_Steps.__table__), rows)


def close_trial(
    session: Session, trial_id: int, *, state: TrialState, values: Sequence[float], attributes: Mapping[str, Any]
) -> None:
    """The end of a trial: its state, its value for each objective if it has any, and its attributes."""
    put_attributes(session, trial_id, attributes)
    session.execute(delete(_Values.__table__).where(_Values.trial_id == trial_id))
    rows = []
    for objective, value in enumerate(values):
        stored, kind = _Values.value_to_stored_repr(value)
        rows.append({"trial_id": trial_id, "objective": objective, "value": stored, "value_type": kind})
    if rows:
        session.execute(insert(_Values.__table__), rows)
    trial = _Trials.find_or_raise_by_id(trial_id, session)
    trial.state, trial.datetime_complete = state, datetime.now()


def put_attributes(session: Session, trial_id: int, attributes: Mapping[str, Any]) -> None:
    """What is known of a trial, in the place of what had these names before."""
    session.execute(
        delete(_UserAttributes.__table__).where(
            _UserAttributes.trial_id == trial_id, _UserAttributes.key.in_(attributes)
        )
    )
    _add_attributes(session, _UserAttributes, trial_id, attributes)


def put_study_attribute(session: Session, study_id: int, key: str, value: Any) -> None:
    session.execute(
        delete(_StudyAttributes.__table__).where(_StudyAttributes.study_id == study_id, _StudyAttributes.key == key)
    )
    session.execute(
        insert(_StudyAttributes.__table__), [{"study_id": study_id, "key": key, "value_json": json.dumps(value)}]
    )


def _add_attributes(session: Session, model: Any, trial_id: int, attributes: Mapping[str, Any]) -> None:
    rows = [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in attributes.items()]
    if rows:
        session.execute(insert(model.__table__), rows)


# ------------------------------------------------------------------------------------------------ reading
def lock_study(session: Session, study_id: int) -> None:
    """Holds off other writers of the study until the transaction ends, where the database has such locks."""
    models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)


def trial_ids(session: Session, study_id: int) -> dict[int, int]:
    """Trial number -> id, by number."""
    rows = session.execute(select(_Trials.number, _Trials.trial_id).where(_Trials.study_id == study_id))
    return dict(sorted((int(number), int(trial_id)) for number, trial_id in rows))


def last_trial_id(session: Session, study_id: int) -> int | None:
    """The id of the newest trial."""
    found: int | None = session.scalar(select(func.max(_Trials.trial_id)).where(_Trials.study_id == study_id))
    return found


def count_ended(session: Session, study_id: int) -> int:
    """How many trials have come to their end."""
    ended = (_Trials.study_id == study_id, _Trials.state.in_([s for s in TrialState if s.is_finished()]))
    return int(session.scalar(select(func.count()).select_from(_Trials).where(*ended)) or 0)


def last_steps(session: Session, study_id: int) -> dict[int, int]:
    """The last epoch that is stored of each running trial, by trial id."""
    rows = session.execute(
        select(_Steps.trial_id, func.max(_Steps.step))
        .join(_Trials, _Trials.trial_id == _Steps.trial_id)
        .where(_Trials.study_id == study_id, _Trials.state == TrialState.RUNNING)
        .group_by(_Steps.trial_id)
    )
    return {int(trial_id): int(step) for trial_id, step in rows}


def study_attribute(session: Session, study_id: int, key: str) -> Any:
    """The value of a study's attribute; None when it has none of that name."""
    text = session.scalar(
        select(_StudyAttributes.value_json).where(_StudyAttributes.study_id == study_id, _StudyAttributes.key == key)
    )
    return None if text is None else json.loads(text)


def read_trials(session: Session, study_id: int) -> list[StoredTrial]:
    """All trials by number: a few queries, whatever their number."""
    found = session.execute(select(_Trials.trial_id, _Trials.number, _Trials.state).where(_Trials.study_id == study_id))
    trials = {int(trial_id): StoredTrial(int(number), state) for trial_id, number, state in found}

    def rows(model: Any, *names: str, where: Sequence[Any] = ()) -> Any:
        held, all_ = model.__table__, _Trials.__table__
        stated = select(held.c.trial_id, *(held.c[name] for name in names)).join_from(held, all_)
        return session.execute(stated.where(all_.c.study_id == study_id, *where))

    read = _Distributions()
    for trial_id, name, inside, text in rows(_Params, "param_name", "param_value", "distribution_json"):
        trials[trial_id].params[name] = read(text)(inside)
    for trial_id, key, text in rows(_UserAttributes, "key", "value_json"):
        trials[trial_id].attributes[key] = json.loads(text)
    for trial_id, key, text in rows(_SystemAttributes, "key", "value_json"):
        trials[trial_id].system[key] = json.loads(text)
    for trial_id, objective, value, kind in rows(_Values, "objective", "value", "value_type"):
        trials[trial_id].values[objective] = _Values.stored_repr_to_value(value, kind)
    column = _Steps.__table__.c.intermediate_value
    for trial_id, step, value in rows(_Steps, "step", "intermediate_value", where=[column.is_not(None)]):
        trials[trial_id].steps[step] = value
    # the kind tells infinities and NaN apart, and costs as much to read as all the rest of a row
    for trial_id, step, kind in rows(_Steps, "step", "intermediate_value_type", where=[column.is_(None)]):
        trials[trial_id].steps[step] = _Steps.stored_repr_to_intermediate_value(None, kind)
    return sorted(trials.values(), key=lambda trial: trial.number)


class _Distributions:
    """From a stored parameter to its value, by its distribution's text; each text is read once."""

    def __init__(self) -> None:
        self._read: dict[str, Callable[[float], Any]] = {}

    def __call__(self, text: str) -> Callable[[float], Any]:
        if text not in self._read:
            self._read[text] = json_to_distribution(text).to_external_repr
        return self._read[text]

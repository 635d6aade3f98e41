"""An earlier study of this project, by name or folder."""

from collections import Counter

from search.importing.source import NO_OBJECTIVE, NOT_FINISHED, Source, SourceTrial
from search.lock import Lock
from search.stored import StoredStudy
from search.study import RecordedTrial, TrialState
from spaces.space import Space


def read_study(study: str) -> Source:
    """The ended trials of a stored study. Raises NoStudyError, LockError, RecordError."""
    stored = StoredStudy.open(study)
    objective = stored.objective
    left_out: Counter[str] = Counter()
    trials: list[SourceTrial] = []
    for trial in stored.trials:
        if trial.outcome is None:
            left_out[NOT_FINISHED] += 1
        elif trial.outcome.objective is None:
            left_out[NO_OBJECTIVE] += 1
        else:
            trials.append(_trial(trial, objective.metric))
    return Source(
        f"the study {study}",
        tuple(trials),
        score_name=objective.metric,
        direction=objective.direction,
        left_out=left_out,
        fixed=Space.from_json(Lock.read(stored.folder.lock).space).fixed,
    )


def _trial(trial: RecordedTrial, metric: str) -> SourceTrial:
    outcome = trial.outcome
    assert outcome is not None
    assert outcome.objective is not None
    return SourceTrial(
        trial.suggestion.params,
        # the objective by its rule, in the place of the metric at the best epoch
        {**outcome.metrics, metric: outcome.objective},
        score=outcome.objective,
        score_curve=tuple(trial.values),
        epochs=outcome.epochs,
        cut=outcome.state is not TrialState.COMPLETE,
    )

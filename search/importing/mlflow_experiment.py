"""An experiment of MLflow's: each run is a trial. MLflow itself is behind `tracking`."""

from collections import Counter
from pathlib import Path

from search.importing.source import FAILED, NO_OBJECTIVE, NOT_FINISHED, Source, SourceError, SourceTrial


def read_experiment(experiment: str, *, uri: str, metric: str) -> Source:
    """The runs of `experiment` that ended, killed ones as stopped early. Raises: SourceError.

    metric: its value after every epoch is read too, where runs have it.
    """
    # imported on use: MLflow takes seconds, and the other sources do without
    from tracking.mlflow_past import PastRun, PastRunsError, past_runs

    def trial_of(run: PastRun) -> SourceTrial:
        curves = {metric: run.curve} if len(run.curve) > 1 else {}
        return SourceTrial(run.params, run.metrics, curves, epochs=len(run.curve), cut=run.status == "KILLED")

    try:
        runs = past_runs(uri, experiment, metric=metric, working_directory=Path.cwd())
    except PastRunsError as error:
        raise SourceError(error.problem, error.mend) from error
    left_out: Counter[str] = Counter()
    trials: list[SourceTrial] = []
    for run in runs:
        if run.status not in ("FINISHED", "KILLED"):
            left_out[FAILED if run.status == "FAILED" else NOT_FINISHED] += 1
        elif not run.metrics:
            left_out[NO_OBJECTIVE] += 1
        else:
            trials.append(trial_of(run))
    return Source(f"the MLflow experiment {experiment}", tuple(trials), left_out=left_out)

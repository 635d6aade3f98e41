"""The runs of an experiment as plain values, read for a later search. Changes nothing in the store."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from tracking.mlflow_address import address
from tracking.mlflow_names import OWN_METRICS
from tracking.mlflow_store import answers, open_client
from tracking.sink import RefusedError, SinkAwayError

_PAGE = 500
_PARENT = "mlflow.parentRunId"


class PastRunsError(Exception):
    """The runs cannot be read: what is wrong, and how to mend it."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem, mend)
        self.problem = problem
        self.mend = mend


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run that is no parent of others. status: MLflow's word. metrics: the last value of each, by name.

    curve: the values of the metric that was asked for, by rising steps; empty where it has none.
    """

    status: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    curve: tuple[float, ...] = field(default=())


def past_runs(uri: str, experiment: str, *, metric: str, working_directory: Path) -> list[PastRun]:
    """The runs of `experiment`, oldest first. Raises PastRunsError."""
    try:
        place = address(uri, working_directory=working_directory)
    except ValueError as error:
        problem, _, mend = str(error).partition("; ")
        raise PastRunsError(problem, mend) from None
    if place.file is not None and not place.file.is_file():
        raise PastRunsError(f"there is no MLflow store {place.file}", "say where it is with --tracking-uri")
    try:
        client = open_client(place)
        with answers(place):
            found = client.get_experiment_by_name(experiment)
            if found is None:
                known = ", ".join(sorted(e.name for e in client.search_experiments()))
                raise PastRunsError(f"{place} has no experiment `{experiment}`", f"known are {known}")
            runs = list(_runs(client, found.experiment_id))
            parents = {run.data.tags[_PARENT] for run in runs if _PARENT in run.data.tags}
            alone = (r for r in runs if r.info.run_id not in parents and r.data.tags.get("search.kind") != "study")
            return [_past(client, run, metric) for run in alone]
    except (SinkAwayError, RefusedError) as error:
        raise PastRunsError(str(error), "check --tracking-uri, and that the server runs") from error


def _runs(client: MlflowClient, experiment_id: str) -> Iterator[Run]:
    token = None
    while True:
        page = client.search_runs(
            [experiment_id], max_results=_PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def _past(client: MlflowClient, run: Run, metric: str) -> PastRun:
    metrics = {name: float(value) for name, value in run.data.metrics.items() if name not in OWN_METRICS}
    curve: tuple[float, ...] = ()
    if metric in metrics:
        told = sorted(client.get_metric_history(run.info.run_id, metric), key=lambda m: (m.step, m.timestamp))
        # an epoch that was told twice counts as it was told last
        curve = tuple({m.step: float(m.value) for m in told}.values())
    finite = {name: value for name, value in metrics.items() if math.isfinite(value)}
    return PastRun(run.info.status, dict(run.data.params), finite, curve)

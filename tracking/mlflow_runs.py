"""The runs of one study in MLflow: found by their tags, made when missing, one writer. Decides no content."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag

from tracking.mlflow_names import quoted

METRICS_PER_BATCH = 1000
OTHERS_PER_BATCH = 100


@dataclass(slots=True)
class Child:
    """A trial's run as far as this process knows it; `last_epoch` is None until it was asked for."""

    run_id: str
    status: str
    params: dict[str, str] = field(default_factory=dict)
    last_epoch: int | None = 0


class StudyRuns:
    """The parent run and its children. Methods raise MlflowException."""

    def __init__(self, client: MlflowClient, experiment_id: str, *, study_id: str) -> None:
        self.client = client
        self.experiment_id = experiment_id
        self._study_id = study_id
        self.children: dict[int, Child] = {}
        self.parent_id = ""
        self.parent_status = ""
        self.parent_start_ms = 0

    def open(self, name: str, tags: Mapping[str, str], *, at_ms: int) -> None:
        """Takes the study's runs up, or makes its parent run."""
        runs = self._search(f"tags.`search.study_id` = {quoted(self._study_id)} and tags.`search.kind` = 'study'")
        parent = next(runs, None)
        if parent is None:
            own = dict(tags) | {"search.kind": "study", "search.study_id": self._study_id}
            parent = self.client.create_run(self.experiment_id, start_time=at_ms, tags=own, run_name=name)
        else:
            self._load_children(parent.info.run_id)
        self.parent_id = parent.info.run_id
        self.parent_status = parent.info.status
        self.parent_start_ms = parent.info.start_time

    def child(self, number: int, tags: Mapping[str, str], *, at_ms: int) -> Child:
        """The run of trial `number`, made now if there is none."""
        known = self.children.get(number)
        if known is not None:
            return known
        name = f"trial-{number:04d}"
        own = dict(tags) | {
            "search.kind": "trial",
            "search.trial": str(number),
            "search.study_id": self._study_id,
        }
        own["mlflow.parentRunId"] = self.parent_id
        run = self.client.create_run(self.experiment_id, start_time=at_ms, tags=own, run_name=name)
        self.children[number] = Child(run.info.run_id, "RUNNING")
        return self.children[number]

    def last_epoch(self, child: Child, metrics: Iterable[str]) -> int:
        """The last epoch that MLflow has of a run, 0 for none."""
        if child.last_epoch is None:
            steps = [metric.step for name in metrics for metric in self.client.get_metric_history(child.run_id, name)]
            child.last_epoch = max(steps, default=0)
        return child.last_epoch

    def log(
        self,
        run_id: str,
        *,
        metrics: list[Metric] | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """`log_batch`, in as many calls as MLflow's limits ask for."""
        rest = list(metrics or ())
        pairs = [Param(key, value) for key, value in (params or {}).items()]
        labels = [RunTag(key, value) for key, value in (tags or {}).items()]
        while rest or pairs or labels:
            now = {"params": pairs[:OTHERS_PER_BATCH], "tags": labels[:OTHERS_PER_BATCH]}
            room = METRICS_PER_BATCH - sum(map(len, now.values()))
            self.client.log_batch(run_id, metrics=rest[:room], **now)
            rest, pairs, labels = rest[room:], pairs[OTHERS_PER_BATCH:], labels[OTHERS_PER_BATCH:]

    def set_status(self, child: Child, status: str, *, at_ms: int) -> None:
        self._status(child.run_id, status, at_ms)
        child.status = status

    def set_parent_status(self, status: str, *, at_ms: int) -> None:
        self._status(self.parent_id, status, at_ms)
        self.parent_status = status

    def _status(self, run_id: str, status: str, at_ms: int) -> None:
        if status == "RUNNING":
            self.client.update_run(run_id, status=status)
        else:
            self.client.set_terminated(run_id, status=status, end_time=at_ms)

    def _load_children(self, parent_id: str) -> None:
        for run in self._search(f"tags.`mlflow.parentRunId` = '{parent_id}' and tags.`search.kind` = 'trial'"):
            number = run.data.tags.get("search.trial", "")
            if number.isdecimal():
                known = Child(run.info.run_id, run.info.status, dict(run.data.params), None)
                self.children[int(number)] = known

    def _search(self, query: str) -> Iterator[Run]:
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id], query, max_results=1000, page_token=token, order_by=["start_time ASC"]
            )
            yield from page
            token = page.token
            if not token:
                return

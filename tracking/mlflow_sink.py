"""What each event of a study means in MLflow. Lives in the tracker's thread; every event may come twice."""

import hashlib
import math
import tempfile
from pathlib import Path

from mlflow.entities import Metric

from tracking import mlflow_names as names
from tracking import mlflow_page, mlflow_store, summary_files
from tracking.events import (
    ArtifactSaved,
    Closed,
    EpochsDone,
    Event,
    StudyFinished,
    StudyStarted,
    TrialFinished,
    TrialStarted,
)
from tracking.mlflow_address import Address
from tracking.mlflow_runs import StudyRuns
from tracking.sink import RefusedError, Sink
from tracking.values import StudyInfo

STATUS = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAILED": "FAILED"}
INTERRUPTED = {"search.state": "INTERRUPTED", "search.reason": "interrupted"}
SOURCE = {"mlflow.source.name": "python -m search", "mlflow.source.type": "LOCAL"}


def connect(place: Address, experiment: str, started: StudyStarted, *, artifacts: Path) -> Sink:
    """The sink of one study, its runs taken up. Raises SinkAwayError.

    artifacts: where the files of a store without a server go, one folder an experiment.
    """
    info = started.info
    client = mlflow_store.open_client(place)
    with mlflow_store.answers(place):
        local = artifacts if place.command is not None else None
        runs = StudyRuns(client, mlflow_store.experiment(client, experiment, artifacts=local), study_id=study_id(info))
        runs.open(info.name, SOURCE | study_tags(info), at_ms=started.at_ms)
    return MlflowSink(place, runs, info)


def study_id(info: StudyInfo) -> str:
    """The study's identity: its `uuid` tag, or its folder."""
    own = info.tags.get("uuid")
    return own or hashlib.sha256(str(info.folder.resolve()).encode()).hexdigest()[:16]


def study_tags(info: StudyInfo) -> dict[str, str]:
    """What the parent run is tagged with; the study's own tags get the prefix `search.`."""
    extra = {f"search.{names.allowed(key)}": names.tag_text(value) for key, value in info.tags.items() if key != "uuid"}
    fixed = {
        "search.study": info.name,
        "search.objective": info.objective,
        "search.direction": info.direction,
        "search.seed": str(info.seed),
        "search.folder": str(info.folder),
    }
    if info.further:
        goals = ((info.objective, info.direction), *info.further)
        fixed["search.objectives"] = ", ".join(f"{name} {direction}" for name, direction in goals)
    return extra | fixed


class MlflowSink:
    """Writes events to the runs of one study."""

    def __init__(self, place: Address, runs: StudyRuns, info: StudyInfo) -> None:
        self._place = place
        self._runs = runs
        self._info = info
        self._key = mlflow_page.key_of(runs.parent_id)
        self._page = ""
        self._called = names.allowed_names(info.parameters)
        self._seen = mlflow_page.SeenParameters(tuple(self._called.values()))
        self._importances: dict[str, float] = {}
        for child in runs.children.values():
            if child.params:
                self._seen.add(child.params)
        self.link: str | None = mlflow_page.link(place.pages, runs.experiment_id, self._key)

    def send(self, event: Event) -> None:
        """Raises SinkAwayError or RefusedError."""
        with mlflow_store.answers(self._place):
            match event:
                case StudyStarted():
                    self._study_started(event)
                case TrialStarted():
                    self._trial_started(event)
                case EpochsDone():
                    self._epochs(event)
                case TrialFinished():
                    self._trial_finished(event)
                case ArtifactSaved():
                    self._keep(self._runs.parent_id, event.path, event.folder)
                case StudyFinished():
                    self._study_finished(event)
                case Closed():
                    self._closed(event)

    def _study_started(self, event: StudyStarted) -> None:
        runs, info = self._runs, event.info
        runs.log(runs.parent_id, tags=SOURCE | study_tags(info) | {"search.state": "RUNNING"})
        runs.set_parent_status("RUNNING", at_ms=event.at_ms)
        runs.client.log_text(runs.parent_id, info.spec_text, "study.yaml")
        known = runs.client.get_experiment(runs.experiment_id).tags
        written = known.get("mlflow.note.content", "")
        if not written or written.startswith(mlflow_page.NOTE_MARK):
            goals = ((info.objective, info.direction), *info.further)
            text = mlflow_page.note(info.name, goals, info.tags)
            self._tag_experiment("mlflow.note.content", text)
        self._tag_experiment("mlflow.experimentKind", "custom_model_development")
        self._prepare_page()

    def _trial_started(self, event: TrialStarted) -> None:
        info = event.info
        tags = self._trial_tags() | {
            "search.state": "RUNNING",
            "search.reason": "",
            "search.seed": str(info.seed),
        }
        if info.source:
            tags["search.source"] = names.tag_text(info.source)
        if info.resumed_from_epoch:
            tags["search.resumed_from_epoch"] = str(info.resumed_from_epoch)
        child = self._runs.child(info.number, tags, at_ms=event.at_ms)
        given = names.params(info.params)
        missing = {name: text for name, text in given.items() if name not in child.params}
        self._runs.log(child.run_id, params=missing, tags=tags)
        if given and not child.params:
            self._seen.add(given)
        child.params.update(missing)
        if child.status != "RUNNING":
            self._runs.set_status(child, "RUNNING", at_ms=event.at_ms)

    def _epochs(self, event: EpochsDone) -> None:
        """Logs the epochs that the run does not have: a resumed trial may tell some again."""
        child = self._runs.child(event.number, self._trial_tags(), at_ms=event.at_ms)
        called = names.metric_names(dict.fromkeys(name for row in event.rows for name in row.metrics))
        last = self._runs.last_epoch(child, called.values())
        fresh = [row for row in event.rows if row.epoch > last]
        metrics = [
            Metric(called[name], names.number(value), row.at_ms, row.epoch)
            for row in fresh
            for name, value in row.metrics.items()
        ]
        self._runs.log(child.run_id, metrics=metrics)
        child.last_epoch = max([last, *(row.epoch for row in fresh)])

    def _trial_finished(self, event: TrialFinished) -> None:
        result, at_ms = event.result, event.at_ms
        child = self._runs.child(event.number, self._trial_tags(), at_ms=at_ms)
        tags = {"search.state": result.state, "search.reason": names.tag_text(result.reason)}
        metrics = [
            Metric("seconds", round(result.seconds, 3), at_ms, 0),
            Metric("epochs", result.epochs, at_ms, 0),
            Metric("best_epoch", result.best_epoch, at_ms, 0),
        ]
        if result.objective is not None and math.isfinite(result.objective):
            metrics.append(Metric("objective", result.objective, at_ms, result.best_epoch))
        called = names.metric_names(result.metrics)
        for name, value in result.metrics.items():
            metrics.append(Metric(f"best/{called[name]}", names.number(value), at_ms, result.best_epoch))
        self._runs.log(child.run_id, metrics=metrics, tags=tags)
        for path in result.files:
            if path.exists():
                self._keep(child.run_id, path, "")
        self._runs.set_status(child, STATUS[result.state], at_ms=at_ms)
        self._prepare_page()

    def _study_finished(self, event: StudyFinished) -> None:
        summary, runs = event.summary, self._runs
        start = runs.parent_start_ms  # a fixed time makes a value that is told again the same value
        metrics = [
            Metric("best_objective", value, start + number, number)
            for number, value in summary.best_so_far
            if math.isfinite(value)
        ]
        for name, count in summary.counts.items():
            metrics.append(Metric(f"count/{names.allowed(name)}", count, event.at_ms, 0))
        tags = {}
        for best in summary.confirmed.get("finalists", ())[:1]:
            told = {name: best[name] for name in ("mean", "std", "seeds", "trial") if best[name] is not None}
            metrics += [Metric(f"confirmed/{name}", number, event.at_ms, 0) for name, number in told.items()]
            tags["search.confirmed"] = names.tag_text(summary.confirmed["verdict"])
        state = "FINISHED" if summary.finished else "INTERRUPTED"
        runs.log(runs.parent_id, metrics=metrics, tags=tags | {"search.state": state})
        with tempfile.TemporaryDirectory() as folder:
            for path in summary_files.write(summary, self._info, Path(folder)):
                self._keep(runs.parent_id, path, "plots" if path.suffix == ".png" else "")
        if self._info.further:
            self._mark_front({int(row["trial"]) for row in summary.leaderboard if row.get("rank") == 1})
        self._importances = {self._called.get(name, name): v for name, v in summary.importances.items()}
        self._prepare_page()
        runs.set_parent_status("FINISHED" if summary.finished else "KILLED", at_ms=event.at_ms)

    def _mark_front(self, front: set[int]) -> None:
        """Tags every run with whether its trial is on the front: a trial that was there may be dominated now."""
        for number, child in self._runs.children.items():
            self._runs.log(child.run_id, tags={"search.front": "yes" if number in front else "no"})

    def _closed(self, event: Closed) -> None:
        """Leaves no run RUNNING: neither those of this command nor those that a killed one left."""
        runs = self._runs
        for child in runs.children.values():
            if child.status == "RUNNING":
                runs.log(child.run_id, tags=INTERRUPTED)
                runs.set_status(child, "KILLED", at_ms=event.at_ms)
        if runs.parent_status == "RUNNING":
            runs.log(runs.parent_id, tags=INTERRUPTED)
            runs.set_parent_status("KILLED", at_ms=event.at_ms)
        if self._place.file is not None:
            mlflow_store.analyze(self._place.file)

    def _trial_tags(self) -> dict[str, str]:
        return SOURCE | {"search.study": self._info.name}

    def _keep(self, run_id: str, path: Path, folder: str) -> None:
        """Copies a file or a folder into the run. Raises RefusedError when it is gone."""
        if path.is_dir():
            self._runs.client.log_artifacts(run_id, str(path), "/".join(filter(None, (folder, path.name))))
        elif path.exists():
            self._runs.client.log_artifact(run_id, str(path), folder or None)
        else:
            raise RefusedError(f"{path} is no longer there")

    def _prepare_page(self) -> None:
        """Writes the page when what it is made of has changed."""
        info = self._info
        facts = mlflow_page.PageFacts(
            parent_run=self._runs.parent_id,
            parameters=self._seen.ranked(self._importances),
            common=self._seen.common(),
            numeric=self._seen.numeric(),
            curve=names.metric_names((info.objective,))[info.objective],
            ascending=info.direction == "min",
            further=tuple(f"best/{names.allowed(name)}" for name, _ in info.further),
        )
        page = mlflow_page.view_state(facts)
        if page != self._page:
            self._tag_experiment(mlflow_page.TAG + self._key, page)
            self._page = page

    def _tag_experiment(self, key: str, value: str) -> None:
        self._runs.client.set_experiment_tag(self._runs.experiment_id, key, value)

"""The prepared page of MLflow's UI: a table and charts of one study's trials, as a tag of the experiment.

Source: the tag `mlflow.sharedViewState.<key>` was read from the UI bundle of MLflow 3.17; it is no documented
interface. A UI that does not know it shows its own page instead. Loads no MLflow.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TAG = "mlflow.sharedViewState."
TAG_LENGTH = 5000
MOST_COLUMNS = 12
MOST_AXES = 8
NOTE_MARK = "**Hyperparameter search**"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page is made from.

    parameters: names as MLflow has them, most important first. common: those that every trial has.
    curve: the metric whose curves are drawn; ascending: whether a small objective is good.
    further: the metrics of a run that hold the objectives after the first.
    """

    parent_run: str
    parameters: tuple[str, ...]
    common: tuple[str, ...]
    numeric: tuple[str, ...]
    curve: str
    ascending: bool
    further: tuple[str, ...] = ()


class SeenParameters:
    """Which of `parameters` the trials so far have, and which are numbers."""

    def __init__(self, parameters: tuple[str, ...]) -> None:
        self._parameters = parameters
        self._trials = 0
        self._given: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()

    def add(self, params: Mapping[str, str]) -> None:
        """Counts one trial's parameters."""
        self._trials += 1
        self._given.update(params.keys())
        self._numbers.update(name for name, text in params.items() if _is_number(text))

    def common(self) -> tuple[str, ...]:
        """Those that every trial has."""
        return tuple(name for name in self._parameters if self._given[name] == self._trials)

    def numeric(self) -> tuple[str, ...]:
        """Those that are numbers wherever they were given."""
        return tuple(name for name in self._parameters if 0 < self._given[name] == self._numbers[name])

    def ranked(self, importances: Mapping[str, float]) -> tuple[str, ...]:
        """All of them: by importance where it is known, then those of every trial first."""
        common = set(self.common())
        return tuple(sorted(self._parameters, key=lambda name: (-importances.get(name, 0.0), name not in common)))


def key_of(parent_run: str) -> str:
    """The key of a study's page: one a study, so that studies share an experiment."""
    return f"search-{hashlib.sha256(parent_run.encode()).hexdigest()[:12]}"


def link(pages: str, experiment_id: str, key: str) -> str:
    query = f"workflowType=machine_learning&viewStateShareKey={key}"
    return f"{pages}/#/experiments/{experiment_id}/runs?{query}"


def view_state(facts: PageFacts) -> str:
    """The page as JSON, short enough for a tag: with fewer columns when there are very many parameters."""
    for columns in range(MOST_COLUMNS, 0, -1):
        text = json.dumps(_state(facts, facts.parameters[:columns]), separators=(",", ":"))
        if len(text) <= TAG_LENGTH:
            return text
    return json.dumps(_state(facts, ()), separators=(",", ":"))


def _state(facts: PageFacts, columns: Sequence[str]) -> dict[str, Any]:
    widths = {
        "attributes.`Run Name`": 130,
        "runDateAndNestInfo": 150,
        "metrics.`objective`": 130,
        **({"tags.`search.front`": 90} if facts.further else {}),
        **{f"metrics.`{name}`": min(180, 60 + 8 * len(name)) for name in facts.further},
        "metrics.`epochs`": 85,
        "metrics.`seconds`": 95,
        "tags.`search.state`": 125,
        **{f"params.`{name}`": min(180, 60 + 8 * len(name)) for name in columns},
        "metrics.`best_epoch`": 105,
        "tags.`search.reason`": 320,
    }
    return {
        "orderByKey": "metrics.`objective`",
        "orderByAsc": facts.ascending,
        "searchFilter": f"tags.`mlflow.parentRunId` = '{facts.parent_run}'",
        "lifecycleFilter": "Active",
        "modelVersionFilter": "All Runs",
        "datasetsFilter": [],
        "startTime": "ALL",
        "selectedColumns": list(widths)[2:],
        "columnOrder": list(widths),
        "columnWidths": widths,
        "runsHiddenMode": "SHOW_ALL",
        "compareRunCharts": _charts(facts),
        "compareRunSections": [
            *([_section("front", "Objectives", columns=2, height=360)] if facts.further else []),
            _section("together", "All parameters together", columns=1, height=420),
            _section("each", "Objective over one parameter", columns=2, height=360),
            _section("curves", "Curves", columns=1, height=420),
        ],
        "isAccordionReordered": True,
    }


def _charts(facts: PageFacts) -> list[dict[str, Any]]:
    """A scatter over each further objective, parallel coordinates, a scatter of the first two numeric parameters each,
    and the curves.

    MLflow leaves a trial out of the parallel coordinates when it lacks one of the axes, so only parameters
    that all trials have are axes.
    """
    axes = [name for name in facts.parameters if name in facts.common][:MOST_AXES]
    across = [name for name in ("learning_rate", *facts.parameters) if name in facts.numeric]
    objective = {"key": "objective", "type": "METRIC"}
    charts: list[dict[str, Any]] = []
    for name in facts.further:
        over = {"xaxis": {"key": name, "type": "METRIC"}, "yaxis": objective}
        charts.append(_chart("SCATTER", over, most=250, section="front"))
    if axes:
        lines = {"selectedParams": axes, "selectedMetrics": ["objective"], "showAllRuns": True}
        charts.append(_chart("PARALLEL", lines, most=250, section="together"))
    for name in list(dict.fromkeys(across))[:2]:
        over = {"xaxis": {"key": name, "type": "PARAM"}, "yaxis": objective}
        charts.append(_chart("SCATTER", over, most=250, section="each"))
    curve = {"metricKey": facts.curve, "selectedMetricKeys": [facts.curve], "displayPoints": False}
    charts.append(_chart("LINE", curve | _LINES, most=50, section="curves"))
    return [chart | {"uuid": f"search-{place}"} for place, chart in enumerate(charts)]


_LINES = {
    "xAxisKey": "step",
    "xAxisScaleType": "linear",
    "scaleType": "linear",
    "lineSmoothness": 0,
    "selectedXAxisMetricKey": "",
    "selectedYAxisMetricKey": "",
    "range": {},
}


def _chart(kind: str, own: Mapping[str, Any], *, most: int, section: str) -> dict[str, Any]:
    common = {"type": kind, "deleted": False, "isGenerated": False, "metricSectionId": section}
    return {**common, "runsCountToCompare": most, **own}


def _section(uuid: str, name: str, *, columns: int, height: int) -> dict[str, Any]:
    state = {"display": True, "isReordered": True, "deleted": False, "isGenerated": False}
    return {"uuid": uuid, "name": name, "columns": columns, "cardHeight": height, **state}


def note(study: str, goals: Sequence[tuple[str, str]], tags: Mapping[str, str]) -> str:
    """The experiment's description, in Markdown. goals: the objectives as (name, direction)."""
    words = {"max": "highest", "min": "lowest"}
    wanted = ", ".join(f"{words[direction]} `{name}`" for name, direction in goals)
    facts = "".join(f"- {name}: {value}\n" for name, value in tags.items() if name != "uuid")
    return (
        f"{NOTE_MARK}: one parent run a study, one child run a trial.\n\n"
        f"Latest study: **{study}**, {wanted}.\n\n{facts}\n"
        "`objective` is the value at a trial's best epoch. FINISHED: complete, KILLED: pruned or "
        "interrupted, see `search.reason`. The parent run holds leaderboard, plots, spec and ensemble.\n"
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False

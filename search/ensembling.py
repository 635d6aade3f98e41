"""The weighted ensemble of a study, from stored predictions alone, and `ensemble.json`. Loads no model."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import MANIFEST, BundleError, load_bundle, why_deleted
from models.data.dataset import Dataset
from models.ensemble.candidates import Candidates, EnsembleError
from models.ensemble.judge import SINGLE, Judgement, Plan, Scores, judge, score_all
from models.files import write_json
from models.objective import Objective
from search.folder import StudyFolder
from search.leaderboard import Row
from search.study import TrialState

UNSCORED = (
    "its outputs are not one probability for each class of the data, nor one number for each target, or its own `fit` "
    "prepares rows"
)
MOST_CANDIDATES = 60
"""So many of the best trials may become members; beyond them a greedy step finds nothing and takes longer."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What was chosen, and how it compares; `members` are (trial number, weight), heaviest first.

    scores: contender -> part (`weigh`, `judge`, `test`) -> scores; the test part is absent without test rows.
    passed_over: why a trial on the leaderboard could not be a candidate, one sentence each.
    """

    metric: str
    winner: str
    sentence: str
    members: tuple[tuple[int, float], ...]
    contenders: Mapping[str, tuple[tuple[int, float], ...]]
    scores: Mapping[str, Mapping[str, Scores]]
    passed_over: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "winner": self.winner,
            "sentence": self.sentence,
            "members": _listed(self.members),
            "contenders": {name: _listed(members) for name, members in self.contenders.items()},
            "scores": {
                name: {part: _score_json(score) for part, score in parts.items()} for name, parts in self.scores.items()
            },
            "passed_over": list(self.passed_over),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Ensemble":
        return cls(
            metric=stored["metric"],
            winner=stored["winner"],
            sentence=stored["sentence"],
            members=_pairs(stored["members"]),
            contenders={name: _pairs(members) for name, members in stored["contenders"].items()},
            scores={
                name: {part: _score_from(score) for part, score in parts.items()}
                for name, parts in stored["scores"].items()
            },
            passed_over=tuple(stored["passed_over"]),
        )


def build(
    folder: StudyFolder, rows: Sequence[Row], dataset: Dataset, objective: Objective, *, plan: Plan, seed: int
) -> Ensemble:
    """Chooses, weighs and judges members among the best `rows`, and writes `ensemble.json`.

    Raises: EnsembleError when no trial has stored predictions, or when the metric cannot be had from them.
    """
    numbers, predictions, passed_over = _candidates(folder, rows)
    if not numbers and any(UNSCORED in line for line in passed_over):
        raise EnsembleError(f"no trial has predictions that can be blended; {passed_over[0]}")
    if not numbers:
        raise EnsembleError("no trial has stored predictions; look at the failed ones with `python -m search show`")
    task = dataset.signature.task
    validation = Candidates(np.stack([p["validation"] for p in predictions]), np.asarray(dataset.validation.y), task)
    judgement = judge(validation, objective, plan=plan, rng=np.random.default_rng([seed, 1]))
    tested: Mapping[str, Scores] = {}
    if dataset.test is not None:
        test = Candidates(np.stack([p["test"] for p in predictions]), np.asarray(dataset.test.y), task)
        tested = score_all(judgement, test)
    ensemble = _assembled(judgement, tested, numbers, passed_over)
    write_json(folder.ensemble, ensemble.to_json())
    return ensemble


def load(path: Path) -> Ensemble:
    """The stored ensemble. Raises EnsembleError when there is none, or it cannot be read."""
    try:
        return Ensemble.from_json(json.loads(path.read_text()))
    except FileNotFoundError:
        raise EnsembleError(f"{path} is missing: the study has no ensemble yet; run the study to its end") from None
    except (ValueError, KeyError, TypeError) as error:
        raise EnsembleError(f"{path} cannot be read ({error}); run the study again to rebuild it") from error


def table(ensemble: Ensemble) -> list[tuple[str, ...]]:
    """The four contenders as rows of text, with a heading, for people: the metric on every part, and the loss."""
    parts = list(ensemble.scores[SINGLE])
    with_loss = ensemble.metric != "loss"
    heading = ("", "members", *parts)
    lines = [(*heading, "loss (judge)") if with_loss else heading]
    for name, scores in ensemble.scores.items():
        values = [f"{scores[part].metric:.4f}" for part in parts]
        if with_loss:
            values.append(f"{scores['judge'].loss:.4f}")
        mark = "* " if name == ensemble.winner else "  "
        lines.append((mark + name, str(len(ensemble.contenders[name])), *values))
    return lines


def parts_lines(ensemble: Ensemble) -> list[str]:
    """What the parts of the table are, in rows."""
    rows = {part: scores.rows for part, scores in ensemble.scores[SINGLE].items()}
    lines = [
        f"weigh: {rows['weigh']} validation rows, which chose and weighed the members",
        f"judge: the other {rows['judge']}, which elected *",
    ]
    return lines + ([f"test:  {rows['test']} test rows, scored once"] if "test" in rows else [])


def _candidates(folder: StudyFolder, rows: Sequence[Row]) -> tuple[list[int], list[Mapping[str, Any]], tuple[str, ...]]:
    numbers: list[int] = []
    predictions: list[Mapping[str, Any]] = []
    passed_over: list[str] = []
    deleted = unstored = 0
    for row in rows:
        if len(numbers) == MOST_CANDIDATES:
            break
        trial = folder.trial(row.number)
        if why_deleted(trial) is not None:
            deleted += 1
            continue
        if row.state is TrialState.PRUNED and not (trial / MANIFEST).is_file():
            # it was paused and not gone on with, or ended by force before its first checkpoint
            unstored += 1
            continue
        try:
            stored = load_bundle(trial).predictions
        except BundleError as error:
            passed_over.append(f"trial {row.number}: {error}")
            continue
        if "validation" not in stored:
            passed_over.append(f"trial {row.number}: {UNSCORED}")
            continue
        if not all(np.isfinite(p).all() for p in stored.values()):
            passed_over.append(f"trial {row.number}: it predicts NaN or infinity")
            continue
        numbers.append(row.number)
        predictions.append(stored)
    if deleted:
        passed_over.append(f"{deleted} trial{'s' if deleted > 1 else ''} whose files `keep` has deleted")
    if unstored:
        passed_over.append(f"{unstored} pruned trial{'s' if unstored > 1 else ''} of which nothing was stored")
    return numbers, predictions, tuple(passed_over)


def _assembled(
    judgement: Judgement, tested: Mapping[str, Scores], numbers: Sequence[int], passed_over: tuple[str, ...]
) -> Ensemble:
    contenders, scores = {}, {}
    for c in judgement.contenders:
        contenders[c.name] = tuple((numbers[i], w) for i, w in zip(c.members, c.weights, strict=True))
        scores[c.name] = {"weigh": c.weigh, "judge": c.judge}
        if c.name in tested:
            scores[c.name]["test"] = tested[c.name]
    return Ensemble(
        metric=judgement.metric,
        winner=judgement.winner,
        sentence=judgement.sentence(),
        members=contenders[judgement.winner],
        contenders=contenders,
        scores=scores,
        passed_over=passed_over,
    )


def _listed(members: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    return [{"trial": number, "weight": weight} for number, weight in members]


def _pairs(listed: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, float], ...]:
    return tuple((int(m["trial"]), float(m["weight"])) for m in listed)


def _score_json(scores: Scores) -> dict[str, Any]:
    """JSON knows no NaN, which is the score of a metric that its rows leave undefined."""
    finite = {"metric": scores.metric, "loss": scores.loss}
    return {name: value if math.isfinite(value) else None for name, value in finite.items()} | {"rows": scores.rows}


def _score_from(stored: Mapping[str, Any]) -> Scores:
    metric, loss = (math.nan if stored[name] is None else float(stored[name]) for name in ("metric", "loss"))
    return Scores(metric, loss, int(stored["rows"]))

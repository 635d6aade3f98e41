"""An ensemble from stored predictions: weighed on one part of the rows, judged on the rest. Knows no
framework.

Four blends stand for election: the best single model, the plain mean of the best models, greedy selection,
and greedy's members with weights by Nelder-Mead. All are made on the rows to weigh on; the rows to judge on,
which no blend has seen, elect one (`election.py`).

The plain mean takes the best `size` candidates, not greedy's choice: on held-out rows it was more accurate
than the mean of greedy's members on digits and adult, and on digits than all other contenders.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.ensemble.candidates import Array, Candidates, EnsembleError
from models.ensemble.election import best_by, elect, poll
from models.ensemble.greedy import greedy
from models.ensemble.losses import BlendLoss, blend_loss
from models.ensemble.scores import loss, scorable, score
from models.ensemble.split import split_rows
from models.ensemble.weights import optimise_weights
from models.objective import Direction, Objective

SINGLE, MEAN, GREEDY, WEIGHTED = "single", "mean", "greedy", "weighted"


@dataclass(frozen=True, slots=True)
class Plan:
    """At most `size` different members; `holdout` is the share of the rows that judge."""

    size: int = 8
    holdout: float = 0.5


@dataclass(frozen=True, slots=True)
class Scores:
    """The study's metric and the loss of the task, on `rows` rows."""

    metric: float
    loss: float
    rows: int


@dataclass(frozen=True, slots=True)
class Contender:
    """One blend: places among the candidates, weights that sum to 1 (heaviest first), scores on both
    parts."""

    name: str
    members: tuple[int, ...]
    weights: tuple[float, ...]
    weigh: Scores
    judge: Scores


@dataclass(frozen=True, slots=True)
class Judgement:
    """The four contenders in the order single, mean, greedy, weighted, and the name of the one elected.

    metric: as in `scores.py`, without `val_`; direction: which way it improves.
    """

    metric: str
    direction: Direction
    contenders: tuple[Contender, ...]
    winner: str

    def contender(self, name: str) -> Contender:
        return next(c for c in self.contenders if c.name == name)

    @property
    def elected(self) -> Contender:
        return self.contender(self.winner)

    @property
    def members(self) -> tuple[int, ...]:
        """Places of the winner's members among the candidates: what is exported."""
        return self.elected.members

    @property
    def weights(self) -> tuple[float, ...]:
        return self.elected.weights

    def sentence(self) -> str:
        """How the winner compares to the best single model on the rows that judged, and why it was elected."""
        single, won = self.contender(SINGLE).judge, self.elected.judge
        rows = f"on {won.rows} rows that no weight has seen"
        top = self.contenders[best_by([c.judge.metric for c in self.contenders], self.direction)]
        is_first = not self.direction.better(top.judge.metric, won.metric)
        why = "" if is_first else f"; {top.name} has {top.judge.metric:.4f}, which is not clearly better"
        if self.winner == SINGLE:
            verb = "wins" if is_first else "is elected"
            rivals = ", ".join(f"{c.name} {c.judge.metric:.4f}" for c in self.contenders if c.name != SINGLE)
            return f"the best single model {verb}: {self.metric} {won.metric:.4f} against {rivals} {rows}{why}"
        blend = f"{self.winner} of {len(self.members)} member{'s' if len(self.members) > 1 else ''}"
        if is_first and won.metric == single.metric and won.loss < single.loss:
            return (
                f"{blend} equals the best single model in {self.metric} ({single.metric:.4f}) "
                f"and wins by loss, {won.loss:.4f} against {single.loss:.4f}, {rows}"
            )
        verb = "wins" if is_first and won.metric != single.metric else "is elected"
        against = f"{self.metric} {won.metric:.4f} against {single.metric:.4f} of the best single model"
        return f"{blend} {verb}: {against} {rows}{why}"


def judge(candidates: Candidates, objective: Objective, *, plan: Plan, rng: np.random.Generator) -> Judgement:
    """Choose members, weigh them and judge the four contenders.

    objective: the study's; `val_` before its metric is left out. rng: parts the rows, and resamples them.
    Raises: EnsembleError for a metric that predictions cannot give, or too few rows.
    """
    metric = objective.metric.removeprefix("val_")
    scorable(metric, candidates.task)
    if plan.size < 1:
        raise EnsembleError(f"the ensemble's size is {plan.size}; give at least 1")
    seen, unseen = split_rows(candidates.y, candidates.task, holdout=plan.holdout, rng=rng)
    weigh, judging = candidates.rows(seen), candidates.rows(unseen)
    blends = make_blends(blend_loss(weigh, metric), size=plan.size)
    contenders = tuple(
        _contender(name, weights, scores=(examine(weights, weigh, metric), examine(weights, judging, metric)))
        for name, weights in blends.items()
    )
    rivals = Candidates(np.stack([judging.blend(w) for w in blends.values()]), judging.y, judging.task)
    said = poll(rivals, metric, objective.direction, mean=list(blends).index(MEAN), rng=rng)
    return Judgement(metric, objective.direction, contenders, contenders[elect(said)].name)


def make_blends(measure: BlendLoss, *, size: int) -> Mapping[str, Array]:
    """The weights (n_candidates,) of the four contenders by name, found by `measure` alone."""
    singles = measure.singles()
    best_first = np.argsort(singles, kind="stable")
    ranked = measure.take(best_first)  # so that the order in which candidates are given changes nothing
    n = len(singles)
    counts = greedy(ranked, size=size)
    chosen = np.flatnonzero(counts)
    shares = counts / counts.sum()
    weighted = np.zeros(n)
    weighted[chosen] = optimise_weights(
        ranked.take(chosen), starts=(np.full(len(chosen), 1 / len(chosen)), shares[chosen])
    )
    top = min(size, n)
    by_rank = {
        SINGLE: np.eye(n)[0],
        MEAN: np.repeat((1 / top, 0.0), (top, n - top)),
        GREEDY: shares,
        WEIGHTED: weighted,
    }
    back = np.argsort(best_first)
    return {name: weights[back] for name, weights in by_rank.items()}


def examine(weights: Array, candidates: Candidates, metric: str) -> Scores:
    """Scores of the blend with `weights` (n_candidates,) on the rows of `candidates`."""
    p = candidates.blend(weights)
    y, task = candidates.y, candidates.task
    return Scores(score(metric, y, p, task=task), loss(y, p, task=task), candidates.n_rows)


def score_all(judgement: Judgement, candidates: Candidates) -> Mapping[str, Scores]:
    """Scores of all four contenders on rows that took no part; `candidates` as they were judged, in order."""
    found = {}
    for contender in judgement.contenders:
        weights = np.zeros(len(candidates))
        weights[list(contender.members)] = contender.weights
        found[contender.name] = examine(weights, candidates, judgement.metric)
    return found


def _contender(name: str, weights: Array, *, scores: tuple[Scores, Scores]) -> Contender:
    heaviest = [int(i) for i in np.argsort(-weights, kind="stable") if weights[i] > 0]
    return Contender(name, tuple(heaviest), tuple(float(weights[i]) for i in heaviest), *scores)

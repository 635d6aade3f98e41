"""Which rule should elect the ensemble? Test scores of what each rule elects, over many splits of the rows.

    python benchmarks/ensemble_election.py --cache election

trains small scikit-learn networks of random configurations once (candidates, in the cache), then parts the
rows that they have not seen again and again into validation and test rows, makes the four contenders on one
half of the validation rows, and lets every rule elect one on the other half.
"""

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

from models.ensemble.candidates import Candidates
from models.ensemble.election import Poll, elect, poll
from models.ensemble.judge import Scores, examine, make_blends
from models.ensemble.losses import blend_loss
from models.ensemble.split import split_rows
from models.objective import Direction

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CANDIDATES = 30
SIZE = 8
NAMES = ("single", "mean", "greedy", "weighted")
MEAN = NAMES.index("mean")
OLD = "best metric, ties by loss"


@dataclass(frozen=True)
class Case:
    """A data set, the study's metric, and how many validation rows there are."""

    data: str
    metric: str
    direction: Direction
    rows: int


CASES = (
    Case("digits", "accuracy", Direction.MAXIMIZE, 360),
    Case("digits", "loss", Direction.MINIMIZE, 360),
    Case("adult", "accuracy", Direction.MAXIMIZE, 400),
    Case("adult", "accuracy", Direction.MAXIMIZE, 4000),
    Case("adult", "auc", Direction.MAXIMIZE, 400),
    Case("adult", "f1", Direction.MAXIMIZE, 1000),
    Case("california", "rmse", Direction.MINIMIZE, 300),
    Case("california", "mae", Direction.MINIMIZE, 2000),
)


# ------------------------------------------------------------------------------------------------- candidates
def digits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return load_digits(return_X_y=True)


def adult(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    folder = DATA / "adult"
    frames = [
        pd.read_csv(folder / f"adult-{part}.csv", header=None, skipinitialspace=True) for part in ("train", "test")
    ]
    frame = pd.concat(frames, ignore_index=True)
    y = frame.pop(14).str.contains(">50K").to_numpy(dtype=int)
    return _columns(frame), y


def california(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    frame = pd.read_csv(DATA / "california_housing" / "housing.csv")
    y = frame.pop("median_house_value").to_numpy() / 1e5
    return _columns(frame), y


def _columns(frame: pd.DataFrame) -> np.ndarray:
    """Numbers by quantile, texts one-hot. Fitted on all rows: here only the election is measured."""
    numbers = [c for c in frame if pd.api.types.is_numeric_dtype(frame[c])]
    texts = [c for c in frame if c not in numbers]
    made = make_column_transformer(
        (make_pipeline(SimpleImputer(), QuantileTransformer(output_distribution="normal")), numbers),
        (OneHotEncoder(min_frequency=50, handle_unknown="infrequent_if_exist", sparse_output=False), texts),
    )
    frame.columns = [str(c) for c in frame.columns]
    made.transformers = [(name, step, [str(c) for c in columns]) for name, step, columns in made.transformers]
    return made.fit_transform(frame).astype(np.float32)


TRAINING_ROWS = {"digits": 700, "adult": 8000, "california": 5000}
LIBRARIES = {"digits": 4, "adult": 2, "california": 2}
"""How many times candidates are trained anew, on other rows."""
LOAD = {"digits": digits, "adult": adult, "california": california}


@cache
def library(data: str, seed: int, folder: Path) -> Candidates:
    """CANDIDATES networks of random configurations, and what they predict on rows they have not seen."""
    kept = folder / f"{data}-{seed}.npz"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([seed, 11])
        x, y = LOAD[data](rng)
        order = rng.permutation(len(y))
        n = TRAINING_ROWS[data]
        train, unseen = order[:n], order[n:]
        x = StandardScaler().fit(x[train]).transform(x)
        regression = data == "california"
        predictions = [
            _predicted(_model(rng, regression).fit(x[train], y[train]), x[unseen]) for _ in range(CANDIDATES)
        ]
        np.savez(kept, predictions=np.stack(predictions), y=y[unseen])
    with np.load(kept) as stored:
        predictions, y = stored["predictions"], stored["y"]
    if data == "california":
        return Candidates(predictions, y[:, np.newaxis], "regression")
    return Candidates(predictions, y, "binary" if data == "adult" else "multiclass")


def _model(rng: np.random.Generator, regression: bool) -> MLPClassifier | MLPRegressor:
    """A configuration as a search would try: some good, some poor, some stopped early."""
    make = MLPRegressor if regression else MLPClassifier
    layers = int(rng.integers(1, 4))
    return make(
        hidden_layer_sizes=tuple(int(2 ** rng.uniform(4, 7)) for _ in range(layers)),
        activation=str(rng.choice(["relu", "tanh"])),
        alpha=float(10 ** rng.uniform(-6, 0)),
        learning_rate_init=float(10 ** rng.uniform(-3.5, -1.5)),
        batch_size=int(rng.choice([32, 64, 128])),
        max_iter=int(rng.integers(3, 25)),
        random_state=int(rng.integers(1 << 31)),
    )


def _predicted(model: MLPClassifier | MLPRegressor, x: np.ndarray) -> np.ndarray:
    if isinstance(model, MLPRegressor):
        return model.predict(x).astype(np.float32)[:, np.newaxis]
    p = model.predict_proba(x).astype(np.float32)
    return p[:, 1:] if p.shape[1] == 2 else p


# ------------------------------------------------------------------------------------------------- the rules
@dataclass(frozen=True)
class Judged:
    """What a rule may know of the four contenders, all on the rows that judge."""

    scores: Sequence[Scores]
    said: Poll
    direction: Direction


Rule = Callable[[Judged], int]


def by_metric(judged: Judged) -> int:
    """The best by metric, ties by loss, then the simplest."""
    best = 0
    for place, s in enumerate(judged.scores):
        first = judged.scores[best]
        tied = s.metric == first.metric and s.loss < first.loss - 1e-12
        if tied or judged.direction.better(s.metric, first.metric):
            best = place
    return best


def lowest_loss(chance: float) -> Rule:
    """The lowest loss of those that the best by metric does not beat clearly; 1 - `chance` is clear."""

    def rule(judged: Judged) -> int:
        standing = [place for place, c in enumerate(judged.said.by_metric) if c > chance]
        return min(standing, key=lambda place: judged.scores[place].loss)

    return rule


def mean_unless(by_metric: float, by_loss: float) -> Rule:
    """Of those that the best by metric does not beat clearly the mean, unless the lowest loss beats it clearly."""

    def rule(judged: Judged) -> int:
        lowest = lowest_loss(by_metric)(judged)
        stands = judged.said.by_metric[MEAN] > by_metric
        return MEAN if stands and 1.0 - judged.said.by_loss[lowest] > by_loss else lowest

    return rule


def always(place: int) -> Rule:
    return lambda _: place


RULES: dict[str, Rule] = {
    **{f"always {name}": always(place) for place, name in enumerate(NAMES)},
    OLD: by_metric,
    "lowest loss": lowest_loss(-1.0),
    "unbeaten (5 %), lowest loss": lowest_loss(0.05),
    "unbeaten (16 %), lowest loss": lowest_loss(0.16),
    "mean unless (16 %)": mean_unless(-1.0, 0.16),
    "unbeaten (16 %), mean unless (16 %)": mean_unless(0.16, 0.16),
    "unbeaten (5 %), mean unless (16 %)": mean_unless(0.05, 0.16),
    "adopted": lambda judged: elect(judged.said),
}


# ------------------------------------------------------------------------------------------------- the measure
def measured(case: Case, folder: Path, splits: int) -> pd.DataFrame:
    """Mean test metric, its loss, and the gain over the old rule with its standard error, by rule."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in RULES}
    for number in range(splits):
        rng = np.random.default_rng([number, 5])
        candidates = library(case.data, number % LIBRARIES[case.data], folder)
        order = rng.permutation(candidates.n_rows)
        validation, test = candidates.rows(order[: case.rows]), candidates.rows(order[case.rows :])
        seen, unseen = split_rows(validation.y, validation.task, holdout=0.5, rng=rng)
        weights = list(make_blends(blend_loss(validation.rows(seen), case.metric), size=SIZE).values())
        judged = _judged(weights, validation.rows(unseen), case, rng)
        tested = [examine(w, test, case.metric) for w in weights]
        for name, rule in RULES.items():
            elected = tested[rule(judged)]
            found[name].append((elected.metric, elected.loss))
    return _summary(found, case)


def _judged(weights: list[np.ndarray], judging: Candidates, case: Case, rng: np.random.Generator) -> Judged:
    blends = Candidates(np.stack([judging.blend(w) for w in weights]), judging.y, judging.task)
    scores = [examine(w, judging, case.metric) for w in weights]
    return Judged(scores, poll(blends, case.metric, case.direction, mean=MEAN, rng=rng), case.direction)


def _summary(found: dict[str, list[tuple[float, float]]], case: Case) -> pd.DataFrame:
    old = np.array(found[OLD])
    sign = 1.0 if case.direction is Direction.MAXIMIZE else -1.0
    rows = []
    for name, scores in found.items():
        values = np.array(scores)
        gain = sign * (values[:, 0] - old[:, 0])
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        rows.append((name, values[:, 0].mean(), 1e4 * gain.mean(), 1e4 * error, values[:, 1].mean()))
    columns = ["rule", case.metric, "gain 1e-4", "s.e.", "loss"]
    return pd.DataFrame(rows, columns=columns).set_index("rule")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder for the candidates' predictions")
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--data", nargs="*", default=list(LOAD), help="data sets to measure")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for case in CASES:
        if case.data in options.data:
            print(f"\n{case.data}, {case.metric}, {case.rows} validation rows, {options.splits} splits")
            print(measured(case, options.cache, options.splits).to_string(float_format="{:.5f}".format), flush=True)


if __name__ == "__main__":
    main()

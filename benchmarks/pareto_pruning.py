"""Which rule should stop trials of a study with several objectives? Epochs saved, and what of the front is lost.

    python benchmarks/pareto_pruning.py --cache pareto

trains the random configurations of `examples/pareto.yaml` to their ends once (the record in the cache), then plays them
in many orders, trial after trial, and asks every rule after every epoch.

    python benchmarks/pareto_pruning.py --cost

says what one decision of `dominated` takes among many trials.
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.objective import Aim, Direction
from models.training.orders import Order
from search.ports import Others, Rule
from search.pruning.registry import make_pruner
from search.session import run_study
from search.spec import load
from search.standings import Standings
from search.stored import StoredStudy
from search.study import Curve, Decision, RecordedTrial, TrialState

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "pareto.yaml"
TRAINED = 200
TRIALS = 60
WORST = (0.5, 5.0)
"""The reference point of the volume: accuracy, and the decimal logarithm of the number of weights."""
AIMS = (Aim("val_accuracy", Direction.MAXIMIZE), Aim("params", Direction.MINIMIZE))


@dataclass(frozen=True)
class Beaten:
    """Stops a trial as soon as so many that are no larger are better at its epoch, whatever their share is."""

    dominators: int
    warmup_epochs: int = 4

    def group(self, number: int) -> int:
        return 0

    def decide(self, trial: Curve, others: Others) -> Decision:
        epoch = len(trial.values)
        if epoch <= self.warmup_epochs or trial.n_params is None:
            return Decision.go_on()
        better = others.bests_of_no_larger(epoch, n_params=trial.n_params).better_than(trial.best(Direction.MAXIMIZE))
        return Decision.stop("") if better >= self.dominators else Decision.go_on()


def rules() -> dict[str, Rule]:
    def made(name: str, **options: int) -> Rule:
        return make_pruner(name, options, direction=Direction.MAXIMIZE, max_epochs=20)

    return {
        "none": made("none"),
        "median of all": made("median", warmup_epochs=4),
        "1 no larger is better": Beaten(1),
        "3 no larger are better": Beaten(3),
        "10 no larger are better": Beaten(10),
        "dominated": made("dominated", warmup_epochs=4),
    }


@dataclass(frozen=True)
class Played:
    """What a rule made of a study: epochs trained, volume of the front, share lost of the front of whole trials."""

    epochs: int
    volume: float
    lost: float


def play(trials: Sequence[RecordedTrial], rule: Rule) -> Played:
    """One study of one worker over these trials, in their order."""
    curves: list[Curve] = []
    whole: dict[int, tuple[float, float]] = {}
    standings = Standings(Direction.MAXIMIZE, rule.group)
    for place, trial in enumerate(trials):
        n_params = int(size_of(trial))
        standings.weigh(place, n_params)
        values: list[float] = []
        for value in trial.values:
            values.append(value)
            standings.report(place, len(values), value)
            curve = Curve(place, tuple(values), n_params=n_params)
            if rule.decide(curve, standings.beside(place)).order is Order.STOP:
                break
        else:
            standings.complete(place)
            whole[place] = accuracy_of(trial), math.log10(n_params)
        curves.append(Curve(place, tuple(values)))
    best = front({place: (accuracy_of(t), math.log10(size_of(t))) for place, t in enumerate(trials)})
    lost = sum(place not in whole for place in best) / len(best)
    return Played(sum(len(curve.values) for curve in curves), volume(list(whole.values())), lost)


def front(values: dict[int, tuple[float, float]]) -> set[int]:
    """The trials that no other dominates."""
    return {
        a
        for a, (accuracy, size) in values.items()
        if not any(x >= accuracy and y <= size and (x, y) != (accuracy, size) for x, y in values.values())
    }


def volume(points: Sequence[tuple[float, float]]) -> float:
    """The area between the front and the worst point."""
    area, best = 0.0, WORST[0]
    ordered = sorted(points, key=lambda point: (point[1], -point[0]))
    for accuracy, size in ordered:
        if accuracy > best and size < WORST[1]:
            area += (accuracy - best) * (WORST[1] - size)
            best = accuracy
    return area


def accuracy_of(trial: RecordedTrial) -> float:
    assert trial.outcome is not None
    assert trial.outcome.objective is not None
    return trial.outcome.objective


def size_of(trial: RecordedTrial) -> float:
    assert trial.outcome is not None
    return trial.outcome.metrics["params"]


def trained(cache: Path) -> list[RecordedTrial]:
    """The trials of the cache, trained now if they are not there."""
    cache.mkdir(parents=True, exist_ok=True)
    os.chdir(cache)
    wanted = [
        f"budget={{trials: {TRAINED}}}", "search={sampler: random, pruner: none}", "objectives=[val_accuracy, params]",
        "ensemble=none", "tracking.mlflow=none", "workers=2",
    ]  # fmt: skip
    run_study(load(EXAMPLE, wanted), stream=sys.stderr)
    return [t for t in StoredStudy.open("pareto").trials if t.state is TrialState.COMPLETE]


def cost_ms(trials: int) -> float:
    """CPU milliseconds of one decision beside so many complete trials."""
    rng = np.random.default_rng(0)
    rule = rules()["dominated"]
    standings = Standings(Direction.MAXIMIZE, rule.group)
    for number in range(trials):
        standings.weigh(number, int(rng.integers(1, 1000)))
        for epoch in range(1, 11):
            standings.report(number, epoch, float(rng.random()))
        standings.complete(number)
    asking = Curve(trials, tuple(rng.random(8)), n_params=900)
    begun = time.process_time()
    for _ in range(50):
        rule.decide(asking, standings.beside(trials))
    return 1000 * (time.process_time() - begun) / 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--cache", type=Path, help="folder of the trained trials")
    what.add_argument("--cost", action="store_true", help="only what a decision takes")
    parser.add_argument("--orders", type=int, default=200)
    options = parser.parse_args()
    if options.cost:
        print(", ".join(f"{n} trials: {cost_ms(n):.2f} ms" for n in (100, 1000, 10_000)))
        return
    trials = trained(options.cache)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(trials))[:TRIALS] for _ in range(options.orders)]
    print(f"{len(trials)} trained, {options.orders} studies of {TRIALS} trials\n")
    print("| rule | epochs | volume | front lost |\n|---|---|---|---|")
    base: list[Played] = []
    for name, rule in rules().items():
        played = [play([trials[i] for i in order], rule) for order in orders]
        base = base or played
        epochs = np.mean([p.epochs / b.epochs for p, b in zip(played, base, strict=True)])
        share = np.mean([p.volume / b.volume for p, b in zip(played, base, strict=True)])
        print(f"| {name} | {epochs:.0%} | {share:.2%} | {np.mean([p.lost for p in played]):.1%} |")


if __name__ == "__main__":
    main()

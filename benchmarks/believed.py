"""What a prior is worth, right or wrong, on recorded learning curves; nothing is trained.

    python benchmarks/believed.py
    python benchmarks/believed.py --instances 3 --seeds 2 --samplers tpe

A belief is made of other tables: the mean place of their best configurations, with the usual spread. A wrong one is as
far away from it as each range allows. Regret is in points of accuracy below the best known.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks import recorded_curves
from benchmarks.quality_product import Product, study
from benchmarks.recorded_curves import FOLDER, Instance, MissingCurvesError
from spaces.prior import Near
from spaces.space import Space

TRAININGS = (5, 10, 20, 30)
DRAWN, BEST = 150, 8
BELIEFS = ("none", "right", "wrong")


def good_place(instance: Instance) -> np.ndarray:
    """The mean place (n_parameters,) of the best of some random configurations."""
    problem = recorded_curves.problem_of(instance)
    space, rng = recorded_curves.space_of(problem), np.random.default_rng(99)
    drawn = [space.sample(rng) for _ in range(DRAWN)]
    values = [max(problem.sign * problem.open(params, 0, 0)[1]) for params in drawn]
    return np.mean([space.encode(drawn[k]) for k in np.argsort(values)[-BEST:]], axis=0)


def believing(space: Space, place: np.ndarray, belief: str) -> Space:
    if belief == "none":
        return space
    place = np.where(place > 0.5, 0.05, 0.95) if belief == "wrong" else place
    pairs = zip(space.dimensions, place.tolist(), strict=True)
    return Space(tuple(replace(d, prior=Near(d.domain.decode(u))) for d, u in pairs))


def regret(instance: Instance, sampler: str, belief: str, place: np.ndarray, seed: int) -> np.ndarray:
    """Regret after each of TRAININGS full trainings' worth of epochs."""
    problem = recorded_curves.problem_of(instance)
    space = believing(recorded_curves.space_of(problem), place, belief)
    found = study(Product(sampler, "median"), problem, space, seed=seed, budget=TRAININGS[-1] * problem.R, workers=1)
    place = np.searchsorted(found.epochs, np.array(TRAININGS) * problem.R, side="right") - 1
    return np.asarray(recorded_curves.regret_of(instance, np.array(found.value)[place]))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=Path, default=FOLDER, help="folder of the recorded curves")
    parser.add_argument("--instances", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--samplers", default="random,tpe,cmaes", type=lambda text: text.split(","))
    options = parser.parse_args(arguments)
    try:
        recorded_curves.open_folder(options.curves)
    except MissingCurvesError as error:
        print(f"skipped: {error}")
        return 0
    chosen = recorded_curves.instances("lcbench")[: options.instances]
    places = {instance: good_place(instance) for instance in chosen}
    print(f"regret after so many trainings, means of {len(chosen)} tables x {options.seeds} seeds\n")
    print("| sampler | belief |" + "".join(f" {n} |" for n in TRAININGS))
    print("|---|---|" + "---|" * len(TRAININGS))
    for sampler in options.samplers:
        for belief in BELIEFS:
            found = [
                regret(one, sampler, belief, np.mean([p for other, p in places.items() if other != one], axis=0), seed)
                for one in chosen
                for seed in range(options.seeds)
            ]
            print(f"| {sampler} | {belief} |" + "".join(f" {x:.1f} |" for x in np.mean(found, axis=0)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

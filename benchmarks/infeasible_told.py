"""How often TPE walks into a forbidden region, by how the forbidden trials are told. See docs/decisions.

    python benchmarks/infeasible_told.py

The space is that of examples/digits.yaml, the objective a smooth function of the learning rate and of the
number of weights, and `params <= 20000` forbids most of what the objective likes.
"""

import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).parents[1]))

from math import log10

from models.signature import Signature
from models.spec.sizes import n_params
from search.drivers.optuna_driver import tpe_driver
from search.drivers.setup import DriverSetup
from search.spec import load
from search.study import Cause, Outcome, TrialState

TRIALS, SEEDS, MOST = 60, 20, 20_000


def wasted(seed: int, refused: Outcome) -> int:
    """Suggestions among TRIALS that broke the limit, when those were told as `refused`."""
    study = load(Path(__file__).parents[1] / "examples" / "digits.yaml")
    signature = Signature(
        task="multiclass",
        input_shape=(8, 8, 1),
        n_outputs=10,
        classes=tuple("0123456789"),
        targets=("digit",),
        n_train=1078,
    )
    setup = DriverSetup(space=study.space, sampler="tpe", direction=study.objective.direction, max_epochs=40, seed=seed)
    driver, bad = tpe_driver(setup), 0
    for number in range(TRIALS):
        params = driver.ask(number).params
        size = n_params(study.config(params).model, signature)
        if size > MOST:
            bad += 1
            driver.tell(number, refused)
            continue
        value = log10(size) - abs(log10(float(params["learning_rate"])) + 2.5)
        driver.tell(number, Outcome(TrialState.COMPLETE, Cause.FINISHED, objective=value, best_epoch=1, epochs=40))
    return bad


def main() -> None:
    pruned = Outcome(TrialState.PRUNED, Cause.INFEASIBLE, "params <= 20000")
    failed = replace(pruned, state=TrialState.FAILED, cause=Cause.ERROR)
    for name, told in (("PRUNED without a value", pruned), ("FAIL", failed)):
        print(f"{name:<24}{mean(wasted(seed, told) for seed in range(SEEDS)):5.1f} of {TRIALS} wasted")


if __name__ == "__main__":
    main()

"""What Optuna's own CMA-ES does with a conditional space and pruned trials, seed by seed. See docs/decisions.

python benchmarks/optuna_cmaes.py
"""

import warnings
from collections import Counter

import optuna

TRIALS, SEEDS = 120, 20
LAYERS, STEPS, PRUNED_AT = 4, 5, 2


def objective(trial: optuna.Trial) -> float:
    """A made-up loss over one to four layers; every third trial is pruned."""
    layers = trial.suggest_int("layers", 1, LAYERS)
    units = [trial.suggest_int(f"units.{k}", 16, 256, log=True) for k in range(1, layers + 1)]
    loss = sum(units) * trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
    for step in range(STEPS):
        trial.report(loss + step, step)
        if step == PRUNED_AT and trial.number % 3 == 1:
            raise optuna.TrialPruned
    return loss


def ending(seed: int, *, with_margin: bool, pruned: bool) -> str:
    """How a study of TRIALS trials ends: `finished`, or the name of the error."""
    sampler = optuna.samplers.CmaEsSampler(
        seed=seed, with_margin=with_margin, consider_pruned_trials=pruned, warn_independent_sampling=False
    )
    study = optuna.create_study(sampler=sampler)
    try:
        study.optimize(objective, n_trials=TRIALS)
    except (AssertionError, ValueError) as error:
        return type(error).__name__
    return "finished"


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    print(f"{SEEDS} studies of {TRIALS} trials each, Optuna {optuna.__version__}")
    for with_margin in (False, True):
        for pruned in (False, True):
            ends = Counter(ending(seed, with_margin=with_margin, pruned=pruned) for seed in range(SEEDS))
            counted = ", ".join(f"{count} {word}" for word, count in sorted(ends.items()))
            print(f"with_margin={with_margin!s:<6}consider_pruned_trials={pruned!s:<6}{counted}")


if __name__ == "__main__":
    main()

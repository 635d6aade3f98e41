"""How much of the objective's variation each parameter explains, by Optuna's evaluator. Reads no database."""

import warnings
from collections.abc import Mapping, Sequence

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState as OptunaState

from models.objective import Direction
from search.drivers.held import HeldTrial
from search.study import RecordedTrial, TrialState

_ENOUGH_TO_EXPLAIN = 10


def importances(
    trials: Sequence[RecordedTrial], distributions: Mapping[str, BaseDistribution], direction: Direction
) -> Mapping[str, float]:
    """Shares by parameter, which add up to 1; empty under ten complete trials.

    distributions: of every parameter that a trial may have.
    Source: PED-ANOVA (Watanabe, Bansal and Hutter 2023), as Optuna has it.
    """
    done = [t for t in trials if t.state is TrialState.COMPLETE and t.outcome and t.outcome.objective is not None]
    if len(done) < _ENOUGH_TO_EXPLAIN:
        return {}
    study = optuna.create_study(direction="maximize" if direction is Direction.MAXIMIZE else "minimize")
    for trial in done:
        assert trial.outcome is not None
        assert trial.outcome.objective is not None
        params = trial.suggestion.params
        held = {name: distributions[name] for name in params}
        template = HeldTrial(OptunaState.COMPLETE, (trial.outcome.objective,), params=params, distributions=held)
        study._storage.create_new_trial(study._study_id, template_trial=template)
    try:
        with warnings.catch_warnings():
            # a parameter that few trials have is said to be inaccurate, and then has a small share anyway
            warnings.filterwarnings("ignore", message="Some regimes for parameter", category=UserWarning)
            found = optuna.importance.get_param_importances(
                study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
            )
    except (ValueError, RuntimeError):
        # Optuna refuses when no parameter is shared by all finished trials or when all objectives are equal
        return {}
    return {name: float(share) for name, share in found.items()}

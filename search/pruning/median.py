"""Stops a trial whose best value so far is worse than the median of the complete trials."""

from models.objective import Direction
from search.pruning.percentile import PercentilePruner
from search.pruning.schedule import Schedule


def median_pruner(
    direction: Direction, *, startup_trials: int, min_trials: int, schedule: Schedule
) -> PercentilePruner:
    """The percentile rule at 50. Source: Golovin et al. 2017 (Vizier); `optuna.pruners.MedianPruner`."""
    return PercentilePruner(
        direction, percentile=50.0, startup_trials=startup_trials, min_trials=min_trials, schedule=schedule
    )

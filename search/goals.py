"""When a study has enough before its budget is used up: what a user may set under `budget` besides bounds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goals:
    """None is no such rule. `expected_gain_below` is in units of the objective."""

    target: float | None = None
    patience_trials: int | None = None
    expected_gain_below: float | None = None

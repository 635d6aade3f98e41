"""A trial made for a study of Optuna's that lives in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

HISTORY = "search:history"
"""Marks a trial of an earlier search among those of the study."""


class HeldTrial(FrozenTrial):  # type: ignore[misc]
    """Handed over to the study and not copied: copies, with all distributions, took most of making a large study.

    values: one for each objective. params: as `distributions` hold them, checked by the caller. steps: reported values
        by epoch.
    """

    def __init__(
        self,
        state: TrialState,
        values: Sequence[float] | None,
        *,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        system: Mapping[str, Any] | None = None,
        steps: Mapping[int, float] | None = None,
    ) -> None:
        now = datetime.now()
        super().__init__(
            number=-1,  # this and the id are the study's to give
            trial_id=-1,
            state=state,
            value=None,
            values=values,
            datetime_start=now,
            datetime_complete=now if state.is_finished() else None,
            params=dict(params),
            distributions=dict(distributions),
            user_attrs={},
            system_attrs=dict(system or {}),
            intermediate_values=dict(steps or {}),
        )

    def __deepcopy__(self, memo: object) -> "HeldTrial":
        return self

"""What a user may write under `confirm`."""

from typing import Annotated

from models.spec.entries import Real, Spec, Whole
from search.pruning.wilcoxon import P_THRESHOLD


class ConfirmSpec(Spec):
    """The best configurations, trained again with other seeds when the search is over."""

    top: Annotated[int, Whole("so many of the best configurations are trained again", low=1, high=1000)] = 5
    seeds: Annotated[int, Whole("so many times each, with seeds that all of them share", low=1, high=100)] = 3
    p_threshold: Annotated[
        float,
        Real(
            "no further seeds for one that the paired Wilcoxon test finds worse than the leader with a p below this",
            low=0,
            high=0.5,
        ),
    ] = P_THRESHOLD

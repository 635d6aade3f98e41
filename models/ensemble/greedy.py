"""Greedy forward selection with replacement over a library of models. Knows no framework.

Source: Caruana, Niculescu-Mizil, Crew, Ksikes 2004, "Ensemble Selection from Libraries of Models".
"""

import numpy as np
from numpy.typing import NDArray

from models.ensemble.candidates import Array
from models.ensemble.losses import BlendLoss

ROUNDS_A_PLACE = 3
"""Picks for every place of the ensemble, so that the counts can tell strong members from weak ones."""


def greedy(loss: BlendLoss, *, size: int) -> NDArray[np.intp]:
    """How often each candidate is picked, (n_candidates,); the mean of the picks is the blend.

    Each round picks the candidate, picked before or not, that lowers the loss of the mean of all picks most;
    of equal ones the first. At most `size` different candidates are picked. Of all rounds the one with the
    lowest loss is kept.
    """
    counts = np.zeros(len(loss.rows), dtype=np.intp)
    total: Array = np.zeros(loss.rows.shape[1])
    best, best_loss = counts, np.inf
    for picks in range(1, ROUNDS_A_PLACE * size + 1):
        losses = loss.measure((total + loss.rows) / picks)
        if np.count_nonzero(counts) == size:
            losses = np.where(counts > 0, losses, np.inf)
        pick = int(np.argmin(losses))
        counts[pick] += 1
        total = total + loss.rows[pick]
        if losses[pick] < best_loss:
            best, best_loss = counts.copy(), float(losses[pick])
    return best

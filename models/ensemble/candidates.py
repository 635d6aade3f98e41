"""The stored predictions of the models that may become members, on one set of rows. Reads no file."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.signature import Task
from spaces.problems import MendableError

Array = NDArray[np.float64]


class EnsembleError(MendableError, ValueError):
    """The predictions cannot be blended or judged; `candidate` is the place of the guilty one, if any."""

    def __init__(self, problem: str, *, candidate: int | None = None) -> None:
        super().__init__(problem)
        self.candidate = candidate


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What each candidate predicts, and the truth.

    predictions: (n_candidates, n_rows, n_outputs) as in `models.signature.Signature`, finite.
    y: (n_rows,) class codes, or (n_rows, n_targets) values for regression.
    Raises: EnsembleError for shapes that do not fit, and for NaN or infinite rows.
    """

    predictions: NDArray[Any]
    y: NDArray[Any]
    task: Task

    def __post_init__(self) -> None:
        p, y = self.predictions, self.y
        if p.ndim != 3 or 0 in p.shape:
            raise EnsembleError(f"predictions have the shape {p.shape}, not (candidates, rows, outputs)")
        expected = p.shape[1:] if self.task == "regression" else p.shape[1:2]
        if y.shape != expected:
            raise EnsembleError(f"the truth has the shape {y.shape} but the predictions ask for {expected}")
        broken = ~np.isfinite(p).all(axis=2)
        if broken.any():
            k = int(np.argmax(broken.any(axis=1)))
            raise EnsembleError(
                f"candidate {k} predicts NaN or infinity in {int(broken[k].sum())} of {p.shape[1]} rows; leave it out",
                candidate=k,
            )

    def __len__(self) -> int:
        return len(self.predictions)

    @property
    def n_rows(self) -> int:
        return int(self.predictions.shape[1])

    def rows(self, places: NDArray[np.intp]) -> "Candidates":
        """The same candidates on the rows at `places`."""
        return Candidates(self.predictions[:, places], self.y[places], self.task)

    def take(self, places: NDArray[np.intp]) -> "Candidates":
        """The candidates at `places`, in that order."""
        return Candidates(self.predictions[places], self.y, self.task)

    def blend(self, weights: Array) -> Array:
        """The weighted mean of the predictions, (n_rows, n_outputs)."""
        used = np.flatnonzero(weights)
        return np.asarray(np.einsum("m,mro->ro", weights[used], self.predictions[used], dtype=np.float64))

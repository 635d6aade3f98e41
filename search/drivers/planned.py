"""Searches that learn nothing: a suggestion is a function of the seed and the trial's number alone.

So there is no state to restore, any number of trials may run at once, and conditions are exact. No framework
is needed; scipy's Sobol points are loaded on use.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from search.drivers.setup import DriverError, DriverSetup, refuse_grown
from search.history import PastTrial
from search.study import Outcome, Params, RecordedTrial, Suggestion
from spaces.grid import grid
from spaces.space import Space

LARGEST_GRID = 200_000
"""A grid is shuffled in memory; nobody trains a larger one."""

FIRST_GUESS = "first guess"
"""The source of a suggestion that the user has given as `default:` values."""

Plan = Callable[[int], Params | None]
"""The configuration of each trial by its number; None where there is no more."""


class PlannedDriver:
    """Proposes `plan(number)`; `source` is what these suggestions are said to come from.

    whole: the parameters of a plan that has every configuration of them; None for one that has not.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        max_epochs: int,
        source: str,
        guess: Params | None = None,
        whole: Sequence[str] | None = None,
    ) -> None:
        self._plan = plan
        self._is_whole = whole is not None
        self._names = frozenset(whole or ())
        self._max_epochs = max_epochs
        self._source = source
        self._guess = guess
        self._restored: int | None = None
        self._between = 0

    def ask(self, number: int) -> Suggestion | None:
        if self._restored is not None:
            # repeats of an earlier command have numbers too, and no place in the plan
            self._between, self._restored = number - self._restored, None
        if number == 0 and self._guess is not None:
            return Suggestion(0, self._guess, self._max_epochs, source=FIRST_GUESS)
        params = self._plan(number - self._between)
        return None if params is None else Suggestion(number, params, self._max_epochs, source=self._source)

    def go_on(self) -> None:
        """Leaves paused trials to the pruner."""

    def paused(self, number: int, values: Sequence[float]) -> None:
        """Learns nothing."""

    def tell(self, number: int, outcome: Outcome) -> None:
        """Learns nothing."""

    def settled(self, number: int, params: Params) -> None:
        """Learns nothing."""

    def grow(self, space: Space) -> None:
        """Leaves new parameters to chance, which draws them as this driver would. Raises: DriverError for a grid."""
        if self._is_whole:
            refuse_grown(f"sampler {self._source}", [name for name in space.names if name not in self._names])

    def learn(self, history: Sequence[PastTrial]) -> None:
        """Learns nothing."""

    def restore(self, trials: Sequence[RecordedTrial]) -> None:
        """Takes up where the plan was: all trials of an earlier process come, but for repeats."""
        self._restored = len(trials)


def random_driver(setup: DriverSetup) -> PlannedDriver:
    """Independent random configurations. Source: Bergstra and Bengio 2012."""

    def plan(number: int) -> Params:
        return setup.space.sample(np.random.default_rng([setup.seed, number]))

    return _driver(setup, plan)


def grid_driver(setup: DriverSetup) -> PlannedDriver:
    """Every active combination once, in an order shuffled by the seed; a first guess comes first.

    Raises: DriverError for a grid that is too large, SpaceError for a continuous range without points.
    """
    points = list(itertools.islice(grid(setup.space, points=setup.grid_points), LARGEST_GRID + 1))
    if len(points) > LARGEST_GRID:
        raise DriverError(
            f"the grid has more than {LARGEST_GRID} configurations",
            "give fewer `grid_points`, coarser steps, or another sampler",
        )
    np.random.default_rng(setup.seed).shuffle(points)
    guess = setup.space.first_guess()
    if guess is not None:
        points = [guess, *(point for point in points if point != guess)]

    def plan(number: int) -> Params | None:
        return points[number] if number < len(points) else None

    return _driver(setup, plan, whole=setup.space.names)


def qmc_driver(setup: DriverSetup) -> PlannedDriver:
    """Scrambled Sobol points, one coordinate a parameter: they fill the space more evenly than random ones.

    An inactive parameter leaves its coordinate unused, so every subspace is filled evenly too.
    Source: Bergstra and Bengio 2012, section 4.3; Owen 1998 for the scrambling.
    """
    space = setup.space
    skipped = 0 if space.first_guess() is None else 1

    def plan(number: int) -> Params:
        row = _sobol_point(len(space), number - skipped, seed=setup.seed)
        return _at(space, row)

    return _driver(setup, plan)


def _driver(setup: DriverSetup, plan: Plan, *, whole: Sequence[str] | None = None) -> PlannedDriver:
    guess = setup.space.first_guess()
    return PlannedDriver(plan, max_epochs=setup.max_epochs, source=setup.sampler, guess=guess, whole=whole)


def _sobol_point(dimensions: int, index: int, *, seed: int) -> np.ndarray:
    """Point `index` (from 0) of the scrambled Sobol sequence, in [0, 1) ** dimensions."""
    if dimensions == 0:
        return np.empty(0)
    # imported on use: scipy.stats takes a second
    from scipy.stats.qmc import Sobol

    engine = Sobol(dimensions, scramble=True, seed=np.random.default_rng(seed))
    if index > 0:
        engine.fast_forward(index)
    point: np.ndarray = engine.random(1)[0]
    return point


def _at(space: Space, row: np.ndarray) -> Params:
    """The configuration at `row`, one place in [0, 1) for each dimension of the space."""
    place = dict(zip(space.names, row.tolist(), strict=True))
    return space.walk(lambda dimension: dimension.domain.decode(place[dimension.name]))

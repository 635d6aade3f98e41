"""What every driver is made from, and the error of a driver that cannot be made. Imports no framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.objective import Aim, Direction
from search.study import Params
from spaces.problems import MendableError, Value
from spaces.space import Space
from spaces.values import spell


@dataclass(frozen=True, slots=True)
class DriverSetup:
    """The search as a driver needs to know it.

    sampler: its name, or that of the oracle. max_epochs: the epoch to which suggestions train. seed: the study's.
    startup_trials: trials drawn at random before the sampler learns; None is the sampler's own choice.
    aims: of a study with several objectives, the first included; `direction` is that of the first.
    grows: whether trials may turn out to have other parameters than were suggested, and the space may grow.
    grid_points: values that a grid takes from each continuous range.
    stint: the fewest epochs that a trial should train at a time, where the driver pauses it.
    mean_epochs: what the budget leaves for a trial, where it bounds their number and not the time; None elsewhere.
    """

    space: Space
    sampler: str
    direction: Direction
    max_epochs: int
    seed: int
    startup_trials: int | None = None
    grid_points: int | None = None
    grows: bool = False
    aims: tuple[Aim, ...] = ()
    stint: int = 1
    mean_epochs: float | None = None

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Of every objective."""
        return tuple(aim.direction for aim in self.aims) or (self.direction,)


class DriverError(MendableError, ValueError):
    """A driver that cannot be made or cannot go on: what is wrong and how to mend it."""


def refuse_grown(source: str, new: Sequence[str]) -> None:
    """Raises: DriverError; for a grid, which cannot take up parameters that the space gets later."""
    raise DriverError(
        f"the {source} lists all configurations before the first trial, and the code has asked for "
        f"{', '.join(f'`{name}`' for name in new)} since",
        "take another sampler, such as random",
    )


def why_not(setup: DriverSetup, params: Mapping[str, Value]) -> str | None:
    """Why a driver cannot take up a trial of `params`, as a sentence; None when it can.

    Where the space grows, a trial may lack what its code did not ask for, and have what is not known here.
    """
    if not setup.grows:
        return setup.space.why_not(params)
    for dimension in setup.space.dimensions:
        if dimension.name in params and not dimension.domain.contains(params[dimension.name]):
            return f"`{dimension.name}` is {spell(params[dimension.name])}, which is not in {dimension.domain}"
    return None


def refuse_outside(setup: DriverSetup, params: Params, who: str) -> None:
    """Raises: DriverError when a driver cannot take up a trial of `params`; see `why_not`."""
    why = why_not(setup, params)
    if why is not None:
        raise DriverError(f"{who} is not in the space: {why}", "go on with the space as it was, or begin a new study")

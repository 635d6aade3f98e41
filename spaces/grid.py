"""Every combination of grid points of a space, conditions honoured."""

from collections.abc import Iterator

from spaces.dimensions import SpaceError
from spaces.domains import DomainError
from spaces.problems import Value
from spaces.space import Params, Space


def grid(space: Space, *, points: int | None) -> Iterator[Params]:
    """Every configuration once that the grid values of the active parameters make, the last varying fastest.

    points: ranges with more values are thinned to so many, ends included; None takes all values of a range.

    Raises: SpaceError, before the first configuration, for a range that needs `points`.
    """
    values: dict[str, tuple[Value, ...]] = {}
    for dimension in space.dimensions:
        try:
            values[dimension.name] = dimension.domain.grid(points)
        except DomainError as error:
            raise SpaceError(dimension.name, error.problem, error.mend) from None
    return space.combinations(lambda dimension: values[dimension.name])

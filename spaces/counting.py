"""How many configurations there are. Conditions are honoured without listing every configuration."""

from itertools import islice

from spaces import ordering
from spaces.walker import Walker

MOST_CASES = 10_000
"""At most so many combinations of the parameters that conditions name are gone through."""


def cardinality(walker: Walker) -> int | None:
    """How many configurations there are; None when some parameter is continuous, or the count takes too long.

    Parameters that no condition names only multiply, so only the others are listed.
    """
    by_name = {d.name: d for d in walker.dimensions}
    deciding = {name for d in walker.dimensions for name in ordering.needs(d, by_name)}
    part = walker.part(deciding)
    if any(d.domain.cardinality is None or d.domain.cardinality > MOST_CASES for d in part.dimensions):
        return None
    total = cases = 0
    for params in islice(part.combinations(lambda d: d.domain.grid(None)), MOST_CASES + 1):
        cases += 1
        product = 1
        for name in walker.active(params):
            count = 1 if name in deciding else by_name[name].domain.cardinality
            if count is None:
                return None
            product *= count
        total += product
    return total if cases <= MOST_CASES else None

"""The space of a study whose models the user's own code builds: it grows with what trials turn out to ask for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from search.duplicates import Duplicates, size_of
from search.ledger import Ledger
from search.ports import Driver
from search.study import Params, Settled
from search.telling import Teller
from spaces.dimensions import Dimension
from spaces.problems import MendableError
from spaces.space import Space, SpaceError


class GrowthError(MendableError):
    """The code asks for what the space of the study cannot be."""


@dataclass(frozen=True, slots=True)
class OwnSpace:
    """The space of such a study so far. kept: names of the study file's own parameters, which every trial keeps.
    places: where each of the others was first asked for.
    """

    space: Space
    kept: Collection[str] = ()
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Growth:
    """Takes up what trials settle: the record and the driver hear of the parameters that a trial really has.

    own: None where no model is built by the user's code.
    """

    own: OwnSpace | None
    driver: Driver
    teller: Teller
    ledger: Ledger
    duplicates: Duplicates

    def settled(self, event: Settled) -> None:
        """Raises: GrowthError for a parameter that is known with other values; DriverError when the driver cannot go
        on with a space that has grown.
        """
        own = self.own
        assert own is not None, "only a study of the user's own code settles parameters"
        entry = self.ledger.entries[event.number]
        grown = extended(own.space, event.dimensions, before=own.places, now=event.places)
        is_larger = len(grown) > len(own.space)
        self.own = OwnSpace(grown, own.kept, {**event.places, **own.places})
        params = self._params(entry.suggestion.params, event.params)
        if dict(params) == dict(entry.suggestion.params) and not is_larger:
            return
        before, entry.suggestion = entry.suggestion, replace(entry.suggestion, params=params)
        self.teller.settled(event.number, params, grown)
        if is_larger:
            self.driver.grow(grown)
            self.duplicates.grown(size_of(grown))
        self.driver.settled(event.number, params)
        self.duplicates.settled(before, entry.suggestion)

    def _params(self, suggested: Params, used: Params) -> Params:
        """Those of the study file, and what the code used, in the order of the space."""
        assert self.own is not None
        values = {name: value for name, value in suggested.items() if name in self.own.kept} | dict(used)
        return {name: values[name] for name in self.own.space.names if name in values}


def extended(
    space: Space,
    dimensions: Sequence[Dimension],
    *,
    before: Mapping[str, str] | None = None,
    now: Mapping[str, str] | None = None,
) -> Space:
    """`space` with those of `dimensions` that it does not have. before, now: where both were asked for.

    Raises: GrowthError for one that it has with other values.
    """
    held = {dimension.name: dimension for dimension in space.dimensions}
    new = [dimension for dimension in dimensions if dimension.name not in held]
    for dimension in dimensions:
        known = held.get(dimension.name)
        if known is not None and known.domain != dimension.domain:
            at, first = (now or {}).get(dimension.name, "the code"), (before or {}).get(dimension.name, "before")
            raise GrowthError(
                f"{at}: `{dimension.name}` is {dimension.domain} here and was {known.domain} ({first})",
                "give each range a name of its own",
            )
    if not new:
        return space
    names = {dimension.name for dimension in new}
    fixed = {name: value for name, value in space.fixed.items() if name not in names}
    try:
        return Space((*space.dimensions, *new), fixed)
    except SpaceError as error:
        raise GrowthError(f"the code asks for `{error.name}`: {error.problem}", error.mend) from None

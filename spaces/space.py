"""All that varies in a study: dimensions with their conditions, beside the values that are fixed.

A parameter is active when its condition holds; one that hangs on an inactive parameter is inactive itself.
Only active parameters stand in `Params`. Knows no trials and no results.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spaces import ordering
from spaces.counting import cardinality
from spaces.dimensions import UNSET, Dimension, SpaceError, Unset
from spaces.domains import DomainError, domain_from_json
from spaces.expressions import parse
from spaces.prior import prior_from_json
from spaces.problems import Value, did_you_mean
from spaces.values import spell
from spaces.walker import Params, Values, Walker, written_out

__all__ = ["UNSET", "Dimension", "Params", "Space", "SpaceError", "Unset", "Values"]


@dataclass(frozen=True, slots=True)
class Space:
    """Dimensions, stored so that each comes after those that its condition names, and fixed values.

    fixed: values of knobs that do not vary, which conditions and limits may name; a tuple is given per layer.

    Raises: SpaceError for a name given twice, an unknown name in a condition, or a cycle of conditions.
    """

    dimensions: tuple[Dimension, ...]
    fixed: Values = field(default_factory=dict)
    _walker: Walker = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        walker = Walker(tuple(self.dimensions), dict(self.fixed))
        object.__setattr__(self, "_walker", walker)
        object.__setattr__(self, "dimensions", walker.dimensions)
        object.__setattr__(self, "fixed", walker.fixed)

    def __len__(self) -> int:
        return len(self.dimensions)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the dimensions, in order."""
        return tuple(d.name for d in self.dimensions)

    @property
    def cardinality(self) -> int | None:
        """How many configurations there are; None when endless, or too many to count (see `counting`)."""
        return cardinality(self._walker)

    @property
    def walker(self) -> Walker:
        """The walk over the dimensions, for questions that go through many configurations."""
        return self._walker

    def dimension(self, name: str) -> Dimension:
        """The dimension of that name. Raises: SpaceError."""
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise SpaceError(name, "there is no such parameter", did_you_mean(name, self.names))

    def is_active(self, dimension: Dimension, values: Values) -> bool:
        """Whether `dimension` applies under `values` (see `values`); not when its condition is undecided.

        Raises: SpaceError for a condition that cannot be evaluated.
        """
        return self._walker.is_active(dimension, values)

    def active(self, params: Mapping[str, Value]) -> tuple[str, ...]:
        """Names of the dimensions that apply under `params`, in order; other params are ignored."""
        return self._walker.active(params)

    def values(self, params: Mapping[str, Value]) -> dict[str, Value | tuple[Value, ...]]:
        """Fixed values and `params`; numbered ones also as a tuple under their base name."""
        return self._walker.values(params)

    def walk(self, choose: Callable[[Dimension], Value]) -> Params:
        """The configuration that `choose` makes, asked once for every active dimension, in order.

        Raises: SpaceError for a chosen value that is not in the domain.
        """
        return self._walker.walk(choose)

    def combinations(self, candidates: Callable[[Dimension], Sequence[Value]]) -> Iterator[Params]:
        """Every configuration of the active dimensions' `candidates`, once, the last varying fastest."""
        return self._walker.combinations(candidates)

    def sample(self, rng: np.random.Generator) -> Params:
        """One configuration, each active parameter drawn from its domain, by what is believed of it."""
        return self.walk(lambda dimension: dimension.sample(rng))

    @property
    def has_prior(self) -> bool:
        """Whether anything is believed of a parameter."""
        return any(d.prior is not None for d in self.dimensions)

    def log_prior(self, params: Mapping[str, Value]) -> float:
        """The logarithm of how many times as likely `sample` gives these values as uniform draws do; 0 without beliefs.

        params: a configuration of the space. Raises: DomainError for a value that is not in its domain.
        """
        return sum(d.log_prior(params[d.name]) for d in self.dimensions if d.prior is not None and d.name in params)

    def first_guess(self) -> Params | None:
        """The configuration of the defaults, else the middle of each domain; None where no default is."""
        if not any(d.has_default for d in self.dimensions):
            return None
        return self.walk(lambda d: d.domain.decode(0.5) if isinstance(d.default, Unset) else d.default)

    def contains(self, params: Mapping[str, Value]) -> bool:
        """Whether `params` holds a value of the domain for every active parameter, and nothing else."""
        return self.why_not(params) is None

    def why_not(self, params: Mapping[str, Value]) -> str | None:
        """Why `params` is not in the space, as a sentence; None when it is."""
        known = set(self.names)
        for name in params:
            if name not in known:
                return f"there is no parameter `{name}`; {did_you_mean(name, known)}"
        active = set(self.active(params))
        for dimension in self.dimensions:
            name = dimension.name
            if name not in active:
                if name in params and dimension.when is not None:
                    return f"`{name}` is given, but does not apply: `{dimension.when.text}` does not hold"
            elif name not in params:
                return f"`{name}` applies, but has no value"
            elif not dimension.domain.contains(params[name]):
                return f"`{name}` is {spell(params[name])}, which is not in {dimension.domain}"
        return None

    def encode(self, params: Mapping[str, Value]) -> npt.NDArray[np.float64]:
        """Places in [0, 1] of the values, (n_dimensions,), NaN for what is inactive.

        Raises: SpaceError when the space does not contain `params`.
        """
        reason = self.why_not(params)
        if reason is not None:
            raise SpaceError("", reason, "give a configuration of this space")
        places = [d.domain.encode(params[d.name]) if d.name in params else np.nan for d in self.dimensions]
        return np.array(places, dtype=np.float64)

    def decode(self, row: Sequence[float] | npt.NDArray[np.floating[Any]]) -> Params:
        """The configuration at `row`, (n_dimensions,); places of inactive parameters are not looked at.

        Raises: SpaceError for a row of another length, and for NaN where a parameter is active.
        """
        if len(row) != len(self):
            raise SpaceError("", f"a row of {len(row)} places for {len(self)} parameters", "give one place each")
        places = dict(zip(self.names, map(float, row), strict=True))
        return self.walk(lambda dimension: _at(dimension, places[dimension.name]))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return {"dimensions": [_dimension_to_json(d) for d in self.dimensions], "fixed": dict(self.fixed)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """The space that `to_json` wrote; lists among the fixed values become tuples again."""
        fixed = {name: tuple(v) if isinstance(v, list) else v for name, v in data["fixed"].items()}
        names = [d["name"] for d in data["dimensions"]]
        known = {*written_out(fixed), *names, *ordering.siblings(names)}
        return cls(tuple(_dimension_from_json(d, known) for d in data["dimensions"]), fixed)


def _at(dimension: Dimension, place: float) -> Value:
    try:
        return dimension.domain.decode(place)
    except DomainError as error:
        raise SpaceError(dimension.name, error.problem, error.mend) from None


def _dimension_to_json(dimension: Dimension) -> dict[str, Any]:
    data: dict[str, Any] = {"name": dimension.name, "domain": dimension.domain.to_json()}
    if dimension.when is not None:
        data["when"] = dimension.when.text
    if not isinstance(dimension.default, Unset):
        data["default"] = dimension.default
    if dimension.prior is not None:
        data["prior"] = dimension.prior.to_json()
    return data


def _dimension_from_json(data: Mapping[str, Any], known: Collection[str]) -> Dimension:
    when = parse(data["when"], names=known) if "when" in data else None
    prior = prior_from_json(data["prior"]) if "prior" in data else None
    return Dimension(data["name"], domain_from_json(data["domain"]), when, data.get("default", UNSET), prior)

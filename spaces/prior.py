"""Where a user believes that the good values of a parameter lie. Knows one domain, no conditions and no results.

A belief is mixed with the whole domain, so that a wrong one makes nothing impossible.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from spaces.domains import Categories, Domain, DomainError
from spaces.problems import Value
from spaces.values import is_number, spell

SHARE = 0.75
"""Share of the draws that follow a belief; the others are uniform."""
SPREAD = 0.2
LEAST_SPREAD, MOST_SPREAD = 0.001, 1.0
_NEVER = 1e-15


@dataclass(frozen=True, slots=True)
class Near:
    """Around `value` of a range: normally distributed over the (log) range, cut off at its ends.

    spread: the standard deviation as a share of the (log) range.
    """

    value: int | float
    spread: float = SPREAD

    def of(self, domain: Domain) -> Near:
        """The same belief with a value of the domain itself. Raises: DomainError when it cannot be one."""
        if isinstance(domain, Categories):
            raise DomainError(f"a belief around {spell(self.value)} needs a range", "give the categories weights")
        if not is_number(self.spread) or not LEAST_SPREAD <= self.spread <= MOST_SPREAD:
            mend = f"give a share of the range from {LEAST_SPREAD:g} to {MOST_SPREAD:g}"
            raise DomainError(f"spread is {spell(self.spread)}", mend)
        value = domain.snap(self.value)
        assert is_number(value)
        return Near(value, float(self.spread))

    def draw(self, domain: Domain, rng: np.random.Generator) -> Value:
        """One value that follows the belief alone."""
        normal = self._normal(domain)
        low, high = normal.cdf(0.0), normal.cdf(1.0)
        share = low + rng.random() * (high - low)
        return domain.decode(normal.inv_cdf(min(max(share, _NEVER), 1 - _NEVER)))

    def ratio(self, domain: Domain, value: Value) -> float:
        """How many times as likely `value` is under the belief alone as under a uniform draw."""
        normal = self._normal(domain)
        whole = normal.cdf(1.0) - normal.cdf(0.0)
        low, high = domain.cell(value)
        if low == high:
            return normal.pdf(low) / whole
        return (normal.cdf(high) - normal.cdf(low)) / (high - low) / whole

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "spread": self.spread}

    def __str__(self) -> str:
        return f"{{value: {spell(self.value)}, spread: {self.spread:g}}}"

    def _normal(self, domain: Domain) -> NormalDist:
        return NormalDist(domain.encode(self.value), self.spread)


@dataclass(frozen=True, slots=True)
class Weights:
    """How likely categories are, by their weights; those that are not named have none."""

    named: tuple[tuple[Value, float], ...]

    def of(self, domain: Domain) -> Weights:
        """The same belief with values of the domain itself. Raises: DomainError when it cannot be one."""
        if not isinstance(domain, Categories):
            raise DomainError(f"weights {self} are no belief about a range", "give one value of it")
        for value, weight in self.named:
            if not is_number(weight) or weight < 0:
                raise DomainError(f"the weight of {spell(value)} is {spell(weight)}", "give a number from 0")
        total = sum(weight for _, weight in self.named)
        if not 0 < total < math.inf:
            raise DomainError("no category has a weight", "give one of them a weight above 0")
        weights = [0.0] * len(domain.choices)
        for value, weight in self.named:
            weights[domain.index(value)] += float(weight)
        return Weights(tuple((c, w) for c, w in zip(domain.choices, weights, strict=True) if w > 0))

    def draw(self, domain: Domain, rng: np.random.Generator) -> Value:
        """One value that follows the belief alone."""
        place = rng.random() * self._total
        for value, weight in self.named:
            if place < weight:
                return value
            place -= weight
        return self.named[-1][0]

    def ratio(self, domain: Domain, value: Value) -> float:
        """How many times as likely `value` is under the belief alone as under a uniform draw."""
        assert isinstance(domain, Categories)
        place = domain.index(value)
        mine = sum(weight for named, weight in self.named if domain.index(named) == place)
        return mine / self._total * len(domain.choices)

    def to_json(self) -> dict[str, Any]:
        return {"weights": [[value, weight] for value, weight in self.named]}

    def __str__(self) -> str:
        return "{" + ", ".join(f"{spell(value)}: {weight:g}" for value, weight in self.named) + "}"

    @property
    def _total(self) -> float:
        return sum(weight for _, weight in self.named)


Prior = Near | Weights


def draw(prior: Prior, domain: Domain, rng: np.random.Generator) -> Value:
    """One value of the domain: by the belief in `SHARE` of the draws, else uniform."""
    return prior.draw(domain, rng) if rng.random() < SHARE else domain.sample(rng)


def log_density(prior: Prior, domain: Domain, value: Value) -> float:
    """The logarithm of how many times as likely `draw` gives `value` as a uniform draw does; at least log(1 - SHARE).

    Raises: DomainError when the domain does not contain the value.
    """
    return math.log(SHARE * prior.ratio(domain, value) + 1 - SHARE)


def prior_from_json(data: Mapping[str, Any]) -> Prior:
    """The belief that `to_json` wrote."""
    if "weights" in data:
        return Weights(tuple((value, weight) for value, weight in data["weights"]))
    return Near(data["value"], data["spread"])

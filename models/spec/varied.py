"""A knob that varies. Knows neither the knob nor the other knobs."""

from dataclasses import dataclass
from typing import Any

from models.spec.beliefs import written_prior
from spaces.domains import Categories, Domain, FloatRange, IntRange
from spaces.prior import Prior
from spaces.problems import Value


@dataclass(frozen=True, slots=True)
class Varied:
    """A space in the place of a value. `when` is the written condition; `default` counts if `has_default`.

    prior: where good values are believed to lie.
    """

    domain: Domain
    when: str | None = None
    per: str | None = None
    default: Value = None
    has_default: bool = False
    prior: Prior | None = None

    def written(self) -> dict[str, Any]:
        """The mapping that reads back as this."""
        spelled = _written_domain(self.domain)
        if self.per is not None:
            spelled["per"] = self.per
        if self.when is not None:
            spelled["when"] = self.when
        if self.has_default:
            spelled["default"] = self.default
        if self.prior is not None:
            spelled["prior"] = written_prior(self.prior)
        return spelled


def _written_domain(domain: Domain) -> dict[str, Any]:
    if isinstance(domain, Categories):
        return {"choice": list(domain.choices), **({"ordered": True} if domain.ordered else {})}
    if isinstance(domain, IntRange):
        spelled: dict[str, Any] = {"int": [domain.low, domain.high]}
        stepped = domain.step != 1
    elif isinstance(domain, FloatRange):
        spelled = {"float": [domain.low, domain.high]}
        stepped = domain.step is not None
    else:
        raise TypeError(f"no written form for {domain!r}")
    return spelled | ({"log": True} if domain.log else {}) | ({"step": domain.step} if stepped else {})

"""One parameter that varies: its name, its domain, when it applies, its first guess, and what is believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np

from spaces import prior
from spaces.domains import Domain, DomainError
from spaces.expressions import Expression
from spaces.prior import Prior
from spaces.problems import Value


class SpaceError(ValueError):
    """A space that cannot be, or a question that it cannot answer, about the parameter `name`."""

    def __init__(self, name: str, problem: str, mend: str) -> None:
        super().__init__(f"{name}: {problem}; {mend}" if name else f"{problem}; {mend}")
        self.name = name
        self.problem = problem
        self.mend = mend


class Unset(Enum):
    """No default is given; null would be one."""

    UNSET = "unset"


UNSET: Literal[Unset.UNSET] = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Dimension:
    """A parameter `name` (`learning_rate`, `units.2`) that takes values of `domain` where `when` holds.

    default: a first guess, in the domain; UNSET for none.
    prior: where good values are believed to lie; None for anywhere.
    """

    name: str
    domain: Domain
    when: Expression | None = None
    default: Value | Unset = UNSET
    prior: Prior | None = None

    def __post_init__(self) -> None:
        if self.when is not None and not self.when.is_condition:
            problem = f"`when: {self.when.text}` answers neither true nor false"
            raise SpaceError(self.name, problem, "write a comparison such as `layers >= 2`")
        try:
            if self.prior is not None:
                object.__setattr__(self, "prior", self.prior.of(self.domain))
        except DomainError as error:
            raise SpaceError(self.name, f"the prior: {error.problem}", error.mend) from None
        if isinstance(self.default, Unset):
            return
        try:
            object.__setattr__(self, "default", self.domain.snap(self.default))
        except DomainError as error:
            raise SpaceError(self.name, f"the default {error.problem}", error.mend) from None

    @property
    def has_default(self) -> bool:
        """Whether a first guess is given."""
        return not isinstance(self.default, Unset)

    def sample(self, rng: np.random.Generator) -> Value:
        """One value of the domain: by the belief, where there is one, or uniform; see `spaces.prior`."""
        return self.domain.sample(rng) if self.prior is None else prior.draw(self.prior, self.domain, rng)

    def log_prior(self, value: Value) -> float:
        """The logarithm of how many times as likely `sample` gives `value` as a uniform draw does; 0 without a belief.

        Raises: DomainError when the domain does not contain the value.
        """
        return 0.0 if self.prior is None else prior.log_density(self.prior, self.domain, value)


def index_of(name: str) -> tuple[str, int] | None:
    """Base name and number of a parameter that is given per layer: ("units", 2) for `units.2`, else None."""
    base, dot, last = name.rpartition(".")
    return (base, int(last)) if dot and last.isdecimal() and last.isascii() else None

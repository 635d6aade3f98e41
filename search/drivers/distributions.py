"""Values of our domains as Optuna holds them, and back.

All but plain ranges are held as indices: Optuna takes True and 1 for the same choice, knows no ordered
categories, and rounds stepped floats otherwise than we do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial

from spaces.domains import Categories, Domain, FloatRange, IntRange, Mirrored
from spaces.problems import Value


@dataclass(frozen=True, slots=True)
class Coding:
    """How the values of one parameter are held: `inside` for Optuna, `outside` for us."""

    distribution: BaseDistribution
    inside: Callable[[Value], float]
    outside: Callable[[float], Value]

    def suggest(self, trial: Trial, name: str) -> Value:
        """The value that the sampler of `trial` takes for parameter `name`."""
        held = self.distribution
        if isinstance(held, FloatDistribution):
            return self.outside(trial.suggest_float(name, held.low, held.high, log=held.log))
        if isinstance(held, IntDistribution):
            return self.outside(trial.suggest_int(name, held.low, held.high, log=held.log))
        assert isinstance(held, CategoricalDistribution)
        return self.outside(trial.suggest_categorical(name, held.choices))


def coding(domain: Domain) -> Coding:
    """The coding of `domain`; a value survives the way in and out unchanged."""
    if isinstance(domain, FloatRange) and domain.step is None:
        held = FloatDistribution(domain.low, domain.high, log=domain.log)
        return Coding(held, inside=domain.snap, outside=domain.snap)
    if isinstance(domain, Mirrored):
        # Optuna sees the logarithmic range, and every value from its other end
        turned, of = domain.turned, coding(domain.of)
        return Coding(of.distribution, lambda value: of.inside(turned(value)), lambda held: turned(of.outside(held)))
    if isinstance(domain, IntRange) and domain.step == 1:
        return Coding(IntDistribution(domain.low, domain.high, log=domain.log), inside=domain.snap, outside=domain.snap)
    return _indexed(domain)


def _indexed(domain: Domain) -> Coding:
    """Values held by their places, 0 to n - 1, in the order of the domain."""
    count = domain.cardinality
    assert count is not None

    def place(value: Value) -> int:
        return round(domain.encode(value) * count - 0.5)

    def value(place: float) -> Value:
        return domain.decode((place + 0.5) / count)

    ordered = not isinstance(domain, Categories) or domain.ordered
    held = IntDistribution(0, count - 1) if ordered else CategoricalDistribution(tuple(range(count)))
    return Coding(held, inside=place, outside=value)

"""What a user's program asks `hp` for: the domain of one call, and its name, condition and place together.

The values, steps and defaults are those of KerasTuner for the same call. Knows no framework and no trial.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spaces.dimensions import UNSET, Dimension
from spaces.domains import Categories, Domain, DomainError, FloatRange, IntRange, Mirrored
from spaces.expressions import ExpressionError, parse
from spaces.problems import Value
from spaces.values import same, spell

SAMPLINGS = ("linear", "log", "reverse_log")
_MOST_STEPS = 100_000


@dataclass(slots=True)
class Asked:
    """One name that was asked for, with the first place that did so (`models.py:12`).

    domain: the values it may have; one with a single value does not vary. default: the value of a first guess.
    stated: whether the program states the default itself. whens: the conditions under which it was asked for, each an
    expression; None among them for none.
    """

    name: str
    domain: Domain
    default: Value
    place: str
    stated: bool = False
    whens: list[str | None] = field(default_factory=list)

    @property
    def varies(self) -> bool:
        """Whether it has more than one value."""
        return self.domain.cardinality != 1

    @property
    def when(self) -> str | None:
        """The condition under which it has a value; None for always."""
        if None in self.whens or not self.whens:
            return None
        terms = [when for when in self.whens if when]
        return terms[0] if len(terms) == 1 else " or ".join(f"({term})" for term in terms)


def dimensions_of(asked: Mapping[str, Asked]) -> tuple[Dimension, ...]:
    """What varies among `asked`, as dimensions; a condition that cannot be spelled is left out."""
    varying = {name for name, item in asked.items() if item.varies}
    found = []
    for name in asked:
        item = asked[name]
        if name in varying:
            when = None
            if item.when is not None:
                try:
                    when = parse(item.when, names=varying)
                except ExpressionError:
                    when = None
            found.append(Dimension(name, item.domain, when, item.default if item.stated else UNSET))
    return tuple(found)


def int_domain(low: object, high: object, step: object, sampling: str | None) -> Domain:
    """The whole numbers of `hp.Int`. Raises: DomainError."""
    first, last = whole(low, "min_value"), whole(high, "max_value")
    gap = None if step is None else whole(step, "step")
    kind = _sampling(sampling, first, last)
    if kind == "linear":
        return IntRange(first, last) if gap is None or first == last else _stepped(first, last, gap)
    if gap is None or first == last:
        return _scaled(IntRange(first, last, log=first != last), kind)
    values = [int(value) for value in _geometric(first, last, gap, kind)]
    return Categories(tuple(_distinct(values)), ordered=True)


def float_domain(low: object, high: object, step: object, sampling: str | None) -> Domain:
    """The numbers of `hp.Float`. Raises: DomainError."""
    first, last = number(low, "min_value"), number(high, "max_value")
    gap = None if step is None else number(step, "step")
    kind = _sampling(sampling, first, last)
    if kind == "linear":
        if gap is None or first == last:
            return FloatRange(first, last)
        return FloatRange(first, first) if gap > last - first else FloatRange(first, last, step=gap)
    if gap is None or first == last:
        return _scaled(FloatRange(first, last, log=first != last), kind)
    return Categories(tuple(_distinct(_geometric(first, last, gap, kind))), ordered=True)


def choice_domain(values: object, ordered: bool | None) -> Categories:
    """The values of `hp.Choice`; numbers are ordered unless told otherwise. Raises: DomainError."""
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise DomainError(f"`values` is {spell(values)}", "give a list with at least one value")
    plain = [value.item() if hasattr(value, "item") else value for value in values]
    kinds = {type(value) for value in plain}
    if len(kinds) > 1 or not kinds <= {int, float, str, bool}:
        raise DomainError(f"the values {spell(plain)} are not all of one kind", "give only int, float, str or bool")
    is_number = kinds <= {int, float}
    if ordered and not is_number:
        raise DomainError("only numbers have an order", "leave `ordered` out")
    return Categories(tuple(_distinct(plain)), ordered=is_number if ordered is None else ordered)


def nearest(value: object, domain: Domain) -> Value:
    """The value of `domain` for a default that may lie beside it: KerasTuner takes any. Raises: DomainError."""
    plain: Value = value.item() if hasattr(value, "item") else value  # type: ignore[assignment]
    if domain.contains(plain):
        return domain.snap(plain)
    of = domain.of if isinstance(domain, Mirrored) else domain
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not math.isfinite(plain):
        raise DomainError(f"the default {spell(plain)} is not in {domain}", "give one of its values")
    if isinstance(of, Categories):
        numbers = [choice for choice in of.choices if isinstance(choice, int | float)]
        if not of.ordered or not numbers:
            raise DomainError(f"the default {spell(plain)} is not in {domain}", "give one of its values")
        return min(numbers, key=lambda choice: abs(choice - plain))
    assert isinstance(of, IntRange | FloatRange)
    clipped = min(max(plain, of.low), of.high)
    if of.contains(clipped):
        return of.snap(clipped)
    step = of.step or 1
    return of.snap(of.low + round((clipped - of.low) / step) * step)


def whole(value: object, argument: str) -> int:
    """`value` as a whole number. Raises: DomainError."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool) or not isinstance(plain, int | float) or plain != int(plain):
        raise DomainError(f"`{argument}` is {spell(plain)}", "give a whole number")
    return int(plain)


def number(value: object, argument: str) -> float:
    """`value` as a finite number. Raises: DomainError."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not math.isfinite(plain):
        raise DomainError(f"`{argument}` is {spell(plain)}", "give a number")
    return float(plain)


def _sampling(sampling: str | None, low: float, high: float) -> str:
    kind = (sampling or "linear").lower()
    if kind not in SAMPLINGS:
        raise DomainError(f"the sampling `{sampling}` is not known", f"write one of {', '.join(SAMPLINGS)}")
    if low > high:
        raise DomainError(f"min_value is {spell(low)} but max_value is {spell(high)}", "turn them round")
    if kind != "linear" and low <= 0:
        raise DomainError(f"min_value is {spell(low)}, which has no logarithm", "begin above 0")
    return kind


def _stepped(low: int, high: int, step: int) -> IntRange:
    if step <= 0:
        raise DomainError(f"step is {step}", "give a step above 0")
    return IntRange(low, low) if step > high - low else IntRange(low, high, step=step)


def _scaled(domain: IntRange | FloatRange, kind: str) -> Domain:
    return Mirrored(domain) if kind == "reverse_log" and domain.cardinality != 1 else domain


def _geometric(low: float, high: float, step: float, kind: str) -> list[float]:
    """`low`, `low * step`, ... up to `high`; for reverse_log the same distances from the other end, as KerasTuner."""
    if step <= 1:
        raise DomainError(f"step is {spell(step)}", f"give a step above 1: with sampling {kind} it multiplies")
    count = int(math.log(high / low, step) + 1e-8) + 1
    if count > _MOST_STEPS:
        raise DomainError(f"step is {spell(step)}, which gives {count} values", "make it larger")
    values = [low * math.pow(step, place) for place in range(count)]
    return values if kind == "log" else sorted(high + low - value for value in values)


def _distinct(values: Sequence[Value]) -> list[Value]:
    kept: list[Value] = []
    for value in values:
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return kept

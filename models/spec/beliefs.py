"""Reads `prior:` of a space: one value, a value with its spread, or weights of categories."""

from collections.abc import Callable, Mapping
from typing import Any

from models.spec.entries import is_number
from models.spec.faults import Fault, RefusedError, refused, shown, unknown_key
from spaces.domains import Categories, Domain
from spaces.prior import LEAST_SPREAD, MOST_SPREAD, SPREAD, Near, Prior, Weights
from spaces.problems import Value, did_you_mean
from spaces.values import spell

KEYS = ("value", "spread")
WEIGHT: Mapping[str, Any] = {"type": "number", "minimum": 0}


def near_schema(one: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of a value with its spread; `one` is that of a value."""
    spread = {"type": "number", "minimum": LEAST_SPREAD, "maximum": MOST_SPREAD, "default": SPREAD}
    properties = {"value": one, "spread": spread}
    return {"type": "object", "properties": properties, "required": ["value"], "additionalProperties": False}


def read_prior(written: Any, domain: Domain, literal: Callable[[Any], Value]) -> Prior:
    """The belief that `written` spells. Raises: RefusedError with every fault, below `prior`.

    literal: how the knob reads one value; raises RefusedError.
    """
    try:
        if isinstance(domain, Categories):
            return _weights(written, domain, literal)
        return _near(written, domain, literal)
    except RefusedError as error:
        raise RefusedError(fault.under("prior") for fault in error.faults) from None


def _near(written: Any, domain: Domain, literal: Callable[[Any], Value]) -> Near:
    if not isinstance(written, Mapping):
        return Near(_number(written, domain, literal))
    faults = [unknown_key(key, KEYS) for key in written if key not in KEYS]
    if "value" not in written:
        faults.append(Fault((), "`value` is missing", "write {value: ..., spread: ...}"))
    spread = written.get("spread", SPREAD)
    if not is_number(spread) or not LEAST_SPREAD <= spread <= MOST_SPREAD:
        mend = f"write a share of the range from {LEAST_SPREAD:g} to {MOST_SPREAD:g}"
        faults.append(Fault(("spread",), f"{shown(spread)} is no spread", mend))
    if faults:
        raise RefusedError(faults)
    try:
        return Near(_number(written["value"], domain, literal), float(spread))
    except RefusedError as error:
        raise RefusedError(fault.under("value") for fault in error.faults) from None


def _number(written: Any, domain: Domain, literal: Callable[[Any], Value]) -> int | float:
    value = literal(written)
    if not domain.contains(value):
        raise refused(f"{shown(value)} is outside {domain}", "believe in a value that the space holds")
    number = domain.snap(value)
    assert is_number(number), "ranges hold numbers"
    return number  # type: ignore[return-value]


def _weights(written: Any, domain: Categories, literal: Callable[[Any], Value]) -> Weights:
    if not isinstance(written, Mapping):
        value = literal(written)
        if not domain.contains(value):
            raise refused(f"{shown(value)} is outside {domain}", "believe in a value that the space holds")
        return Weights(((domain.snap(value), 1.0),))
    by_name = {_name(choice): choice for choice in domain.choices}
    faults: list[Fault] = []
    for name, weight in written.items():
        if name not in by_name:
            mend = did_you_mean(str(name), by_name)
            faults.append(Fault((name,), f"{shown(name)} is none of the choices", mend, on_key=True))
        elif not is_number(weight) or weight < 0:
            faults.append(Fault((name,), f"{shown(weight)} is no weight", "write a number from 0, such as 1 or 3"))
    if not faults and not any(weight > 0 for weight in written.values()):
        faults.append(Fault((), "no choice has a weight", "give one of them a weight above 0"))
    if faults:
        raise RefusedError(faults)
    return Weights(tuple((by_name[name], float(weight)) for name, weight in written.items() if weight > 0))


def _name(choice: Value) -> str:
    """A choice as a key of a mapping."""
    return choice if isinstance(choice, str) else spell(choice)


def written_prior(prior: Prior) -> Any:
    """What reads back as this belief."""
    if isinstance(prior, Near):
        return {"value": prior.value, "spread": prior.spread}
    return {_name(value): weight for value, weight in prior.named}

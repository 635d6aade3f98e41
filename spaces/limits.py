"""Hard rules over a configuration: `params <= 2e6`. Knows no space; values are handed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from spaces.expressions import EvaluationError, Expression, ExpressionError, parse
from spaces.space import Values
from spaces.values import spell


@dataclass(frozen=True, slots=True)
class Limit:
    """A condition that every configuration must meet; `text` is what the user wrote.

    Raises: ExpressionError for an expression that answers neither true nor false.
    """

    expression: Expression
    text: str

    def __post_init__(self) -> None:
        if not self.expression.is_condition:
            problem = f"`{self.text}` answers neither true nor false"
            raise ExpressionError(problem, "write a comparison such as `params <= 2e6`", 0)

    @classmethod
    def parse(cls, text: str, *, names: Collection[str]) -> Limit:
        """The limit in `text`, over the parameters `names`. Raises: ExpressionError."""
        return cls(parse(text, names=names), text.strip())


def check(limits: Iterable[Limit], values: Values) -> str | None:
    """The first limit that `values` breaks, as a sentence with the values it is about; None when all are met.

    A limit that hangs on a name without a value does not apply. One without an answer counts as broken.
    """
    for limit in limits:
        try:
            broken = limit.expression.holds(values) is False
        except EvaluationError as error:
            return f"{limit.text}: {error}"
        if broken:
            return f"{limit.text}: {_stated(limit.expression, values)}"
    return None


def _stated(expression: Expression, values: Values) -> str:
    stated = [f"{name} is {spell(values[name])}" for name in sorted(expression.names) if name in values]
    return ", ".join(stated) or "never true"

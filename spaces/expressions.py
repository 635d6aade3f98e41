"""Expressions of conditions and limits: `optimizer in [sgd, rmsprop]`, `layers * max(units) <= 2048`.

A small language of its own, never Python's: numbers, words, names of parameters, arithmetic, comparisons,
`in`, `and`, `or`, `not` and a few functions. Text, depth and numbers are limited: no text can hang a search.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from spaces.expression_errors import EvaluationError, ExpressionError
from spaces.grammar import Parser
from spaces.problems import Value
from spaces.syntax import UNDECIDED, Node
from spaces.values import spell

__all__ = ["EvaluationError", "Expression", "ExpressionError", "parse"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    names: the parameters that it asks for.
    is_condition: whether it answers true or false, as `when` and `limits` need; a bare name may.
    """

    text: str
    names: frozenset[str]
    is_condition: bool
    _root: Node = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, Value | tuple[Value, ...]]) -> Value | tuple[Value, ...]:
        """The value for `values`, by name; a per-layer parameter is a tuple.

        Raises: EvaluationError for a name without a value that is needed, a division by zero, a mix of types.
        """
        result = self._root.evaluate(values)
        if result is UNDECIDED:
            missing = ", ".join(sorted(name for name in self.names if name not in values))
            raise EvaluationError(f"`{self.text}` needs {missing}, which has no value here")
        return result

    def holds(self, values: Mapping[str, Value | tuple[Value, ...]]) -> bool | None:
        """Whether the expression is true; None when that hangs on a name without a value.

        `false and x` and `true or x` are decided whatever x is, in either order (Kleene's logic).
        Raises: EvaluationError as `evaluate`, and for a result that is neither true nor false.
        """
        result = self._root.evaluate(values)
        if result is UNDECIDED:
            return None
        if not isinstance(result, bool):
            raise EvaluationError(f"`{self.text}` is {spell(result)}, neither true nor false")
        return result

    def constants_of(self, name: str) -> tuple[Value, ...]:
        """The constants that `name` is compared to: ("sgd", "rmsprop") for `optimizer in [sgd, rmsprop]`."""
        return tuple(self._root.constants_of(name))


def parse(text: str, *, names: Collection[str] | None = None) -> Expression:
    """The expression in `text`.

    names: the parameters that exist; None takes every word for one that may be a parameter.

    A bare word is a category (`adam`) within `[...]`, to the right of `name ==` and `name !=`, and where it
    is equated to a parameter without being one. So `regularizer == l1` means the category even where there
    is a parameter l1; two parameters are compared with `units.1 == units.2` (dots) or `layers == (blocks)`.

    Raises: ExpressionError.
    """
    parser = Parser(text, names)
    root = parser.parse()
    return Expression(text.strip(), frozenset(parser.used), root.is_condition, root)

"""What the operators and functions of an expression do to values. Knows no text and no names.

Numbers stay small: a power is refused before it is computed when its result would have more than some hundred
digits. Text is only ever compared for equality.
"""

import math
import operator
from collections.abc import Callable, Sequence

from spaces.expression_errors import EvaluationError
from spaces.problems import Value
from spaces.values import same, spell

Operand = Value | tuple[Value, ...]
_MOST_POWER_BITS = 1024


def calculate(sign: str, left: Operand, right: Operand) -> int | float:
    """`left sign right` for + - * / // % **. Raises: EvaluationError."""
    a, b = _number(left, sign), _number(right, sign)
    if sign == "**" and isinstance(a, int) and isinstance(b, int) and a.bit_length() * abs(b) > _MOST_POWER_BITS:
        raise EvaluationError(f"{spell(a)} ** {spell(b)} is too large a number")
    try:
        result = _ARITHMETIC[sign](a, b)
    except ZeroDivisionError:
        raise EvaluationError(f"{spell(a)} {sign} {spell(b)} divides by zero") from None
    except OverflowError:
        raise EvaluationError(f"{spell(a)} {sign} {spell(b)} is too large a number") from None
    if isinstance(result, complex) or result != result:
        raise EvaluationError(f"{spell(a)} {sign} {spell(b)} is no number")
    return result


def negate(value: Operand) -> int | float:
    """`-value`. Raises: EvaluationError unless it is a number."""
    return -_number(value, "-")


def compare(sign: str, left: Operand, right: Operand) -> bool:
    """`left sign right` for == != < <= > >= in, not in. Raises: EvaluationError for what has no order."""
    if sign in ("in", "not in"):
        if not isinstance(right, tuple):
            raise EvaluationError(f"`{sign}` needs a list to its right, and {spell(right)} is none")
        return any(_equal(left, item) for item in right) == (sign == "in")
    if sign in ("==", "!="):
        return _equal(left, right) == (sign == "==")
    return bool(_ORDER[sign](_number(left, sign), _number(right, sign)))


def call(function: str, arguments: Sequence[Operand]) -> int | float:
    """The value of a function that `FUNCTIONS` lists. Raises: EvaluationError."""
    if function == "len":
        if not isinstance(arguments[0], tuple):
            raise EvaluationError(f"len({spell(arguments[0])}): len needs a parameter that is given per layer")
        return len(arguments[0])
    flat = [item for a in arguments for item in (a if isinstance(a, tuple) else (a,))]
    numbers = [_number(item, function) for item in flat]
    if function in _OF_ONE and isinstance(arguments[0], tuple):
        raise EvaluationError(f"{function}({spell(arguments[0])}): {function} takes one number, not a list")
    if not numbers and function != "sum":
        raise EvaluationError(f"{function} of nothing has no value")
    try:
        result = FUNCTIONS[function](numbers)
    except (ValueError, OverflowError):
        result = math.nan
    if result != result:
        raise EvaluationError(f"{function}({', '.join(map(spell, numbers))}) has no value")
    return result


def _number(value: Operand, use: str) -> int | float:
    if isinstance(value, tuple):
        raise EvaluationError(f"`{use}` needs one number, not the list {spell(value)}; take max(...) or min(...) of it")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvaluationError(f"`{use}` needs a number, and {spell(value)} is none")
    if value != value:
        raise EvaluationError(f"`{use}` needs a number, and one value is NaN")
    return value


def _equal(left: Operand, right: Operand) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return same(left, right)


_ARITHMETIC: dict[str, Callable[[int | float, int | float], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
_ORDER: dict[str, Callable[[int | float, int | float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_ONE = frozenset({"abs", "log10", "sqrt"})
FUNCTIONS: dict[str, Callable[[list[int | float]], int | float]] = {
    "max": max,
    "min": min,
    "sum": sum,
    "len": len,
    "abs": lambda numbers: abs(numbers[0]),
    "log10": lambda numbers: math.log10(numbers[0]),
    "sqrt": lambda numbers: math.sqrt(numbers[0]),
}
"""The functions of the language; `len` counts a list, the others take numbers and lists of numbers."""

SINGLE_ARGUMENT = _OF_ONE | {"len"}
"""Functions of exactly one argument."""

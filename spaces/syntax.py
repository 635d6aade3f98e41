"""The parts of a parsed expression, each with its value for given parameter values. Knows no text.

A part that hangs on a name without a value is UNDECIDED; `and`, `or` and `not` follow Kleene's three-valued
logic, everything else passes UNDECIDED on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from spaces.arithmetic import Operand, calculate, call, compare, negate
from spaces.expression_errors import EvaluationError
from spaces.problems import Value
from spaces.values import spell


class Undecided(Enum):
    """The value of an expression that hangs on a name without a value."""

    UNDECIDED = "undecided"


UNDECIDED: Literal[Undecided.UNDECIDED] = Undecided.UNDECIDED
Result = Operand | Undecided
Values = Mapping[str, Operand]


class Node(Protocol):
    """One part of an expression; frozen."""

    @property
    def is_condition(self) -> bool:
        """Whether the value is true or false, as far as the text tells."""

    def evaluate(self, values: Values) -> Result:
        """The value, or UNDECIDED. Raises: EvaluationError."""

    def constants_of(self, name: str) -> Iterator[Value]:
        """The constants that the parameter `name` is compared to directly."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a word, true, false or null."""

    value: Value

    @property
    def is_condition(self) -> bool:
        return isinstance(self.value, bool)

    def evaluate(self, values: Values) -> Result:
        return self.value

    def constants_of(self, name: str) -> Iterator[Value]:
        yield from ()


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a parameter."""

    name: str
    is_condition: bool = True

    def evaluate(self, values: Values) -> Result:
        return values.get(self.name, UNDECIDED)

    def constants_of(self, name: str) -> Iterator[Value]:
        yield from ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in brackets; its items are single values."""

    items: tuple[Node, ...]
    is_condition: bool = False

    def evaluate(self, values: Values) -> Result:
        results: list[Value] = []
        for item in self.items:
            result = item.evaluate(values)
            if isinstance(result, Undecided):
                return UNDECIDED
            if isinstance(result, tuple):
                raise EvaluationError(f"a list within a list: {spell(result)}")
            results.append(result)
        return tuple(results)

    def constants_of(self, name: str) -> Iterator[Value]:
        for item in self.items:
            yield from item.constants_of(name)


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`."""

    operand: Node
    is_condition: bool = False

    def evaluate(self, values: Values) -> Result:
        result = self.operand.evaluate(values)
        return UNDECIDED if isinstance(result, Undecided) else negate(result)

    def constants_of(self, name: str) -> Iterator[Value]:
        yield from self.operand.constants_of(name)


@dataclass(frozen=True, slots=True)
class Calculation:
    """`first + a - b ...`, evaluated from the left; flat, so that a long sum is not a deep tree."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    is_condition: bool = False

    def evaluate(self, values: Values) -> Result:
        total = self.first.evaluate(values)
        for sign, node in self.rest:
            operand = node.evaluate(values)
            if isinstance(total, Undecided) or isinstance(operand, Undecided):
                return UNDECIDED
            total = calculate(sign, total, operand)
        return total

    def constants_of(self, name: str) -> Iterator[Value]:
        for node in (self.first, *(node for _, node in self.rest)):
            yield from node.constants_of(name)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first < a <= b ...`: true when every neighbouring pair compares so."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    is_condition: bool = True

    def evaluate(self, values: Values) -> Result:
        left, undecided = self.first.evaluate(values), False
        for sign, node in self.rest:
            right = node.evaluate(values)
            if isinstance(left, Undecided) or isinstance(right, Undecided):
                undecided = True
            elif not compare(sign, left, right):
                return False
            left = right
        return UNDECIDED if undecided else True

    def constants_of(self, name: str) -> Iterator[Value]:
        left = self.first
        yield from left.constants_of(name)
        for _, right in self.rest:
            yield from right.constants_of(name)
            for a, b in ((left, right), (right, left)):
                if isinstance(a, Name) and a.name == name:
                    yield from (c.value for c in _parts(b) if isinstance(c, Constant))
            left = right


@dataclass(frozen=True, slots=True)
class Junction:
    """`a and b ...` (decided by the first false) or `a or b ...` (decided by the first true)."""

    parts: tuple[Node, ...]
    decided_by: bool
    is_condition: bool = True

    def evaluate(self, values: Values) -> Result:
        undecided = False
        for part in self.parts:
            result = part.evaluate(values)
            if isinstance(result, Undecided):
                undecided = True
            elif _truth(result) is self.decided_by:
                return self.decided_by
        return UNDECIDED if undecided else not self.decided_by

    def constants_of(self, name: str) -> Iterator[Value]:
        for part in self.parts:
            yield from part.constants_of(name)


@dataclass(frozen=True, slots=True)
class Not:
    """`not operand`."""

    operand: Node
    is_condition: bool = True

    def evaluate(self, values: Values) -> Result:
        result = self.operand.evaluate(values)
        return UNDECIDED if isinstance(result, Undecided) else not _truth(result)

    def constants_of(self, name: str) -> Iterator[Value]:
        yield from self.operand.constants_of(name)


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: tuple[Node, ...]
    is_condition: bool = False

    def evaluate(self, values: Values) -> Result:
        results: list[Operand] = []
        for argument in self.arguments:
            result = argument.evaluate(values)
            if isinstance(result, Undecided):
                return UNDECIDED
            results.append(result)
        return call(self.function, results)

    def constants_of(self, name: str) -> Iterator[Value]:
        for argument in self.arguments:
            yield from argument.constants_of(name)


def _truth(value: Operand) -> bool:
    if not isinstance(value, bool):
        raise EvaluationError(f"`and`, `or`, `not` need true or false, and {spell(value)} is neither")
    return value


def _parts(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Listed) else (node,)

"""Reads the tokens of an expression into its parts. Knows no values.

either     := both ("or" both)*
both       := denial ("and" denial)*
denial     := "not" denial | comparison
comparison := sum (("<" | "<=" | ">" | ">=" | "==" | "!=" | "in" | "not" "in") sum)*
sum        := product (("+" | "-") product)*
product    := factor (("*" | "/" | "//" | "%") factor)*
factor     := ("-" | "+") factor | atom ("**" factor)?
atom       := number | text | word | word "(" either ("," either)* ")" | "(" either ")" | list
list       := "[" sum ("," sum)* "]"
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from spaces.arithmetic import FUNCTIONS, SINGLE_ARGUMENT
from spaces.expression_errors import ExpressionError
from spaces.problems import did_you_mean
from spaces.syntax import Calculation, Call, Comparison, Constant, Junction, Listed, Name, Negative, Node, Not
from spaces.tokens import CONSTANTS, KEYWORDS, Token, tokens

MOST_LEVELS = 20
_COMPARING = ("<", "<=", ">", ">=", "==", "!=", "in")
_EQUATING = ("==", "!=")


class Parser:
    """Parses one text once; `used` then holds the names of parameters in it."""

    def __init__(self, text: str, names: Collection[str] | None) -> None:
        self._tokens = tokens(text)
        self._names = names
        self._place = 0
        self._level = 0
        self.used: set[str] = set()

    def parse(self) -> Node:
        """The whole expression. Raises: ExpressionError."""
        if self._next.kind == "end":
            raise ExpressionError("the expression is empty", "write a comparison such as `layers <= 3`", 0)
        node = self._either()
        if self._next.kind != "end":
            raise self._unexpected("expected a comparison, `and`, `or` or the end")
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _takes(self, *signs: str) -> Token | None:
        return self._take() if self._next.is_sign(*signs) else None

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._unexpected(f"expected `{sign}`")

    def _unexpected(self, mend: str) -> ExpressionError:
        token = self._next
        shown = f"`{token.text}` cannot stand here" if token.kind != "end" else "the expression ends too soon"
        hint = "a name that is read as a word needs quotes" if token.text in KEYWORDS else ""
        return ExpressionError(shown, f"{mend}; {hint}" if hint else mend, token.offset)

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._level += 1
        if self._level > MOST_LEVELS:
            problem = f"more than {MOST_LEVELS} levels of nesting"
            raise ExpressionError(problem, "write it flatter", self._next.offset)
        node = read()
        self._level -= 1
        return node

    def _either(self) -> Node:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction(tuple(parts), decided_by=True)

    def _both(self) -> Node:
        parts = [self._denial()]
        while self._takes("and"):
            parts.append(self._denial())
        return parts[0] if len(parts) == 1 else Junction(tuple(parts), decided_by=False)

    def _denial(self) -> Node:
        if self._takes("not"):
            return Not(self._deeper(self._denial))
        return self._comparison()

    def _comparison(self) -> Node:
        operands: list[Node | Token] = [self._operand()]
        signs: list[str] = []
        while sign := self._comparison_sign():
            signs.append(sign)
            operands.append(self._operand())
        nodes = self._resolved(operands, signs)
        return Comparison(nodes[0], tuple(zip(signs, nodes[1:], strict=True))) if signs else nodes[0]

    def _comparison_sign(self) -> str | None:
        if token := self._takes(*_COMPARING):
            return token.text
        if self._next.is_sign("not") and self._tokens[self._place + 1].is_sign("in"):
            self._place += 2
            return "not in"
        return None

    def _operand(self) -> Node | Token:
        """A sum, or the token itself for a single bare word, whose meaning its neighbours decide."""
        token, after = self._next, self._tokens[self._place + 1 :][:1]
        alone = after and (after[0].kind == "end" or after[0].is_sign(")", ",", "and", "or", "not", *_COMPARING))
        if token.kind == "word" and alone and token.text not in KEYWORDS and token.text not in CONSTANTS:
            return self._take()
        return self._sum()

    def _resolved(self, operands: list[Node | Token], signs: list[str]) -> list[Node]:
        """The operands of a comparison with each bare word read as a parameter or as a category.

        Next to `==` and `!=`, a word is a category when it is no parameter or when its left neighbour is one:
        `regularizer == l1` means the category even though there is a parameter l1 as well.
        """
        nodes: list[Node] = []
        for place, operand in enumerate(operands):
            if isinstance(operand, Token):
                before = place > 0 and signs[place - 1] in _EQUATING
                after = place < len(signs) and signs[place] in _EQUATING
                left = before and isinstance(nodes[-1], Name)
                right = after and self._may_be_name(operands[place + 1])
                is_category = left if "." not in operand.text else False
                is_category = is_category or ((left or right) and not self._known(operand.text))
                nodes.append(Constant(operand.text) if is_category else self._name(operand))
            else:
                nodes.append(operand)
        return nodes

    def _may_be_name(self, operand: Node | Token) -> bool:
        return self._known(operand.text) if isinstance(operand, Token) else isinstance(operand, Name)

    def _known(self, name: str) -> bool:
        return self._names is None or name in self._names

    def _name(self, token: Token) -> Name:
        if not self._known(token.text):
            mend = did_you_mean(token.text, self._names or ())
            raise ExpressionError(f"`{token.text}` is no parameter", mend, token.offset)
        self.used.add(token.text)
        return Name(token.text)

    def _sum(self) -> Node:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Node:
        return self._chain(self._factor, "*", "/", "//", "%")

    def _chain(self, read: Callable[[], Node], *signs: str) -> Node:
        first = read()
        rest: list[tuple[str, Node]] = []
        while sign := self._takes(*signs):
            rest.append((sign.text, read()))
        return Calculation(first, tuple(rest)) if rest else first

    def _factor(self) -> Node:
        if sign := self._takes("-", "+"):
            operand = self._deeper(self._factor)
            return Negative(operand) if sign.text == "-" else Calculation(Constant(0), (("+", operand),))
        base = self._atom()
        if self._takes("**"):
            return Calculation(base, (("**", self._deeper(self._factor)),))
        return base

    def _atom(self) -> Node:
        token = self._next
        if token.kind == "number":
            return Constant(_number(self._take()))
        if token.kind == "text":
            return Constant(self._take().text[1:-1])
        if token.kind == "word" and token.text not in KEYWORDS:
            return self._word(self._take())
        if token.kind == "name":
            return self._name(self._take())
        if self._takes("("):
            node = self._deeper(self._either)
            self._expect(")")
            return node
        if self._takes("["):
            items = [self._item()]
            while self._takes(","):
                items.append(self._item())
            self._expect("]")
            return Listed(tuple(items))
        raise self._unexpected("expected a name, a number or `(`")

    def _item(self) -> Node:
        """An item of a list: a bare word without dots is always a category."""
        token = self._next
        if token.kind == "word" and "." not in token.text and self._tokens[self._place + 1].is_sign(",", "]"):
            word = self._take().text
            return Constant(CONSTANTS.get(word, word))
        return self._deeper(self._sum)

    def _word(self, token: Token) -> Node:
        if token.text in CONSTANTS:
            return Constant(CONSTANTS[token.text])
        if not self._takes("("):
            return self._name(token)
        if token.text not in FUNCTIONS:
            mend = did_you_mean(token.text, FUNCTIONS)
            raise ExpressionError(f"`{token.text}` is no function", mend, token.offset)
        arguments = [self._deeper(self._either)]
        while self._takes(","):
            arguments.append(self._deeper(self._either))
        self._expect(")")
        if token.text in SINGLE_ARGUMENT and len(arguments) > 1:
            problem = f"`{token.text}` takes one argument, not {len(arguments)}"
            raise ExpressionError(problem, f"write {token.text}(name)", token.offset)
        return Call(token.text, tuple(arguments))


def _number(token: Token) -> int | float:
    if token.text.isdecimal():
        return int(token.text)
    number = float(token.text)
    if math.isinf(number):
        raise ExpressionError(f"{token.text} is too large a number", "write a smaller one", token.offset)
    return number

"""The tokens of an expression: numbers, words, names in backticks, quoted text and signs. Knows no grammar."""

import re
from dataclasses import dataclass

from spaces.expression_errors import ExpressionError

MOST_CHARACTERS = 500

KEYWORDS = frozenset({"and", "or", "not", "in"})
CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None}

_TOKEN = re.compile(
    r"""
      (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
    | (?P<name>`[^`]+`)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<sign>\*\*|//|<=|>=|==|!=|[-+*/%<>()\[\],])
    """,
    re.VERBOSE | re.ASCII,
)
_HINTS = {
    "=": "write `==` to compare",
    "!": "write `not`, or `!=` for different",
    "&": "write `and`",
    "|": "write `or`",
    "^": "write `**` for a power",
    '"': "close the quotes",
    "'": "close the quotes",
    "`": "close the backticks",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `kind` is number, word, name, text, sign or end; `offset` counts characters from 0.

    A name is a parameter whose name is no word, such as "cnn/units"; it stands here without its backticks.
    """

    kind: str
    text: str
    offset: int

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of these signs or keywords."""
        return self.text in signs and (self.kind == "sign" or (self.kind == "word" and self.text in KEYWORDS))


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, the last of kind `end`. Raises: ExpressionError for a stray character."""
    if len(text) > MOST_CHARACTERS:
        problem = f"an expression of {len(text)} characters is too long"
        raise ExpressionError(problem, f"keep it within {MOST_CHARACTERS}, or write several", MOST_CHARACTERS)
    found: list[Token] = []
    place = _skip(text, 0)
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            mend = _HINTS.get(text[place], "use names, numbers, comparisons, `and`, `or`, `not`, `in`")
            raise ExpressionError(f"`{text[place]}` means nothing here", mend, place)
        kind = str(match.lastgroup)
        if kind == "number" and (text[match.end() : match.end() + 1].isalnum() or text[match.end() :][:1] == "_"):
            raise ExpressionError(f"`{match[0]}` runs into `{text[match.end()]}`", "put a sign between them", place)
        found.append(Token(kind, match[0].strip("`") if kind == "name" else match[0], place))
        place = _skip(text, match.end())
    return [*found, Token("end", "", len(text))]


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place

"""What the YAML reader complains of, in the words of a study file."""

from collections.abc import Mapping

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from spaces.problems import Mark, Problem

_MENDS: Mapping[str, str] = {
    "mapping values are not allowed": "put the value in quotes, or begin a new line and indent it",
    "\\t": "indent with spaces, not with tabs",
    "expected ',' or ']'": "close the list with `]`",
    "expected ',' or '}'": "close the mapping with `}`",
    "end of stream": "close the quotes",
    "that cannot start any token": "put the value in quotes",
}


def problem_of(error: YAMLError, text: str, name: str) -> Problem:
    """The problem that `error` is about, in `text` of the file `name`."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        mark = Mark(name, before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        code = error.character if isinstance(error.character, int) else ord(error.character)
        return Problem(mark, "", f"the character U+{code:04X} is not allowed", "delete it")
    if not isinstance(error, MarkedYAMLError):
        return Problem(Mark(name, 1, 1), "", f"no YAML: {error}", "mend the text")
    at = error.problem_mark or error.context_mark
    mark = Mark(name, at.line + 1, at.column + 1) if at is not None else Mark(name, 1, 1)
    told = [part for part in (error.problem, error.context) if part]
    problem = str(told[0]).replace("\t", "\\t") + (f" {told[1]}" if len(told) > 1 else "")
    mend = next((mend for part, mend in _MENDS.items() if part in problem), None)
    return Problem(mark, "", f"no YAML: {problem}", mend or "look at this line and the one before it")

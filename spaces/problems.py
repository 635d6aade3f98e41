"""What is wrong with a study file: each problem says what, where and how to mend it. Knows no schema."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Value = bool | int | float | str | None
"""What a knob may hold in one configuration."""


class MendableError(Exception):
    """An error whose text tells a person what is wrong, where, how to mend it; shown without a traceback."""

    def __init__(self, problem: str, mend: str = "") -> None:
        super().__init__(problem, mend)  # both in `args`, so that the error crosses a process boundary
        self.problem = problem
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.problem}; {self.mend}" if self.mend else self.problem


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text; `line` and `column` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the place, the dotted path, what is wrong (with the offending value), how to mend it."""

    at: Mark
    path: str
    problem: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.at} {self.path}" if self.path else str(self.at)
        return f"{where}: {self.problem}; {self.mend}"


class SpecError(MendableError):
    """The study file is to be edited; carries every problem found, in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.at.file, p.at.line, p.at.column)))
        super().__init__("\n".join(map(str, self.problems)))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`, or None when none is near."""
    matches = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """How to mend an unknown name: the nearest known one, then all of them."""
    names = sorted(known)
    near = nearest(name, names)
    listed = f"known are {', '.join(names)}"
    return f"did you mean `{near}`? {listed}" if near else listed

"""What a user's program asks an Optuna `trial` for: each name with its value, its values and its place in the program.

Knows no framework; which values a call means is said by `search.optuna_trial`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from models.code.asked import Asked, dimensions_of
from models.code.hyperparameters import Draw, ParameterError
from spaces.dimensions import Dimension
from spaces.domains import Domain
from spaces.problems import Value


class Suggested:
    """One trial's parameters by name. given: values that are decided already. draw: what decides the others."""

    def __init__(self, given: Mapping[str, Value], draw: Draw) -> None:
        self._given = dict(given)
        self._draw = draw
        self._asked: dict[str, Asked] = {}
        self.values: dict[str, Value] = {}

    def ask(self, name: str, domain: Domain, place: str) -> Value:
        """The value of `name`; the same at every call. Raises: ParameterError for a name with two ranges."""
        before = self._asked.get(name)
        if before is not None:
            if before.domain != domain:
                raise ParameterError(
                    f"{place}: `{name}` is {domain} here and {before.domain} at {before.place}",
                    "give each range a name of its own",
                )
            return self.values[name]
        first = domain.decode(0.5)
        asked = self._asked[name] = Asked(name, domain, first, place, whens=[None])
        self.values[name] = self._decided(asked)
        return self.values[name]

    def _decided(self, asked: Asked) -> Value:
        if not asked.varies:
            return asked.default
        given = self._given.get(asked.name)
        if asked.name in self._given and asked.domain.contains(given):
            return asked.domain.snap(given)
        # another range than the study knows: told as such when the trial settles
        return asked.domain.snap(self._draw(asked))

    @property
    def used(self) -> dict[str, Value]:
        """Those that vary, in the order in which they were asked for."""
        return {name: value for name, value in self.values.items() if self._asked[name].varies}

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The same as dimensions of a space."""
        return dimensions_of(self._asked)

    @property
    def places(self) -> dict[str, str]:
        """Where each was first asked for."""
        return {name: asked.place for name, asked in self._asked.items()}


def place_of_caller(hidden: tuple[str, ...]) -> str:
    """File and line of the first frame that is in none of the files `hidden`, told by the ends of their names."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.endswith((*hidden, __file__)):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"

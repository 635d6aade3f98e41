"""Finds out what a program asks for, by building models and training none."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import keras
import numpy as np

from models.code.asked import Asked, dimensions_of
from models.code.building import clear
from models.code.hyperparameters import HyperParameters, ParameterError
from models.code.program import Program
from models.own_traceback import own_traceback
from spaces.dimensions import Dimension
from spaces.domains import Categories, IntRange
from spaces.problems import Value

MOST_BUILDS = 24
FIRST_BUILDS = 2
MOST_LAYERS = 2000
"""No more is built after so many layers, but for the first builds: what else there is, trials find. Layers are counted,
and not seconds, so that a study is the same twice however busy the machine is.
"""
MOST_SECONDS = 60.0
"""The same of builds that take long for what they are, such as those that load weights."""
QUIET_BUILDS = 3
"""So many random configurations in a row that ask for nothing new end the search."""

Draw = Callable[[Asked], Value]


@dataclass(slots=True)
class Discovery:
    """What is known so far. failures: tracebacks of builds that raised. metrics: that the model was compiled with.
    layers: of all models that were built. is_cut: whether these or the time were enough before everything was tried.
    """

    asked: dict[str, Asked] = field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = ()
    builds: int = 0
    failures: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    layers: int = 0
    is_cut: bool = False

    @property
    def places(self) -> dict[str, str]:
        """Where each parameter was first asked for."""
        return {name: asked.place for name, asked in self.asked.items()}


def discover(
    program: Program,
    *,
    fixed: Mapping[str, Value],
    written: tuple[str, ...],
    seed: int,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Discovery]:
    """What is known after every build: of the defaults, the largest whole numbers, every category, then at random.

    fixed, written: as in `HyperParameters`. clock: in seconds. Raises: ParameterError for a name with two ranges.
    """
    found, waiting = Discovery(), deque[tuple[Mapping[str, Value], Draw]]()
    waiting.extend([({}, lambda asked: asked.default), ({}, _largest)])
    tried: set[tuple[str, str]] = set()
    rng = np.random.default_rng(seed)
    until, quiet = clock() + MOST_SECONDS, 0
    while found.builds < MOST_BUILDS and quiet < QUIET_BUILDS and not found.is_cut:
        is_random = not waiting
        given, draw = waiting.popleft() if waiting else ({}, lambda asked: asked.domain.sample(rng))
        before = len(found.asked)
        _build(program, HyperParameters({**fixed, **given}, draw, written=written), found)
        quiet = quiet + 1 if is_random and len(found.asked) == before else 0
        waiting.extend(_untried(found.asked, tried))
        is_enough = found.layers >= MOST_LAYERS or clock() >= until
        found.is_cut = is_enough and found.builds >= FIRST_BUILDS and quiet < QUIET_BUILDS
        yield found


def _build(program: Program, hp: HyperParameters, found: Discovery) -> None:
    found.builds += 1
    try:
        model = program.build(hp)
        found.metrics = found.metrics or _metrics(model)
        found.layers += _layers(model)
        del model
    except ParameterError:
        raise
    except Exception as error:  # the user's code; other configurations may do
        found.failures.append(own_traceback(error))
    for asked in hp.space:
        known = found.asked.get(asked.name)
        if known is None:
            found.asked[asked.name] = asked
        elif known.domain != asked.domain:
            raise ParameterError(
                f"{asked.place}: `{asked.name}` is {asked.domain} here and {known.domain} at {known.place}",
                "give each range a name of its own",
            )
        else:
            known.whens += [when for when in asked.whens if when not in known.whens]
    found.dimensions = _dimensions(found, hp)
    clear()


def _dimensions(found: Discovery, hp: HyperParameters) -> tuple[Dimension, ...]:
    return dimensions_of({name: asked for name, asked in found.asked.items() if not hp.is_written(name)})


def _untried(asked: Mapping[str, Asked], tried: set[tuple[str, str]]) -> Iterator[tuple[Mapping[str, Value], Draw]]:
    """One configuration for every category that was not the default of its parameter."""
    for name, item in list(asked.items()):
        if not isinstance(item.domain, Categories) or item.domain.ordered:
            continue
        for choice in item.domain.choices:
            if choice != item.default and (name, repr(choice)) not in tried:
                tried.add((name, repr(choice)))
                yield {name: choice}, _default


def _default(asked: Asked) -> Value:
    return asked.default


def _largest(asked: Asked) -> Value:
    """The largest whole number; the default of everything else."""
    domain = asked.domain
    if isinstance(domain, IntRange):
        return domain.high
    if isinstance(domain, Categories) and domain.ordered and all(isinstance(c, int) for c in domain.choices):
        return max(c for c in domain.choices if isinstance(c, int))
    return asked.default


def _layers(model: keras.Model) -> int:
    """How many layers a model has, those of models inside it included."""
    return sum(1 + (_layers(layer) if isinstance(layer, keras.Model) else 0) for layer in model.layers)


def _metrics(model: keras.Model) -> list[str]:
    """Names that `compile` was given; Keras builds metrics with the first batch."""
    given = getattr(model, "_compile_metrics", None)
    listed = getattr(given, "_user_metrics", None) or []
    flat = keras.tree.flatten(listed)
    return [str(getattr(metric, "name", metric)) for metric in flat if metric is not None]

"""Made-up learning curves and a loop that lets the policy search them, without workers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from search.drivers.freeze_thaw.levels import levels
from search.drivers.freeze_thaw.policy import FreezeThaw
from search.drivers.freeze_thaw.seen import Choice, Continue, Memory, Seen, Start, State
from spaces.domains import Categories, FloatRange, IntRange
from spaces.expressions import parse
from spaces.problems import Value
from spaces.space import Dimension, Space

EPOCHS = 27
NAMES = {"rate", "optimizer", "momentum", "layers"}
SPACE = Space(
    (
        Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),
        Dimension("optimizer", Categories(("adam", "sgd", "rmsprop"))),
        Dimension("momentum", FloatRange(0.0, 0.9), when=parse("optimizer == 'sgd'", names=NAMES)),
        Dimension("layers", IntRange(1, 4)),
    )
)

Value_of = Callable[[Mapping[str, Value], int], float]


def accuracy(params: Mapping[str, Value], epoch: int) -> float:
    """Best is sgd with momentum 0.7, rate 3e-3 and 3 layers; curves rise for all configurations alike."""
    rate, momentum, layers = params["rate"], params.get("momentum", 0.0), params["layers"]
    assert isinstance(rate, float)
    assert isinstance(momentum, float)
    assert isinstance(layers, int)
    off = (math.log10(rate) + 2.5) ** 2 + (momentum - 0.7) ** 2 + 0.1 * (layers - 3) ** 2
    end = 1 / (1 + off) - 0.1 * (params["optimizer"] != "sgd")
    return end * (1 - 0.6 * math.exp(-epoch / 6))


def policy(seed: int = 0, *, space: Space = SPACE, sign: float = 1.0) -> FreezeThaw:
    """A policy over the made-up curves."""
    return FreezeThaw(space, levels(EPOCHS), sign=sign, seed=seed)


def search(asked: FreezeThaw, value_of: Value_of, *, epochs: int) -> tuple[list[Seen], list[Choice]]:
    """Trials and choices of a sequential search that trains at least so many epochs; a value of NaN is a failure."""
    trials: list[Seen] = []
    choices: list[Choice] = []
    memory = Memory()
    while sum(len(trial.values) or 1 for trial in trials) < epochs:
        choice, memory = asked.propose(trials, memory)
        assert choice is not None
        choices.append(choice)
        number = begin(trials, choice)
        trials[number] = trained(trials[number], value_of)
    return trials, choices


def begin(trials: list[Seen], choice: Choice) -> int:
    """Puts the chosen trial into a worker; its number."""
    if isinstance(choice, Start):
        trials.append(Seen(len(trials), choice.params, (), State.RUNNING, choice.until))
        return len(trials) - 1
    trials[choice.number] = replace(trials[choice.number], state=State.RUNNING, until=choice.until)
    return choice.number


def trained(trial: Seen, value_of: Value_of) -> Seen:
    """The running trial after it has reached its epoch."""
    values = tuple(value_of(trial.params, epoch) for epoch in range(1, trial.until + 1))
    if math.isnan(values[-1]):
        return Seen(trial.number, trial.params, (), State.BAD)
    state = State.COMPLETE if trial.until == EPOCHS else State.PAUSED
    return Seen(trial.number, trial.params, values, state)


def best(trials: Sequence[Seen]) -> float:
    """The best value of all trials."""
    return max(max(trial.values, default=-math.inf) for trial in trials)


def continued(choices: Sequence[Choice]) -> list[Continue]:
    """The choices that let a trial go on."""
    return [choice for choice in choices if isinstance(choice, Continue)]

"""A study of this project on recorded curves: its own runner, drivers and pruners, workers and clock simulated.

Record and tracking are left out; everything that decides is what a real study runs.
"""

import math
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from models.objective import Direction, Objective
from search.audit import SHARE, is_audited
from search.backends.simulated import SimulatedBackend
from search.budget import Budget
from search.choosing import Terms, chosen
from search.clock import ManualClock
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from search.folder import StudyFolder
from search.parts import Parts
from search.progress import SilentView
from search.pruning.registry import make_pruner
from search.record import Record
from search.runner import Rules, Runner
from search.spec_search import AUTO, PrunerSpec, SearchSpec
from search.study import Event, Params, Reported, Suggestion
from search.telling import Teller
from spaces.space import Space
from tracking.tracker import NullTracker

METRIC = "val"


@dataclass(frozen=True)
class Product:
    """A sampler and a pruner as a study file names them."""

    sampler: str
    pruner: str
    options: dict[str, Any] = field(default_factory=dict)


PRODUCTS = {
    "auto": Product(AUTO, AUTO),
    "our tpe": Product("tpe", "none"),
    "our tpe + median": Product("tpe", "median"),
    "our tpe + extrapolate": Product("tpe", "extrapolate"),
    "our tpe + asha": Product("tpe", "asha"),
    "our tpe + hyperband": Product("tpe", "hyperband"),
    "our tpe + stopping hyperband": Product("tpe", "hyperband", {"promote": False}),
    "our random + asha": Product("random", "asha"),
    "our random + one epoch": Product("random", "one_epoch"),
    "our random + hyperband": Product("random", "hyperband"),
    "our random + stopping hyperband": Product("random", "hyperband", {"promote": False}),
}


@dataclass
class Trace:
    """What was best after how many epochs: `value` is the noise-free one of the checkpoint that looked best."""

    epochs: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    trials: int = 0
    finished: int = 0


class NoRecord(Record):
    """Keeps nothing."""

    def __init__(self) -> None: ...

    def start(self, suggestion: Suggestion, *, seed: int) -> None: ...

    def report(self, number: int, *, epoch: int, value: float) -> None: ...

    def __getattribute__(self, name: str) -> Any:
        return lambda *args, **options: None


class Watched(SimulatedBackend):
    """Notes every improvement of the best observed value."""

    def begin(self, runs: "Runs", trace: Trace) -> "Watched":
        self.runs, self.trace, self.used, self.best = runs, trace, 0, -math.inf
        return self

    def _enter(self, event: Event) -> None:
        trial = self._trials.get(event.number)
        super()._enter(event)
        if isinstance(event, Reported) and trial is not None:
            self.used += 1
            clean, observed, _ = self.runs.of(trial.suggestion.params)
            epoch = event.report.epoch
            self.trace.finished += epoch == len(clean)
            if self.runs.sign * observed[epoch - 1] > self.best:
                self.best = self.runs.sign * observed[epoch - 1]
                self.trace.epochs.append(self.used)
                self.trace.value.append(float(clean[epoch - 1]))


class Runs:
    """The recorded run of each configuration; its noise is that of a trial of its own."""

    def __init__(self, problem: Any, seed: int) -> None:
        self._problem, self._seed, self.sign = problem, seed, problem.sign
        self._known: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, params: Params) -> Any:
        """Clean values, observed values and seconds an epoch."""
        key = tuple(sorted(params.items()))
        if key not in self._known:
            self._known[key] = self._problem.open(dict(params), len(self._known), self._seed)
        return self._known[key]

    def __len__(self) -> int:
        return len(self._known)

    def curve(self, params: Params, epoch: int) -> dict[str, float]:
        return {METRIC: float(self.of(params)[1][epoch - 1])}

    def seconds(self, params: Params, epoch: int) -> float:
        return float(self.of(params)[2])


def study(product: Product, problem: Any, space: Space, *, seed: int, budget: int, workers: int) -> Trace:
    """Runs a study until `budget` epochs are trained."""
    direction = Direction.MAXIMIZE if problem.sign > 0 else Direction.MINIMIZE
    objective = Objective(METRIC, direction)
    written = SearchSpec(sampler=product.sampler, pruner=PrunerSpec(product.pruner, product.options))
    choice = chosen(written, space, Terms(None, problem.R))
    setup = DriverSetup(space, choice.sampler, direction, problem.R, seed)
    pruner = choice.pruner
    runs, trace, clock = Runs(problem, seed), Trace(), ManualClock()
    seconds = runs.seconds if workers > 1 else 1.0
    backend = Watched(runs.curve, objective=objective, workers=workers, seconds_per_epoch=seconds, clock=clock)
    share = 0.0 if pruner.name == "none" else SHARE
    runner = Runner(
        Parts(
            driver=make_driver("optuna", setup),
            pruner=make_pruner(pruner.name, pruner.options, direction=direction, max_epochs=problem.R),
            backend=backend.begin(runs, trace),
            teller=Teller(
                NoRecord(), NullTracker(), folder=StudyFolder(Path("no folder")), metric=METRIC, clock=clock,
                seed_of=lambda number: number,
            ),
            clock=clock,
            view=SilentView(),
        ),
        Rules(
            objective=objective,
            budget=Budget(epochs=budget),
            why_infeasible=lambda params: None,
            skip_duplicates=True,
            is_audited=partial(is_audited, seed, share=share),
        ),
        restored=(),
        seconds=0.0,
    )  # fmt: skip
    runner.run()
    trace.trials = len(runs)
    return trace

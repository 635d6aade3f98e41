"""The project's whole loop around given trials: coordinator, worker processes, record on disk, event log."""

from collections.abc import Callable
from pathlib import Path

from models.objective import Direction, Objective
from search.backends.local import TRAINING, Life, LocalBackend, LocalSettings
from search.budget import Budget
from search.clock import SystemClock
from search.drivers.scripted import ScriptedDriver
from search.folder import StudyFolder
from search.parts import Parts
from search.progress import SilentView
from search.pruning.registry import make_pruner
from search.record import Record
from search.runner import Rules, Runner
from search.study import Suggestion
from search.telling import Teller
from search.trial import TrialTask
from spaces.domains import IntRange
from spaces.space import Dimension, Space
from tracking.event_log import EventLog

OBJECTIVE = Objective("val_accuracy", Direction.MAXIMIZE)
CONFIGURATION = "configuration"
"""The one parameter: the place of a trial's configuration in a list."""


class WholeLoop:
    """`n` trials of `epochs` epochs each, in `workers` processes that are ready when this is."""

    def __init__(
        self, task_of: Callable[[Suggestion], TrialTask], root: Path, *, n: int, epochs: int, workers: int,
        life: Life = TRAINING,
    ) -> None:  # fmt: skip
        folder, clock = StudyFolder(root), SystemClock()
        root.mkdir()
        settings = LocalSettings(
            workers=workers, threads=1, silence_s=3600, recycle_bytes=2**32, log=root / "workers.log"
        )
        self._backend = LocalBackend(settings, task_of, clock, life=life)
        space = Space((Dimension(CONFIGURATION, IntRange(0, n - 1)),))
        record = Record.open(folder.record_url, study="benchmark", direction=OBJECTIVE.direction, space=space)
        self._driver = ScriptedDriver([{CONFIGURATION: k} for k in range(n)], max_epochs=epochs)
        tracker = EventLog(folder.events)
        self._parts = Parts(
            driver=self._driver,
            pruner=make_pruner("none", {}, direction=OBJECTIVE.direction, max_epochs=epochs),
            backend=self._backend,
            teller=Teller(
                record, tracker, folder=folder, metric=OBJECTIVE.metric, clock=clock, seed_of=lambda number: number
            ),
            clock=clock,
            view=SilentView(),
        )

    def run(self) -> list[float]:
        """The objective of every trial. Raises RuntimeError with the traceback of a trial that failed."""
        rules = Rules(objective=OBJECTIVE, budget=Budget(), why_infeasible=lambda params: None)
        ending = Runner(self._parts, rules, restored=(), seconds=0.0).run()
        if ending.failed:
            raise RuntimeError(ending.traceback or ending.reason)
        return [outcome.objective for outcome in self._driver.told.values() if outcome.objective is not None]

    def close(self) -> None:
        self._backend.close(gently=True)

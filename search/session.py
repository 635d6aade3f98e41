"""One `run` of a study from file to ensemble: opens every part, runs the loop, closes in the right order."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TextIO
from uuid import uuid4

import numpy as np
import psutil

from search import history, lock
from search.audit import is_audited
from search.backends.gpus import environments, visible_gpus
from search.backends.local import LocalBackend, LocalSettings
from search.budget import Budget
from search.by_step import SayingByStep
from search.clock import Clock, SystemClock
from search.closing import close_study
from search.confirming import Confirm
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from search.found import Found
from search.goals import Goals
from search.keep import Keep
from search.open_study import OpenStudy
from search.parts import Ending, Parts
from search.ports import Backend
from search.probing import own_space, with_found
from search.progress import View, view_for
from search.pruning.registry import make_pruner
from search.record import Record
from search.retiring import candidates
from search.runner import Rules, Runner
from search.shelf import Shelf
from search.spec import StudyFile
from search.spec_own_objective import own_search_note
from search.spec_sections import BudgetSpec
from search.telling import Teller
from search.trial import delete_checkpoint
from spaces.space import Space
from tracking.event_log import EventLog
from tracking.tracker import NullTracker, SeveralTrackers, Tracker
from tracking.values import StudyInfo

INTERRUPTED = 130
"""Exit code of a study that was stopped by Ctrl-C or SIGTERM and can go on."""
FAILED = 1
_MEMORY_SHARE = 0.5
"""Share of the machine's memory that all workers together may fill before they are replaced between trials."""
_FRESH_SHARE = 0.5
"""Share of `workers.memory` that a worker may hold between trials, so that none is ended for what others left."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a study runs on: a clock, and the workers that a maker gives it."""

    clock: Clock
    workers_of: Callable[[OpenStudy, Clock], Backend]


def local_workers(study: OpenStudy, clock: Clock) -> LocalBackend:
    """Processes on this machine, as the study file's `workers` say."""
    return LocalBackend(local_settings(study), study.task_of, clock)


THIS_MACHINE = Stage(SystemClock(), local_workers)


def run_study(file: StudyFile, *, stream: TextIO, stage: Stage = THIS_MACHINE) -> int:
    """Runs or continues the study of `file` and prints what a person wants to know. Returns the exit code.

    Raises DataError, SpecError for a study that does not fit its data, StudyBusyError, StudyChangedError,
    RecordError: all say what to do.
    """
    study = OpenStudy.open(file)
    with study.folder.held(), ExitStack() as stack:
        study, content, notes = _looked_at(study, stream)
        file = study.file
        kept = lock.keep(study.folder.lock, _lock(file, content, history.fingerprint(study.folder.history)))
        record = Record.open(
            study.folder.record_url,
            study=file.spec.study,
            direction=file.objective.direction,
            space=file.space,
            clock=stage.clock,
            aims=file.aims,
        )
        stack.callback(record.close)
        record.back_up()
        view = view_for(stream, study=file.spec.study, metric=file.objective.metric, aims=file.aims)
        if file.spec.training.callbacks:
            view = SayingByStep(view, study.folder)
        stack.callback(view.close)
        tracker = make_tracker(study, view, uuid=kept.uuid)
        stack.callback(tracker.close)
        if file.choice.why:
            view.say(file.choice.why)
        for note in notes:
            view.say(f"note: {note}")
        ending = _search(study, record, tracker, view, stage)
        view.close()
        close_study(study, record, tracker, ending, stream=stream)
        _tidied(study, record, view)  # the members of an older ensemble need not stay
    if ending.interrupted:
        return INTERRUPTED
    return FAILED if ending.failed else 0


def _looked_at(study: OpenStudy, stream: TextIO) -> tuple[OpenStudy, str, tuple[str, ...]]:
    """The study with what its code asks for, the fingerprint of its data's content, and what is to be said of them."""
    file = study.file
    if file.is_own_objective:
        note = own_search_note(str(file.spec.objective.code), file.path.parent)
        return replace(study, found=Found(Space(()))), "", (note,) if note else ()
    _, dataset = study.data.of(file.config(file.space.sample(np.random.default_rng(file.spec.seed))))
    file.refuse_unfit(dataset.signature)
    return with_found(study, dataset.signature, stream=stream), dataset.content, dataset.notes


def _lock(file: StudyFile, fingerprint: str, history: str) -> lock.Lock:
    return lock.Lock(
        file.resolved(), file.space.to_json(), file.objective, fingerprint, uuid4().hex, history=history, aims=file.aims
    )


def make_tracker(study: OpenStudy, view: View, *, uuid: str) -> Tracker:
    """The event log of the study's folder, and MLflow unless the file says none."""
    spec, objective = study.file.spec, study.file.objective
    mlflow: Tracker = NullTracker()
    if spec.tracking is not None and spec.tracking.mlflow is not None:
        from tracking.mlflow_tracker import MlflowTracker

        mlflow = MlflowTracker(spec.tracking.mlflow, spec.tracking.experiment or spec.study, warn=view.say)
    tracker = SeveralTrackers(EventLog(study.folder.events), mlflow)
    tracker.study_started(
        StudyInfo(
            name=spec.study,
            folder=study.folder.root,
            spec_text=study.file.path.read_text(),
            objective=objective.metric,
            direction=objective.direction.value,
            seed=spec.seed,
            parameters=tuple(study.file.space.names),
            further=tuple((aim.name, aim.direction.value) for aim in study.file.aims[1:]),
            tags={
                "uuid": uuid,
                "driver": spec.search.driver,
                "sampler": study.file.choice.sampler,
                "pruner": study.file.choice.pruner.name,
            },
        )
    )
    return tracker


def _tidied(study: OpenStudy, record: Record, view: View) -> Shelf | None:
    """What keeps the study's files within their limits, if it has any; it has just looked at all of them."""
    written = study.file.spec.keep
    if written.trials is None and written.disk is None:
        return None
    keep = Keep(written.trials, written.disk)
    shelf = Shelf(study.folder, keep, study.file.objective.direction, say=view.say, aims=study.file.aims)
    shelf.take_up(record.trials())
    return shelf


def _search(study: OpenStudy, record: Record, tracker: Tracker, view: View, stage: Stage) -> Ending:
    """The loop over all trials; workers are ended on every way out."""
    spec, file, clock = study.file.spec, study.file, stage.clock
    driver = make_driver(spec.search.driver, _driver_setup(study))
    own = own_space(study, record)
    if own is not None and len(own.space) > len(file.space):
        driver.grow(own.space)
    past = history.history_of(study.folder.history, file.objective, file.space)
    if past is not None:
        driver.learn(past.trials)
        view.say(f"history: {past.words}")
    backend = stage.workers_of(study, clock)
    gently = False
    try:
        runner = Runner(
            Parts(
                driver=driver,
                pruner=make_pruner(
                    file.choice.pruner.name,
                    file.choice.pruner.options,
                    direction=file.objective.direction,
                    max_epochs=file.max_epochs,
                ),
                backend=backend,
                teller=Teller(
                    record, tracker, folder=study.folder, metric=file.objective.metric, clock=clock,
                    seed_of=study.seed_of,
                ),
                clock=clock,
                view=view,
                shelf=_tidied(study, record, view),
                free=lambda number: delete_checkpoint(study.folder.trial(number)),
            ),
            Rules(
                objective=file.objective,
                budget=budget_of(spec.budget),
                why_infeasible=study.why_infeasible,
                epochs_of=study.epochs_of,
                trial_seconds=spec.workers.trial_time,
                skip_duplicates=spec.search.duplicates == "skip",
                configurations=study.configurations,
                is_audited=partial(is_audited, spec.seed, share=spec.search.audit or 0.0),
                candidates=candidates(spec.ensemble.size if spec.ensemble else 1),
                confirm=_confirm(study),
                aims=file.aims,
                own=own,
                checkpoints=not file.is_own_objective,
            ),
            restored=record.trials(),
            seconds=record.seconds,
        )  # fmt: skip
        with _interruptible(runner, view):
            ending = runner.run()
        gently = True
        return ending
    finally:
        backend.close(gently=gently)


def budget_of(written: BudgetSpec) -> Budget:
    """The bounds and goals that a study file sets."""
    goals = Goals(written.target, written.patience_trials, written.expected_gain_below)
    return Budget(written.trials, written.time, written.epochs, goals)


def _confirm(study: OpenStudy) -> Confirm | None:
    spec = study.file.spec
    written = spec.confirm
    if written is None:
        return None
    return Confirm(
        written.top,
        written.seeds,
        max_epochs=study.file.max_epochs,
        workers=spec.workers.count,
        study_seed=spec.seed,
        p_threshold=written.p_threshold,
    )


def _driver_setup(study: OpenStudy) -> DriverSetup:
    file = study.file
    return DriverSetup(
        space=file.space,
        sampler=file.choice.sampler,
        direction=file.objective.direction,
        max_epochs=file.max_epochs,
        seed=file.spec.seed,
        aims=file.aims,
        startup_trials=file.spec.search.startup_trials,
        grid_points=file.spec.search.grid_points,
        stint=study.stint,
        mean_epochs=study.mean_epochs,
        grows=study.found is not None,
    )


def local_settings(study: OpenStudy) -> LocalSettings:
    """How the study file's `workers` are kept on this machine. Raises GpuError when it has too few GPUs."""
    workers = study.file.spec.workers
    gpus = visible_gpus(os.environ) if workers.gpus_per_trial else ()
    share = int(psutil.virtual_memory().total * _MEMORY_SHARE / workers.count)
    return LocalSettings(
        workers=workers.count,
        threads=workers.threads or max(1, (os.cpu_count() or 1) // workers.count),
        silence_s=workers.silence,
        recycle_bytes=share if workers.memory is None else min(share, int(workers.memory * _FRESH_SHARE)),
        log=study.folder.root / "workers.log",
        memory_bytes=workers.memory,
        environments=environments(gpus, per_trial=workers.gpus_per_trial, workers=workers.count),
    )


@contextmanager
def _interruptible(runner: Runner, view: View) -> Iterator[None]:
    """Ctrl-C and SIGTERM once end the study gently, a second one at once."""
    asked = False

    def on_signal(signum: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        view.say("stopping after this epoch, all is saved; once more stops at once")
        runner.interrupt()

    before = {s: signal.signal(s, on_signal) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)

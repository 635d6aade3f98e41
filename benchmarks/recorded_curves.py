"""Recorded learning curves and the simulator that runs a strategy on them: a folder `hpobench` beside this project.

The folder has its own README; its modules are imported from there, as they are.
"""

import importlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from spaces.domains import FloatRange, IntRange
from spaces.space import Dimension, Space

FOLDER = Path(__file__).resolve().parents[1].parent / "shared" / "hpobench"
SETS = ("lcbench", "moved", "noisy", "taskset", "mitcurves")
"""lcbench: accuracies of networks on tables. moved: the same with mirrored and widened ranges, so that nothing learnt
about where its good settings lie is of use. noisy: with the simulator's noise. taskset: noisy losses of recurrent text
classifiers. mitcurves: whole curves by chance, so that only stopping and going on can matter."""
SALT, WIDER = "moved", 0.2


class MissingCurvesError(FileNotFoundError):
    """The curves, or a package that reads them, are not here."""


@dataclass(frozen=True)
class Instance:
    """One recorded problem of one set."""

    set: str
    name: str

    def __str__(self) -> str:
        return f"{self.set}:{self.name}"


def open_folder(folder: Path) -> None:
    """Makes the simulator's modules importable. Raises: MissingCurvesError."""
    if not (folder / "simulate.py").exists():
        raise MissingCurvesError(f"no recorded curves in {folder}; give their folder with --curves")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    for name in ("simulate", "lcbench", "taskset", "mitcurves"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise MissingCurvesError(f"the recorded curves cannot be read: {error}") from error


def instances(name: str) -> list[Instance]:
    """Those of a set whose curves are here."""
    from mitcurves import DATA, FILES
    from simulate import reference
    from taskset import TaskSet

    if name == "mitcurves":
        return [Instance(name, file) for file in FILES if (DATA / f"{file}.csv").exists()]
    if name == "taskset":
        return [Instance(name, found) for found in TaskSet().instances]
    return [Instance(name, found) for found in reference("val_accuracy")]


@cache
def _bench(name: str, instance: str) -> Any:
    from lcbench import LCBench
    from mitcurves import MITCurves
    from taskset import TaskSet

    if name == "mitcurves":
        return MITCurves(instance)
    if name == "taskset":
        return TaskSet()
    return LCBench(fold=WIDER, salt=SALT) if name == "moved" else LCBench()


def problem_of(instance: Instance) -> Any:
    """The simulator's problem."""
    from simulate import Problem

    # one network serves all tables, so it is read once
    shared = instance.name if instance.set == "mitcurves" else ""
    return Problem(_bench(instance.set, shared), instance.name, noise=1.0 if instance.set == "noisy" else 0.0)


def regret_of(instance: Instance, values: Any) -> Any:
    """Points of accuracy below the best known, or, for losses and mixed units, per cent of the way from the best known
    to the median random configuration."""
    import numpy as np
    from simulate import normalized_regret, reference

    if instance.set in ("taskset", "mitcurves"):
        known = problem_of(instance).bench.reference(instance.name)
        return 100 * np.asarray(normalized_regret(np.asarray(values), known))
    return reference("val_accuracy")[instance.name]["best"] - np.asarray(values)


def space_of(problem: Any) -> Space:
    """The problem's box as a space of ours."""
    return Space(tuple(Dimension(p.name, _domain(p)) for p in problem.space.params))


def _domain(parameter: Any) -> IntRange | FloatRange:
    if parameter.integer:
        return IntRange(int(parameter.low), int(parameter.high), log=parameter.log)
    return FloatRange(float(parameter.low), float(parameter.high), log=parameter.log)

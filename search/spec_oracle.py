"""What a KerasTuner oracle cannot do with the rest of a study file: conditions, pruners and duplicates."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.spec.faults import Fault
from models.spec.varied import Varied
from search.drivers.keras_tuner.hyperparameters import HINT, UnheldError, conditions
from search.spec_search import ROUNDS
from search.spec_space import Held, held_knobs
from search.spec_study import StudySpec
from spaces.space import Space

PAUSING_PRUNERS = ("asha", "one_epoch")


def check_oracle(study: StudySpec, space: Space) -> Iterator[Fault]:
    """Nothing for another driver."""
    if study.search.driver != "keras_tuner":
        return
    yield from _check_pruner(study)
    if study.search.duplicates == "train":
        problem = "KerasTuner suggests no configuration twice"
        yield Fault(("search", "duplicates"), problem, "leave it out, or take `driver: optuna`")
    yield from _check_conditions(study, space)


def _check_pruner(study: StudySpec) -> Iterator[Fault]:
    oracle, pruner = study.search.oracle, study.search.pruner
    inner: Any = pruner.options.get("pruner")
    names = [pruner.name, inner.get("name") if isinstance(inner, Mapping) else inner]
    pausing = [name for name in names if name in PAUSING_PRUNERS]
    if oracle in ROUNDS and pausing:
        problem = f"the oracle {oracle} says itself which trials pause and go on, and so does {pausing[0]}"
        yield Fault(("search", "pruner"), problem, "write `pruner: none`, or a pruner that stops trials")


def _check_conditions(study: StudySpec, space: Space) -> Iterator[Fault]:
    knobs = held_knobs(study)
    told: set[str] = set()
    for dimension in space.dimensions:
        knob = knobs[dimension.name if dimension.name in knobs else dimension.name.rpartition(".")[0]]
        try:
            conditions(dimension, space)
        except UnheldError as error:
            if knob.name not in told:
                told.add(knob.name)
                problem = f"KerasTuner cannot express its condition: {error.problem}"
                yield Fault(_place(knob), problem, HINT)


def _place(knob: Held) -> tuple[str | int, ...]:
    is_own = isinstance(knob.value, Varied) and knob.value.when is not None
    return (*knob.path, "when") if is_own else knob.path

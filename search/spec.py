"""The study file: `load` gives the study with its space and limits, or every mistake in it with its place.

Loads no framework and looks at no data.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.config import Config
from models.objective import Aim, Objective
from models.signature import Signature
from models.spec.code import CodeSpec
from models.spec.data import DataSpec, possible_tasks
from models.spec.faults import Fault
from models.spec.sections import schema_of, with_values
from models.spec.shapes import WINDOWED
from models.spec.sizes import n_params
from models.spec.training import TrainingSpec
from models.spec.varied import Varied
from search.choosing import Choice, Terms, chosen
from search.spec_callbacks import check_callbacks
from search.spec_checks import (
    PARAMS,
    check_budget,
    check_data,
    check_fit,
    check_grid,
    check_priors,
    check_pruner,
    check_task,
    read_limits,
)
from search.spec_code import check_code
from search.spec_document import read_document
from search.spec_objectives import aims_of, check_several, further_metrics, objective_of, pruner_of_several
from search.spec_oracle import check_oracle
from search.spec_own_objective import check_own_objective, required_keys
from search.spec_reading import SHORTHANDS, filled, read_study
from search.spec_space import SECTIONS, Held, SpaceBuilder, held_knobs, section_of
from search.spec_study import StudySpec
from spaces.domains import Categories, IntRange
from spaces.limits import Limit, check
from spaces.overrides import override
from spaces.problems import Problem, SpecError, Value
from spaces.source import Document
from spaces.space import Space

__all__ = ["StudyFile", "StudySpec", "feasible_share", "json_schema", "load", "study_of"]


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study file without mistakes: what was written, and what it means. overrides: those that it was loaded with."""

    spec: StudySpec
    space: Space
    limits: tuple[Limit, ...]
    document: Document
    path: Path
    overrides: tuple[str, ...] = ()

    @property
    def arguments(self) -> str:
        """What stands behind a command for this file, as a shell takes it."""
        return shlex.join([str(self.path), *self.overrides])

    @property
    def objective(self) -> Objective:
        """The number that is optimised, with its direction; the first of several."""
        return objective_of(self.spec)

    @property
    def aims(self) -> tuple[Aim, ...]:
        """The several objectives, the first included; empty where there is one."""
        return aims_of(self.spec)

    @property
    def is_own_objective(self) -> bool:
        """Whether a function of the user's own trains, and says what is optimised: `objective.code`."""
        return self.spec.objective.code is not None

    @property
    def max_epochs(self) -> int:
        """The most epochs that any configuration trains."""
        epochs: int | Varied = self.spec.training.epochs
        if not isinstance(epochs, Varied):
            return epochs
        if isinstance(epochs.domain, IntRange):
            return epochs.domain.high
        assert isinstance(epochs.domain, Categories)
        return max(choice for choice in epochs.domain.choices if isinstance(choice, int))

    @property
    def choice(self) -> Choice:
        """The sampler and the pruner, `auto` replaced."""
        terms = Terms(
            self.spec.budget.trials,
            self.max_epochs,
            pruner_of_several(self.spec),
            grows=isinstance(self.spec.model, CodeSpec),
            trains_itself=self.is_own_objective,
        )
        return chosen(self.spec.search, self.space, terms)

    @property
    def data(self) -> DataSpec:
        """`data` as written, with the folder in which its files are looked up, and as the family reads arrays."""
        folder = self.path.parent / (self.spec.data.folder or "")
        windows = self.spec.data.windows
        if windows is None and self.spec.model.family in WINDOWED:
            windows = True
        return self.spec.data.model_copy(update={"folder": str(folder), "windows": windows})

    @property
    def training(self) -> TrainingSpec:
        """`training` as written, with the files of callbacks looked up beside the study file, and with the metrics that
        are objectives."""
        located = tuple(own.located(self.path.parent) for own in self.spec.training.callbacks)
        measured = tuple(dict.fromkeys((*self.spec.training.metrics, *further_metrics(self.spec))))
        return self.spec.training.model_copy(update={"callbacks": located, "metrics": measured})

    def config(self, params: Mapping[str, Value]) -> Config:
        """The configuration of `params`, the active parameters; the other knobs hold their defaults."""
        knobs = held_knobs(self.spec)
        values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
        for held in knobs.values():
            if isinstance(held.value, Varied):
                values[held.section][held.name] = self._value(held, knobs, params)
        model = self._own_model(params) or section_of(self.spec, "model")
        written = {"data": self.data, "model": model, "training": self.training}
        read = {
            section: type(spec).model_validate(with_values(spec, values[section])) for section, spec in written.items()
        }
        return Config(**read)  # type: ignore[arg-type]

    def _own_model(self, params: Mapping[str, Value]) -> CodeSpec | None:
        """A model of the user's own code with its parameters: all that are no varied knobs, also `batch_size`."""
        model = self.spec.model
        if not isinstance(model, CodeSpec):
            return None
        held = held_knobs(self.spec).values()
        knobs = {knob.name for knob in held if knob.section != "model" and isinstance(knob.value, Varied)}
        own = {name: value for name, value in params.items() if name not in knobs}
        return model.located(self.path.parent).with_values(own)

    def _value(self, held: Held, knobs: Mapping[str, Held], params: Mapping[str, Value]) -> Any:
        default = held.place.default
        if held.value.per is None:
            return params.get(held.name, default)
        counter = knobs[held.value.per]
        count = self._value(counter, knobs, params) if isinstance(counter.value, Varied) else counter.value
        return [params.get(f"{held.name}.{number}", default[0]) for number in range(1, count + 1)]

    def broken_limit(self, params: Mapping[str, Value], signature: Signature | None = None) -> str | None:
        """The first limit that the configuration breaks, as a sentence; None if it keeps all.

        Limits on the number of weights need the signature of the data, and are not looked at without it.
        """
        config = self.config(params)
        inactive = {
            held.name
            for held in held_knobs(self.spec).values()
            if isinstance(held.value, Varied) and held.value.per is None and held.name not in params
        }
        values = {name: value for name, value in config.values().items() if name not in inactive}
        for name, value in list(values.items()):
            if isinstance(value, tuple):
                values |= {f"{name}.{number}": item for number, item in enumerate(value, start=1)}
        counts = any(PARAMS in limit.expression.names for limit in self.limits)
        if signature is not None and counts and not isinstance(config.model, CodeSpec):
            values[PARAMS] = n_params(config.model, signature)
        return check(self.limits, values)

    def refuse_unfit(self, signature: Signature) -> None:
        """Raises SpecError when the study asks for what the data cannot have, such as the accuracy of amounts."""
        faults = list(check_data(self.spec, signature, lambda place: self.document.marks.has(*place)))
        if faults:
            raise SpecError(_problems(faults, self.document))

    def resolved(self) -> dict[str, Any]:
        """The whole study as plain data: every key, defaults and spaces included."""
        return self.spec.model_dump(mode="json")


def load(path: Path, overrides: Sequence[str] = ()) -> StudyFile:
    """The study in the file at `path`, with `key=value` overrides by dotted path.

    Raises SpecError with every problem.
    """
    document, wrong = read_document(path)
    told = {problem.at for problem in wrong}
    try:
        study = study_of(document, path, overrides)
    except SpecError as error:
        raise SpecError([*wrong, *(p for p in error.problems if p.at not in told)]) from None
    if wrong:
        raise SpecError(wrong)
    return study


def study_of(in_file: Document, path: Path, overrides: Sequence[str] = ()) -> StudyFile:
    """The study in a document. Raises SpecError with every problem."""
    document = override(in_file, overrides, shorthands=SHORTHANDS) if overrides else in_file
    reading = read_study(filled(document.values, in_file=in_file.values, name=path.stem))
    faults = list(reading.faults)
    if reading.study is None:
        raise SpecError(_problems(faults, document))
    study = reading.study

    def is_written(place: tuple[str | int, ...]) -> bool:
        return document.marks.has(*place)

    builder = SpaceBuilder(study, is_written, reading.broken)
    space = builder.build()
    limits, wrong_limits = read_limits(study)
    found = [
        *builder.faults,
        *wrong_limits,
        *check_task(study),
        *check_budget(study),
        *check_pruner(study),
        *check_priors(study),
        *check_several(study, is_written),
        *check_callbacks(study.training.callbacks, path.parent),
        *check_code(study, path.parent, is_written),
        *check_own_objective(study, path.parent, is_written),
        *check_fit(study, possible_tasks(study.data), is_written),
        *check_grid(study, space),
        *check_oracle(study, space),
    ]
    faults += [fault for fault in found if not any(_covers(other, fault) for other in reading.faults)]
    if faults:
        raise SpecError(_problems(faults, document))
    return StudyFile(study, space, limits, document, path, tuple(overrides))


def _covers(first: Fault, later: Fault) -> bool:
    """Whether a later fault is at or above a place that is known to be wrong, and may only follow from it."""
    return first.below[: len(later.below)] == later.below


def _problems(faults: Sequence[Fault], document: Document) -> list[Problem]:
    return [
        Problem(
            document.marks.key(*fault.below) if fault.on_key else document.marks.of(*fault.below),
            ".".join(map(str, fault.below)),
            fault.problem,
            fault.mend,
        )
        for fault in faults
    ]


def feasible_share(study: StudyFile, n: int, rng: np.random.Generator, *, signature: Signature | None = None) -> float:
    """The share of `n` sampled configurations that keep every limit (see `broken_limit`)."""
    kept = sum(study.broken_limit(study.space.sample(rng), signature) is None for _ in range(n))
    return kept / n


def json_schema() -> dict[str, Any]:
    """JSON Schema of a study file."""
    values = {"type": ["string", "number", "boolean", "null"]}
    condition = {
        "description": "an expression such as `optimizer == sgd`, or a mapping of knobs to the values wanted",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"anyOf": [values, {"type": "array", "items": values, "minItems": 1}]},
            },
        ],
    }
    schema = schema_of(StudySpec)
    schema |= required_keys(schema["required"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "study file",
        **schema,
        "$defs": {"condition": condition},
    }

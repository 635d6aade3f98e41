"""The whole study file as a spec. Knows no file and no line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from models.spec.cnn import CnnSpec
from models.spec.code import CodeSpec
from models.spec.data import DataSpec
from models.spec.entries import Entry, Names, Spec, Text, Whole
from models.spec.families import CODE, DEFAULT_FAMILY, FAMILIES, family_of, spec_of
from models.spec.faults import keys_of, refused, shown
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sections import Section, read_spec, schema_of
from models.spec.training import TrainingSpec
from search.spec_confirm import ConfirmSpec
from search.spec_search import SearchSpec
from search.spec_sections import (
    BudgetSpec,
    EnsembleSpec,
    KeepSpec,
    ObjectiveSpec,
    TrackingSpec,
    WorkersSpec,
    budget_key,
    keep_key,
)
from search.spec_several import AimsEntry, AimSpec

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"


@dataclass(frozen=True)
class Version(Entry):
    """The version of the study file's language."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> int:
        if value != 1 or isinstance(value, bool) or not isinstance(value, int):
            raise refused(f"version {shown(value)} of the study file is not known", "write `version: 1`")
        return 1

    def schema(self) -> dict[str, Any]:
        return {"const": 1}


@dataclass(frozen=True)
class Family(Entry):
    """A model by family; a bare name is the family with its default space."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Spec:
        if isinstance(value, MlpSpec | CnnSpec | RnnSpec | CodeSpec):
            return value
        if isinstance(value, str):
            value = {"family": value}
        if not isinstance(value, Mapping):
            raise refused(
                f"{shown(value)} is not a model",
                f"write a family ({', '.join(name for name in FAMILIES if name != CODE)}), or {keys_of(MlpSpec)}",
            )
        return read_spec(spec_of(family_of(value)), value)

    def plain(self, value: Spec) -> Any:
        return value.model_dump(mode="json")

    def schema(self) -> dict[str, Any]:
        forms = []
        for name in FAMILIES:
            form = schema_of(spec_of(name))
            if name not in (DEFAULT_FAMILY, CODE):
                form["required"] = [*form.get("required", []), "family"]
            forms.append(form)
        return {"anyOf": [{"enum": [name for name in FAMILIES if name != CODE]}, *forms]}


class StudySpec(Spec):
    """A study: what is searched, on which data, for which number, with how much."""

    version: Annotated[int, Version("version of this language; left out: 1")] = 1
    study: Annotated[
        str,
        Text(
            "name of the study and of its folder; left out: the file's name",
            pattern=NAME,
            hint="write letters, digits, `_`, `-` and `.`, at most 100",
        ),
    ]
    seed: Annotated[int, Whole("decides every draw of the study", low=0, high=2**32 - 1)] = 0
    data: Annotated[DataSpec, Section("rows, columns, split and preparation", DataSpec, short=lambda value: "source")]
    objective: Annotated[
        ObjectiveSpec, Section("the number that is optimised", ObjectiveSpec, short=lambda value: "metric")
    ] = ObjectiveSpec()
    objectives: Annotated[
        tuple[AimSpec, ...] | None,
        AimsEntry("several objectives in the place of one: a metric first, then metrics or costs of the model"),
    ] = None
    model: Annotated[MlpSpec | CnnSpec | RnnSpec | CodeSpec, Family("the family of models and its knobs")] = MlpSpec()
    training: Annotated[TrainingSpec, Section("how a model is trained", TrainingSpec)] = TrainingSpec()
    search: Annotated[SearchSpec, Section("who suggests and who prunes", SearchSpec, short=lambda value: "sampler")] = (
        SearchSpec()
    )
    budget: Annotated[
        BudgetSpec,
        Section(
            "how much the study may use: a number of trials, a time, or both and epochs",
            BudgetSpec,
            short=budget_key,
        ),
    ]
    limits: Annotated[
        tuple[str, ...],
        Names("rules that every configuration keeps, such as `params <= 2e6`; over knobs and `params`"),
    ] = ()
    workers: Annotated[WorkersSpec, Section("processes that train", WorkersSpec, short=lambda value: "count")] = (
        WorkersSpec()
    )
    confirm: Annotated[
        ConfirmSpec | None,
        Section(
            "the best configurations are trained again with other seeds, within the budget; left out: none",
            ConfirmSpec,
            short=lambda value: "top",
            none=True,
        ),
    ] = None
    keep: Annotated[
        KeepSpec,
        Section("how many trials keep their files: a number of trials, an amount of disk", KeepSpec, short=keep_key),
    ] = KeepSpec()
    ensemble: Annotated[
        EnsembleSpec | None,
        Section(
            "the weighted ensemble made at the end, or none",
            EnsembleSpec,
            short=lambda value: "size",
            none=True,
        ),
    ] = EnsembleSpec()
    tracking: Annotated[
        TrackingSpec, Section("where the study is shown", TrackingSpec, short=lambda value: "mlflow")
    ] = TrackingSpec()
    folder: Annotated[str, Text("where studies keep their files, relative to the working directory")] = "studies"

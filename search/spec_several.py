"""What a user may write under `objectives`: two or more of them, the first a metric of the epochs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from models.spec.entries import Entry, OneOf, Spec, Text
from models.spec.faults import Fault, RefusedError, refused, shown
from models.spec.sections import read_short, read_spec, schema_of
from search.spec_sections import At, AtEntry


class AimSpec(Spec):
    """One of several objectives."""

    metric: Annotated[str, Text("metric on validation rows, or, but for the first, a cost of the model")]
    goal: Annotated[
        str | None,
        OneOf("whether it is to be large or small; left out: told by the metric", none=True, names=("max", "min")),
    ] = None
    at: Annotated[
        At | None, AtEntry("the epoch at which all are read; of the first objective alone; left out: best", none=True)
    ] = None


@dataclass(frozen=True)
class AimsEntry(Entry):
    """A list of objectives, each a mapping or a bare metric; None where there is but one objective."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> tuple[AimSpec, ...] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise refused(f"{shown(value)} is not a list", "write a list such as [val_accuracy, params]")
        faults: list[Fault] = []
        read: list[AimSpec] = []
        for i, item in enumerate(value):
            try:
                read.append(_read(item))
            except RefusedError as error:
                faults += [fault.under(i) for fault in error.faults]
        if not faults:
            faults = _faults_of(read)
        if faults:
            raise RefusedError(faults)
        return tuple(read)

    def plain(self, value: Any) -> Any:
        return None if value is None else [aim.model_dump(mode="json") for aim in value]

    def schema(self) -> dict[str, Any]:
        item = {"anyOf": [{"type": "string", "minLength": 1}, schema_of(AimSpec)]}
        return {"type": "array", "items": item, "minItems": 2}


def _read(item: Any) -> AimSpec:
    if isinstance(item, AimSpec):
        return item
    if isinstance(item, str):
        read = read_short(AimSpec, "metric", item)
    elif isinstance(item, Mapping):
        read = read_spec(AimSpec, item)
    else:
        raise refused(f"{shown(item)} is no objective", "write a metric, or {metric: params, goal: min}")
    assert isinstance(read, AimSpec)
    return read


def _faults_of(read: list[AimSpec]) -> list[Fault]:
    if len(read) < 2:
        return [
            Fault(
                (),
                f"several objectives are two or more, and the list holds {len(read)}",
                "add another one, or write `objective`",
            )
        ]
    names = [aim.metric for aim in read]
    faults = [
        Fault((i,), f"the objective `{name}` stands twice", "leave one out")
        for i, name in enumerate(names)
        if name in names[:i]
    ]
    return faults + [
        Fault((i, "at"), "all objectives are read at the epoch of the first", "leave it out, or write it there")
        for i, aim in enumerate(read)
        if i > 0 and aim.at is not None
    ]

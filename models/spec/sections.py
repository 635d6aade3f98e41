"""Keys that hold a mapping of their own, and walks over a spec: its entries, its knobs, its schema."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from models.spec.entries import Entry, Spec
from models.spec.faults import Fault, RefusedError, faults_of, keys_of, refused, shown
from models.spec.knobs import Knob


@dataclass(frozen=True)
class Section(Entry):
    """A mapping read as `spec`.

    short: the key that a bare value stands for, by the value: `workers: 2` is `workers: {count: 2}`.
    none: whether `none` may stand in its place; kept as `spec()` with `off`, else as None.
    space: what `others: vary` writes for the whole section where none is written.
    """

    spec: type[Spec]
    short: Callable[[Any], str] | None = None
    none: bool = False
    off: bool = False
    space: Mapping[str, Any] | None = None

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        if isinstance(value, self.spec):
            return value
        if self.none and (value is None or value == "none"):
            return self.spec() if self.off else None
        if not isinstance(value, Mapping):
            if self.short is None or value is None or isinstance(value, list):
                mend = f"write {keys_of(self.spec)}{', or none' if self.none else ''}"
                raise refused(f"{shown(value)} is not a mapping", mend)
            key = self.short(value)
            return read_short(self.spec, key, value)
        return read_spec(self.spec, value)

    def plain(self, value: Any) -> Any:
        return None if value is None else value.model_dump(mode="json")

    def schema(self) -> dict[str, Any]:
        forms = [schema_of(self.spec)]
        if self.short is not None:
            keys = sorted({self.short(sample) for sample in ("text", "1m", 1, 1.5, True)} & set(self.spec.model_fields))
            forms += [entries_of(self.spec)[key].schema() for key in keys]
        if self.none:
            forms.append({"enum": ["none", None]})
        notes = {"x-default-space": self.space} if self.space is not None else {}
        return ({"anyOf": forms} if len(forms) > 1 else forms[0]) | notes


def read_spec(spec: type[Spec], value: Mapping[str, Any]) -> Spec:
    """`value` read as `spec`. Raises RefusedError with every fault."""
    try:
        return spec.model_validate(dict(value))
    except ValidationError as error:
        raise RefusedError(faults_of(error, spec)) from None


def read_short(spec: type[Spec], key: str, value: Any) -> Spec:
    """A bare value read as the one `key` of `spec`; faults point at the value itself."""
    try:
        return read_spec(spec, {key: value})
    except RefusedError as error:
        raise RefusedError(
            Fault(fault.below[1:] if fault.below[:1] == (key,) else fault.below, fault.problem, fault.mend)
            for fault in error.faults
        ) from None


@cache
def entries_of(spec: type[Spec]) -> Mapping[str, Entry]:
    """The entries of a spec by key, in the order in which it lists them."""
    found = {}
    for name, info in spec.model_fields.items():
        entry = next((item for item in info.metadata if isinstance(item, Entry)), None)
        if entry is None:
            raise TypeError(f"{spec.__name__}.{name} has no entry in its annotation")
        found[name] = entry
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True)
class Place:
    """A knob where it stands in a spec: its name is the dotted path below the section."""

    path: tuple[str, ...]
    knob: Knob
    default: Any

    @property
    def name(self) -> str:
        return ".".join(self.path)


def knobs_of(spec: type[Spec], *above: str) -> Iterator[Place]:
    """Every knob of `spec` and of the sections below it."""
    for name, entry in entries_of(spec).items():
        if isinstance(entry, Knob):
            yield Place((*above, name), entry, spec.model_fields[name].get_default())
        elif isinstance(entry, Section):
            yield from knobs_of(entry.spec, *above, name)


def values_of(spec: Spec) -> dict[str, Any]:
    """What the knobs of `spec` hold by name, `Varied` or values; a section that is none has none."""
    found: dict[str, Any] = {}
    for name, entry in entries_of(type(spec)).items():
        held = getattr(spec, name)
        if isinstance(entry, Knob):
            found[name] = held
        elif isinstance(entry, Section) and isinstance(held, Spec):
            found |= {f"{name}.{below}": value for below, value in values_of(held).items()}
    return found


def with_values(spec: Spec, values: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping of `spec` with its knobs set to `values` by name; the knobs not named keep theirs."""
    written: dict[str, Any] = {}
    for name, entry in entries_of(type(spec)).items():
        held = getattr(spec, name)
        if isinstance(entry, Section) and isinstance(held, Spec):
            start = f"{name}."
            below = {key[len(start) :]: value for key, value in values.items() if key.startswith(start)}
            written[name] = with_values(held, below)
        else:
            written[name] = values.get(name, held)
    return written


def varying(spec: type[Spec], written: Mapping[str, Any]) -> dict[str, Any]:
    """`written` with the default space of every knob that it leaves out."""
    filled = dict(written)
    for name, entry in entries_of(spec).items():
        if isinstance(entry, Section):
            if name not in written and entry.space is not None:
                filled[name] = dict(entry.space)
            elif isinstance(written.get(name), Mapping):
                filled[name] = varying(entry.spec, written[name])
        elif isinstance(entry, Knob) and name not in written and entry.space is not None:
            filled[name] = entry.space
    return filled


def schema_of(spec: type[Spec]) -> dict[str, Any]:
    """JSON Schema of a mapping read as `spec`, with the meaning and the default of every key."""
    properties: dict[str, Any] = {}
    required = []
    for name, entry in entries_of(spec).items():
        properties[name] = {"description": entry.doc, **entry.schema()}
        info = spec.model_fields[name]
        default = info.default
        if info.is_required():
            required.append(name)
        elif default is not None or getattr(entry, "none", False):
            properties[name]["default"] = _plain_default(entry, default)
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _plain_default(entry: Entry, default: Any) -> Any:
    if default is None:
        return "none"
    if isinstance(entry, Knob) and isinstance(default, tuple):
        return default[0]
    return entry.plain(default)

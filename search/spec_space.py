"""The space that a study's knobs span: dimensions with conditions, and every condition that cannot be."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.spec.code import CodeSpec
from models.spec.entries import Spec
from models.spec.faults import Fault, Path
from models.spec.knobs import ChoiceKnob
from models.spec.sections import Place as KnobPlace
from models.spec.sections import knobs_of, values_of
from models.spec.varied import Varied
from search.spec_study import StudySpec
from spaces.conditions import impossible
from spaces.domains import Categories, Domain, IntRange
from spaces.expressions import Expression, ExpressionError, parse
from spaces.space import UNSET, Dimension, Space, SpaceError

SECTIONS = ("data", "model", "training")
"""The sections that hold knobs, in the order of the space."""


class OwnPlace(KnobPlace):
    """A parameter of the user's own code below `model.space`; its name has no path."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.path[-1]


OWN_KNOB = ChoiceKnob("a parameter of the user's own code", choices=())


@dataclass(frozen=True, slots=True)
class Held:
    """A knob of the study with what it holds: a value, a tuple of values, or a `Varied`."""

    section: str
    place: KnobPlace
    value: Any

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def path(self) -> Path:
        return (self.section, *self.place.path)


@dataclass(slots=True)
class SpaceBuilder:
    """Builds the space of `study` and collects the faults met.

    is_written: whether the text holds something at a path; a default space that never applies is dropped.
    broken: knobs whose text could not be read; conditions over them are not judged.
    """

    study: StudySpec
    is_written: Callable[[Path], bool]
    broken: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)

    def build(self) -> Space:
        """The space, without the conditions that have faults."""
        knobs = held_knobs(self.study)
        guesses = any(isinstance(held.value, Varied) and held.value.has_default for held in knobs.values())
        owners: dict[str, Held] = {}
        dimensions: list[Dimension] = []
        fixed: dict[str, Any] = {}
        for held in knobs.values():
            if not isinstance(held.value, Varied):
                fixed[held.name] = held.value
                continue
            default = _guess(held) if guesses else UNSET
            when = self._written_when(held, knobs)
            for name, terms in _numbered(held, knobs):
                text = _joined([*terms, held.place.knob.applies, when])
                expression = parse(text, names=known_names(knobs)) if text else None
                owners[name] = held
                dimensions.append(Dimension(name, held.value.domain, expression, default, held.value.prior))
        space = self._space(dimensions, fixed, owners)
        return self._judged(space, owners)

    def _written_when(self, held: Held, knobs: Mapping[str, Held]) -> str | None:
        """The condition that the user wrote, if it can be read."""
        text: str | None = held.value.when
        if text is None:
            return None
        path = (*held.path, "when")
        absent = absent_knobs(self.study)
        try:
            expression = parse(text, names=known_names(knobs) | absent.keys())
        except ExpressionError as error:
            self.faults.append(Fault(path, error.problem, error.mend))
            return None
        for name in sorted(expression.names & absent.keys()):
            self.faults.append(
                Fault(
                    path,
                    f"`{name}` has no value, as {absent[name]} is none",
                    f"give {absent[name]}, or drop the condition",
                )
            )
            return None
        if not expression.is_condition:
            problem = f"`{text}` is neither true nor false"
            self.faults.append(Fault(path, problem, "write a comparison such as `layers >= 2`"))
            return None
        if not expression.names:
            self.faults.append(Fault(path, f"`{text}` asks for no knob", "name a knob, as in `optimizer == sgd`"))
            return None
        return text

    def _space(self, dimensions: list[Dimension], fixed: Mapping[str, Any], owners: Mapping[str, Held]) -> Space:
        """The space; conditions that cannot stand are told and left out, one after the other."""
        while True:
            try:
                return Space(tuple(dimensions), fixed)
            except SpaceError as error:
                held = owners[error.name]
                at = (*held.path, "when") if held.value.when is not None else held.path
                self._tell_once(Fault(at, error.problem, error.mend))
                dimensions = [replace(d, when=None) if owners[d.name] is held else d for d in dimensions]

    def _tell_once(self, fault: Fault) -> None:
        if all(other.below != fault.below for other in self.faults):
            self.faults.append(fault)

    def _judged(self, space: Space, owners: Mapping[str, Held]) -> Space:
        """`space` without default spaces that never apply; whatever else never applies is told."""
        dropped: set[str] = set()
        for held in {id(owner): owner for owner in owners.values()}.values():
            mine = [d for d in space.dimensions if owners[d.name] is held]
            reasons = [self._never(d.when, d, space) for d in mine]
            if not reasons or not all(reasons):
                continue
            if self.is_written(held.path):
                self._tell_once(self._pointless(held, str(reasons[0])))
            else:
                dropped |= {d.name for d in mine}
        for held in held_knobs(self.study).values():
            applies = held.place.knob.applies
            if isinstance(held.value, Varied) or applies is None or not self.is_written(held.path):
                continue
            names = {*space.names, *space.values({})} | {owner.name for owner in owners.values()}
            alone = Dimension(held.name, Categories((0,)), parse(applies, names=names))
            reason = self._never(alone.when, alone, space)
            if reason and held.name not in self.broken:
                self._tell_once(self._pointless(held, reason))
        return self._without(space, dropped, owners)

    def _never(self, when: Expression | None, dimension: Dimension, space: Space) -> str | None:
        if when is None or when.names & self.broken:
            return None
        return impossible(dimension, space)

    def _pointless(self, held: Held, reason: str) -> Fault:
        if isinstance(held.value, Varied) and held.value.when is not None:
            return Fault((*held.path, "when"), reason, "change the condition, or what it asks for")
        return Fault(held.path, f"{held.name} has no effect here: {reason}", "leave it out, or change what it needs")

    def _without(self, space: Space, dropped: set[str], owners: Mapping[str, Held]) -> Space:
        if not dropped:
            return space
        fixed = dict(space.fixed) | {owners[name].name: owners[name].place.default for name in dropped}
        return Space(tuple(d for d in space.dimensions if d.name not in dropped), fixed)


def section_of(study: StudySpec, name: str) -> Spec:
    found: Spec = getattr(study, name)
    return found


def held_knobs(study: StudySpec) -> dict[str, Held]:
    """Every knob of the study by name; those of a section that is none are absent."""
    found: dict[str, Held] = {}
    for section in SECTIONS:
        spec = section_of(study, section)
        values = values_of(spec)
        for place in knobs_of(type(spec)):
            if place.name in values:
                found[place.name] = Held(section, place, values[place.name])
    return found | own_parameters(study)


def own_parameters(study: StudySpec) -> dict[str, Held]:
    """The spaces that the study file gives for parameters of the user's own code, by name."""
    if not isinstance(study.model, CodeSpec):
        return {}
    return {
        name: Held("model", OwnPlace(("space", name), OWN_KNOB, None), value)
        for name, value in study.model.space.items()
    }


def absent_knobs(study: StudySpec) -> dict[str, str]:
    """The knobs without a value, and the section below which each would stand."""
    held = held_knobs(study)
    return {
        place.name: ".".join((section, *place.path[:-1]))
        for section in SECTIONS
        for place in knobs_of(type(section_of(study, section)))
        if place.name not in held
    }


def known_names(knobs: Mapping[str, Held]) -> set[str]:
    """Names that conditions and limits may use: knobs, and `units.2` for one with a value for each layer."""
    names = set(knobs)
    for held in knobs.values():
        if held.place.knob.per is not None:
            most = max(_counts(knobs[held.place.knob.per].value))
            names |= {f"{held.name}.{number}" for number in range(1, most + 1)}
    return names


def _counts(count: Any) -> tuple[int, ...]:
    """The least and the largest value of a knob that counts others, perhaps with some between."""
    if not isinstance(count, Varied):
        return (int(count),)
    domain: Domain = count.domain
    if isinstance(domain, IntRange):
        return domain.low, domain.high
    assert isinstance(domain, Categories)
    return tuple(choice for choice in domain.choices if isinstance(choice, int))


def _numbered(held: Held, knobs: Mapping[str, Held]) -> Iterator[tuple[str, list[str]]]:
    """Names of the dimensions of a knob, each with the conditions that its number makes."""
    if held.value.per is None:
        yield held.name, []
        return
    counter = knobs[held.value.per]
    counts = _counts(counter.value)
    for number in range(1, max(counts) + 1):
        yield f"{held.name}.{number}", [f"{counter.name} >= {number}"] if number > min(counts) else []


def _joined(terms: list[str | None]) -> str:
    """Conditions that must all hold."""
    given = [term for term in terms if term]
    return given[0] if len(given) == 1 else " and ".join(f"({term})" for term in given)


def _guess(held: Held) -> Any:
    """The first guess of a knob: the written default, else the knob's own where the space holds it."""
    if held.value.has_default:
        return held.value.default
    own = held.place.default
    own = own[0] if isinstance(own, tuple) else own
    return own if held.value.domain.contains(own) else UNSET

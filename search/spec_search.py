"""What a user may write under `search`: the driver, its sampler, and the pruner with its options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from models.spec.entries import Entry, OneOf, Real, Spec, Whole
from models.spec.faults import Fault, RefusedError, refused, shown, unknown_key
from search.audit import SHARE
from search.pruning.registry import DOCS, FLAGS, OPTIONS, PRUNERS, RANGES, PrunerError, check_options
from spaces.problems import did_you_mean

DRIVERS = ("optuna", "keras_tuner")
AUTO = "auto"
"""The sampler or pruner that suits the study; see `search.choosing`."""
SAMPLERS = (AUTO, "tpe", "random", "grid", "qmc", "cmaes", "gp", "nsga2", "freeze_thaw")
ORACLES = ("random", "bayesian", "hyperband", "grid")
PLANNED = ("random", "grid", "qmc")
"""Samplers and oracles that learn nothing from trials."""
PAUSING = ("freeze_thaw",)
"""Samplers that say themselves which trials pause and go on."""
ROUNDS = ("hyperband",)
"""Oracles that do."""
DUPLICATES = ("skip", "train")
LEARNING = ("tpe", "cmaes", "gp", "nsga2")
"""Samplers that begin with random trials."""
LEARNING_ORACLES = ("bayesian",)
BELIEVING = (AUTO, "tpe", "random", "cmaes", "gp", "freeze_thaw")
"""Samplers that heed where good values are believed to lie."""
HEEDING_HISTORY = ("tpe", "cmaes", "gp", "nsga2", "freeze_thaw")
"""Samplers that learn from the trials of earlier searches."""


@dataclass(frozen=True, slots=True)
class PrunerSpec:
    """A pruner's name and all of its options, defaults included."""

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class PrunerEntry(Entry):
    """A pruner: its name, or a mapping of `name` and its options."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> PrunerSpec:
        if isinstance(value, PrunerSpec):
            return value
        if value is None or isinstance(value, str):
            name = "none" if value is None else value
            if name == AUTO:
                return PrunerSpec(AUTO, {})
            if name not in PRUNERS:
                raise refused(f"there is no pruner `{name}`", did_you_mean(name, (AUTO, *PRUNERS)))
            return _read(name, {})
        if not isinstance(value, Mapping):
            raise refused(f"{shown(value)} is not a pruner", f"write one of {', '.join(PRUNERS)}")
        named = value.get("name")
        if not isinstance(named, str) or named not in PRUNERS:
            problem = "`name` is missing" if named is None else f"there is no pruner `{shown(named)}`"
            raise refused(problem, did_you_mean(str(named), PRUNERS), "name")
        return _read(named, {key: option for key, option in value.items() if key != "name"})

    def plain(self, value: PrunerSpec) -> Any:
        return value.name if value.name == AUTO else {"name": value.name, **value.options}

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": [AUTO, *PRUNERS]}, *(_schema(name) for name in PRUNERS)]}


def _read(name: str, given: Mapping[str, Any]) -> PrunerSpec:
    faults: list[Fault] = []
    for option, value in given.items():
        if option not in OPTIONS[name]:
            fault = unknown_key(option, ("name", *OPTIONS[name]))
            faults.append(Fault(fault.below, f"the pruner {name} has no `{option}`", fault.mend, on_key=True))
            continue
        try:
            check_options(name, {**_bounds(name), option: value})
        except PrunerError as error:
            faults.append(Fault((option,), error.problem, error.mend))
    if faults:
        raise RefusedError(faults)
    try:
        return PrunerSpec(name, check_options(name, given))
    except PrunerError as error:
        raise refused(error.problem, error.mend) from None


def _bounds(name: str) -> dict[str, Any]:
    """Bounds under which one option of `threshold` can be looked at alone."""
    return {"lower": float("-inf"), "upper": float("inf")} if name == "threshold" else {}


def _schema(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"name": {"const": name}}
    for option, default in OPTIONS[name].items():
        properties[option] = {"description": DOCS[option], **_option_schema(option)}
        if default is not None:
            properties[option]["default"] = default
    return {"type": "object", "properties": properties, "required": ["name"], "additionalProperties": False}


def _option_schema(option: str) -> dict[str, Any]:
    if option in FLAGS:
        return {"type": "boolean"}
    if option not in RANGES:
        return {"type": ["string", "object"]}
    kind, low, high = RANGES[option]
    infinity = float("inf")
    ends = {"minimum": low, "maximum": high}
    finite = {key: end for key, end in ends.items() if end not in (infinity, -infinity)}
    return {"type": "integer" if kind is int else "number", **finite}


@dataclass(frozen=True)
class Suggester(OneOf):
    """A sampler or an oracle: a key of one driver, where `default` stands for what is left out; None with others."""

    driver: str = ""
    default: str = ""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> str | None:
        driver = earlier.get("driver")
        if value is None:
            return self.default if driver in (self.driver, None) else None
        if driver not in (self.driver, None):
            other = _KEYS[driver]
            raise refused(
                f"the driver {driver} makes no use of it",
                f"write `{other}` in its place, or `driver: {self.driver}`",
            )
        read: str = super().read(value, earlier)
        return read

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"default": self.default, "x-applies-when": f"driver in [{self.driver}]"}


_KEYS = {"optuna": "sampler", "keras_tuner": "oracle"}
"""The key that says how a driver suggests."""


@dataclass(frozen=True)
class Only(Entry):
    """An entry that some samplers and oracles have and others have not; None where it is left out."""

    entry: Entry
    samplers: tuple[str, ...]
    oracles: tuple[str, ...] = ()

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        if value is None:
            return None
        known = {"sampler": self.samplers, "oracle": self.oracles}
        for key, names in known.items():
            written = earlier.get(key)
            if written is not None and written not in names:
                raise refused(
                    f"the {key} {written} makes no use of it",
                    f"leave it out, or take the {key} {' or '.join(names)}",
                )
        return self.entry.read(value, earlier)

    def schema(self) -> dict[str, Any]:
        names = [*self.samplers, *(name for name in self.oracles if name not in self.samplers)]
        return self.entry.schema() | {"x-applies-when": f"sampler or oracle in [{', '.join(names)}]"}


@dataclass(frozen=True)
class AuditShare(Real):
    """The share of stops that are audited; 0 under a pruner that stops nothing."""

    low: float | None = 0
    high: float | None = 1

    def read(self, value: Any, earlier: Mapping[str, Any]) -> float:
        pruner = earlier.get("pruner")
        stops = pruner is None or pruner.name != "none"
        if value is None:
            return SHARE if stops else 0.0
        share = self.read_given(value, earlier)
        if share > 0 and not stops:
            raise refused("the pruner none stops no trial", "leave it out, or take another pruner")
        return share


class SearchSpec(Spec):
    """Who suggests configurations, and who stops poor trials early."""

    driver: Annotated[str, OneOf("the library that suggests configurations", names=DRIVERS)] = "optuna"
    sampler: Annotated[
        str | None,
        Suggester(
            "how Optuna suggests configurations; auto: by what suits the study",
            names=SAMPLERS,
            driver="optuna",
            default=AUTO,
        ),
    ] = None
    oracle: Annotated[
        str | None,
        Suggester("how KerasTuner suggests them", names=ORACLES, driver="keras_tuner", default="bayesian"),
    ] = None
    pruner: Annotated[
        PrunerSpec,
        PrunerEntry(
            "how poor trials are stopped early: a name, or a mapping of name and options; auto: what suits the sampler"
        ),
    ] = PrunerSpec(AUTO, {})
    audit: Annotated[
        float | None,
        AuditShare(
            "share of the trials to be stopped that are let finish, to see how often stopping is wrong; "
            f"left out: {SHARE}, where the pruner stops trials"
        ),
    ] = None
    duplicates: Annotated[
        str,
        OneOf("a configuration that an earlier trial has: passed over, or trained with another seed", names=DUPLICATES),
    ] = "skip"
    startup_trials: Annotated[
        int | None,
        Only(
            "random trials before the sampler learns; left out: the sampler's own number",
            Whole("", low=1, high=100_000),
            LEARNING,
            LEARNING_ORACLES,
        ),
    ] = None
    grid_points: Annotated[
        int | None,
        Only("points of a range that has no step", Whole("", low=2, high=10_000), ("grid",), ("grid",)),
    ] = None

    @property
    def suggester(self) -> str:
        """The name of the sampler, or of the oracle."""
        name = self.sampler or self.oracle
        assert name is not None
        return name

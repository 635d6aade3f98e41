"""What a user may write under `objective`, `budget`, `workers`, `keep`, `ensemble` and `tracking`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from models.spec.byte_sizes import ByteSize
from models.spec.callbacks import REFERENCE
from models.spec.durations import Duration
from models.spec.entries import Entry, OneOf, OrNone, Real, Spec, Text, Whole, is_whole
from models.spec.faults import RefusedError, refused, shown, unknown_key
from search.study import OPEN_END
from tracking.mlflow_address import DEFAULT_URI, why_not

MEAN = "mean_of_last"


@dataclass(frozen=True, slots=True)
class At:
    """The epoch rule of an objective: `best`, `last`, or `mean` over the last `last_k` epochs."""

    rule: str = "best"
    last_k: int = 1


@dataclass(frozen=True)
class AtEntry(Entry):
    """`best`, `last` or `{mean_of_last: k}`. none: whether it may be left out as None."""

    none: bool = False

    def read(self, value: Any, earlier: Mapping[str, Any]) -> At | None:
        if isinstance(value, At) or (self.none and value is None):
            return value
        if isinstance(value, Mapping):
            unknown = [unknown_key(key, (MEAN,)) for key in value if key != MEAN]
            if unknown:
                raise RefusedError(unknown)
            k: Any = value.get(MEAN)
            if not is_whole(k) or k < 1:
                raise refused(f"{shown(k)} is no number of epochs", "write a whole number of at least 1", MEAN)
            return At("mean", int(k))
        if value not in ("best", "last") or not isinstance(value, str):
            raise refused(f"{shown(value)} is no rule", f"write best, last or {{{MEAN}: 3}}")
        return At(value)

    def plain(self, value: At | None) -> Any:
        if value is None:
            return None
        return {MEAN: value.last_k} if value.rule == "mean" else value.rule

    def schema(self) -> dict[str, Any]:
        mean = {
            "type": "object",
            "properties": {MEAN: {"type": "integer", "minimum": 1}},
            "required": [MEAN],
            "additionalProperties": False,
        }
        return {"anyOf": [{"enum": ["best", "last"]}, mean]}


def is_reference(value: object) -> bool:
    """Whether it names a file or module, and something in it."""
    return isinstance(value, str) and re.fullmatch(REFERENCE, value) is not None


@dataclass(frozen=True)
class ObjectiveCode(OrNone):
    """`file.py:objective` or `package.module:objective`."""

    none: bool = True

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> str:
        if not is_reference(value):
            mend = "write `file.py:objective` or `package.module:objective`"
            raise refused(f"{shown(value)} names no function", mend)
        return str(value)

    def schema_given(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{re.sub('[?]P<[a-z]+>', '', REFERENCE)}$"}


class ObjectiveSpec(Spec):
    """The one number that is optimised."""

    code: Annotated[
        str | None,
        ObjectiveCode(
            "`file.py:objective` or `package.module:objective` of an Optuna objective, a function of a `trial` that "
            "returns the number; it takes the place of `data`, `model` and `training`"
        ),
    ] = None

    metric: Annotated[
        str,
        Text(
            "metric on validation rows: `val_` and a name of the table of metrics; with `code`, what its number is "
            "called, `value` if left out"
        ),
    ] = "val_loss"
    goal: Annotated[
        str | None,
        OneOf(
            "whether it is to be large or small; left out: told by the metric",
            none=True,
            names=("max", "min"),
        ),
    ] = None
    at: Annotated[At, AtEntry("the epoch that counts: best, last, or {mean_of_last: k}")] = At()
    reports: Annotated[
        int | None,
        Whole(
            "with `code`, how often a trial calls `trial.report` at most; the pruners hyperband and extrapolate plan "
            "by it",
            low=1,
            high=OPEN_END,
            none=True,
        ),
    ] = None


class BudgetSpec(Spec):
    """What a study may use in all, over restarts and workers; it ends with the first that is used up."""

    trials: Annotated[int | None, Whole("trials", low=1, none=True)] = None
    time: Annotated[float | None, Duration("time, such as 10m or 2h30m", none=True)] = None
    epochs: Annotated[int | None, Whole("epochs of all trials together", low=1, none=True)] = None
    target: Annotated[
        float | None, Real("an objective that is good enough: the study ends when a trial has reached it", none=True)
    ] = None
    patience_trials: Annotated[
        int | None, Whole("the study ends when so many trials in a row brought no better one", low=1, none=True)
    ] = None
    expected_gain_below: Annotated[
        float | None,
        Real("the study ends when the next trial is expected to improve the objective by less", above=0, none=True),
    ] = None


def budget_key(value: Any) -> str:
    """What a bare budget means: a whole number of trials, or a time."""
    return "trials" if is_whole(value) else "time"


@dataclass(frozen=True)
class GpuShare(Real):
    """A share of one GPU, or a whole number of them."""

    low: float | None = 0

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> float:
        share = super().read_given(value, earlier)
        if share > 1 and not share.is_integer():
            raise refused(
                f"{shown(value)} is neither a share of one GPU nor a whole number of them",
                "write a share such as 0.5, or a whole number such as 2",
            )
        return share


class WorkersSpec(Spec):
    """Processes that train, on this machine."""

    count: Annotated[int, Whole("worker processes", low=1, high=1024)] = 1
    threads: Annotated[
        int | None, Whole("threads of a worker; left out: the cores divided by the workers", low=1, none=True)
    ] = None
    trial_time: Annotated[
        float | None,
        Duration("time that a trial may train, interruptions left out; left out: no limit", none=True),
    ] = None
    memory: Annotated[
        int | None,
        ByteSize("memory of a worker, such as 4 GB; a trial that needs more is ended; left out: no limit", none=True),
    ] = None
    gpus_per_trial: Annotated[
        float | None,
        GpuShare("GPUs of a trial: 0.5 for two on one GPU, 2 for both, 0 for none; left out: all share all", none=True),
    ] = None
    silence: Annotated[float, Duration("a trial whose epoch takes longer than this is taken for hung and ended")] = (
        300.0
    )


class KeepSpec(Spec):
    """Which trials keep their model and predictions on disk; the worst by rank lose theirs first."""

    trials: Annotated[int | None, Whole("bundles of so many best trials; left out: of all", low=1, none=True)] = None
    disk: Annotated[
        int | None, ByteSize("bundles of so much together, such as 20 GB; left out: no limit", none=True)
    ] = None


def keep_key(value: Any) -> str:
    """What a bare `keep` means: a whole number of trials, or an amount of disk."""
    return "trials" if is_whole(value) else "disk"


class EnsembleSpec(Spec):
    """The weighted ensemble that is made of the trials at the end."""

    size: Annotated[int, Whole("members at most", low=1, high=1000)] = 8
    holdout: Annotated[
        float,
        Real("share of the validation rows that judge the ensemble; the others weigh it", above=0, below=1),
    ] = 0.5


@dataclass(frozen=True)
class Store(Text):
    """Where MLflow keeps its runs."""

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> str:
        uri = super().read_given(value, earlier)
        if why_not(uri) is not None:
            raise refused(f"`{uri}` is no MLflow store", f"write {DEFAULT_URI}, http://host:port, or none")
        return uri


class TrackingSpec(Spec):
    """Where a study is shown."""

    mlflow: Annotated[str | None, Store("MLflow tracking URI, or none", none=True)] = DEFAULT_URI
    experiment: Annotated[str | None, Text("MLflow experiment; left out: the study's name", none=True)] = None

"""What a user may write under `data`: the source, the meaning of columns, the split, the preparation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from models.signature import Task
from models.spec.callbacks import REFERENCE
from models.spec.entries import Entry, Flag, Names, OneOf, OrNone, Spec, Text, Whole, is_number
from models.spec.faults import Fault, RefusedError, refused, shown
from models.spec.knobs import ChoiceKnob, IntKnob
from models.spec.metrics import tasks_of
from models.spec.sections import Section
from spaces.problems import did_you_mean

SKLEARN_TASKS: dict[str, Task] = {
    "digits": "multiclass",
    "breast_cancer": "binary",
    "wine": "multiclass",
    "iris": "multiclass",
    "diabetes": "regression",
}
"""The data sets that come with scikit-learn, as `sklearn:<name>`, and what is predicted with each."""

_SKLEARN = "sklearn:"


@dataclass(frozen=True)
class Source(Text):
    """Where rows come from; the name of a built-in data set must be known."""

    hint: str = "write sklearn:digits, a file name or module:function"

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> str:
        read = super().read_given(value, earlier)
        name = read.removeprefix(_SKLEARN)
        if read.startswith(_SKLEARN) and name not in SKLEARN_TASKS:
            raise refused(f"unknown data set `{name}`", did_you_mean(name, SKLEARN_TASKS))
        return read


@dataclass(frozen=True)
class SplitPart(OrNone):
    """A share of the rows, or the name of a file that holds the part."""

    def read_given(self, value: Any, earlier: Mapping[str, Any]) -> float | str:
        if isinstance(value, str) and value.strip():
            return value
        wanted = "write a share such as 0.2, or a file name" + (", or none" if self.none else "")
        if not is_number(value):
            raise refused(f"{shown(value)} is neither a share nor a file name", wanted)
        if not 0 < value < 1:
            raise refused(f"{value} is not a share between 0 and 1", wanted)
        held = earlier.get("validation")
        if isinstance(held, float) and held + value >= 1:
            raise refused(f"validation {held} and test {value} leave no training rows", "make one of them smaller")
        return float(value)

    def schema_given(self) -> dict[str, Any]:
        share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
        return {"anyOf": [share, {"type": "string", "minLength": 1}]}


@dataclass(frozen=True)
class Alone(Entry):
    """An entry that excludes some of the keys before it."""

    entry: Entry
    against: tuple[str, ...]
    why: str

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        read = self.entry.read(value, earlier)
        clash = [name for name in self.against if earlier.get(name)]
        if read and clash:
            raise refused(f"it does not go with `{clash[0]}`: {self.why}", "leave one of the two out")
        return read

    def schema(self) -> dict[str, Any]:
        return self.entry.schema()


@dataclass(frozen=True)
class Mapped(Entry):
    """A mapping from spelled values to values."""

    def read(self, value: Any, earlier: Mapping[str, Any]) -> Any:
        if not isinstance(value, Mapping):
            raise refused(f"{shown(value)} is not a mapping", 'write `{spelled: meant}` such as {"<=50K.": "<=50K"}')
        faults = [
            Fault((str(key),), f"{shown(item)} is not a class", "write a text, a number, true or false")
            for key, item in value.items()
            if not isinstance(item, str | int | float)
        ]
        if faults:
            raise RefusedError(faults)
        return {str(key): item for key, item in value.items()}

    def plain(self, value: Any) -> Any:
        return dict(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


class SplitSpec(Spec):
    """How rows are parted. A `test` or `validation` in a file of its own is taken whole."""

    validation: Annotated[float | str, SplitPart("validation rows: a share of the rows, or a file")] = 0.2
    test: Annotated[
        float | str | None, SplitPart("test rows, used once at the end: a share, a file, or none", none=True)
    ] = 0.2
    group: Annotated[str | None, Text("column whose equal values stay in one part", none=True)] = None
    time: Annotated[
        str | None,
        Alone(
            "column to order by: the last rows are the test part, those before them the validation part",
            Text("", none=True),
            ("group",),
            "rows that are ordered by time cannot be kept together by group",
        ),
    ] = None
    stratify: Annotated[
        bool | None,
        Alone(
            "same shares of the classes in every part; left out: yes for classes without group or time",
            Flag("", none=True),
            ("group", "time"),
            "the parts are given by that column",
        ),
    ] = None


class DataSpec(Spec):
    """Rows, columns, split and preparation."""

    source: Annotated[
        str,
        Source(
            "`sklearn:<name>` (digits, breast_cancer, wine, diabetes, iris), a .csv, .parquet, .npz or .npy "
            "file, or `module:function`",
        ),
    ]
    code: Annotated[
        str | None,
        Text(
            "`file.py:function` or `package.module:function` that gives rows to a model of your own code as they are, "
            "in the place of `source`",
            none=True,
            pattern=REFERENCE.replace("?P<place>", "?:").replace("?P<name>", "?:"),
            hint="write `file.py:function` or `package.module:function`",
        ),
    ] = None
    folder: Annotated[
        str | None,
        Text("where relative file names are looked up; left out: the study file's folder", none=True),
    ] = None
    target: Annotated[tuple[str, ...] | None, Names("the target column, or a list of them", none=True)] = None
    task: Annotated[
        str | None,
        OneOf(
            "what is predicted; left out: told by the target",
            none=True,
            names=("classification", "regression"),
        ),
    ] = None
    names: Annotated[tuple[str, ...] | None, Names("column names of a file without a header", none=True)] = None
    separator: Annotated[str | None, Text("column separator of a CSV file; left out: a comma", none=True)] = None
    missing: Annotated[tuple[str, ...], Names("texts that mean missing, besides those that pandas knows")] = ()
    labels: Annotated[
        Mapping[str, str | int | float | bool],
        Mapped('spellings of a class and the class that they mean, such as {"<=50K.": "<=50K"}'),
    ] = {}
    ignore: Annotated[tuple[str, ...], Names("columns to leave out")] = ()
    numbers: Annotated[tuple[str, ...], Names("columns to read as numbers")] = ()
    categories: Annotated[tuple[str, ...], Names("columns to read as categories")] = ()
    dates: Annotated[tuple[str, ...], Names("columns to read as dates")] = ()
    rows: Annotated[
        int | None, Whole("training rows to keep, drawn with the seed; left out: all", low=1, none=True)
    ] = None
    split: Annotated[SplitSpec, Section("how rows are parted", SplitSpec)] = SplitSpec()
    windows: Annotated[
        bool | None,
        Flag(
            "whether an array of rank 3 holds windows (n, steps, features), scaled by feature, and not grey images "
            "(n, height, width); left out: for the family rnn",
            none=True,
        ),
    ] = None
    scaling: Annotated[
        str,
        ChoiceKnob(
            "how numbers and images are scaled, with statistics of the training rows",
            choices=("standard", "minmax", "robust", "quantile", "none"),
        ),
    ] = "standard"
    max_categories: Annotated[
        int,
        IntKnob("most categories kept in a column; rarer ones share the unknown one", low=1, high=100_000),
    ] = 100


def possible_tasks(data: DataSpec) -> tuple[Task, ...]:
    """The tasks that the data may have, as far as the study file tells; none if it contradicts itself."""
    stated = tasks_of(data.task)
    built_in = SKLEARN_TASKS.get(data.source.removeprefix(_SKLEARN)) if data.source.startswith(_SKLEARN) else None
    return stated if built_in is None else tuple(task for task in stated if task == built_in)

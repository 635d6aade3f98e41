"""A model of the user's own code, as far as its study file can be judged without running it."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from models.objective import Direction
from models.spec.callbacks import OwnCallback
from models.spec.code import CodeSpec
from models.spec.faults import Fault
from models.spec.faults import Path as Below
from models.spec.metrics import METRICS, base_name
from models.spec.sections import values_of
from models.spec.varied import Varied
from search.spec_callbacks import check_reference, source_of
from search.spec_own_objective import NO_DATA
from search.spec_study import StudySpec

KEPT = ("epochs", "batch_size", "early_stopping", "reduce_lr", "callbacks", "stop_on_nan", "stop_at", "restore_best")
DATA_KEPT = ("code", "folder", "split", "target")
"""Keys of `data` that mean something for rows that go to the model as they are."""
KEPT_FILES = ("csv_log", "checkpoint_every")
"""Keys of `training` that mean something for a model that comes compiled."""


def check_code(study: StudySpec, folder: Path, is_written: Callable[[Below], bool]) -> Iterator[Fault]:
    """What is wrong with the reference, the objective and the training of a model of the user's own code."""
    model = study.model
    if study.data.source == NO_DATA:
        return  # see `spec_own_objective`
    yield from _check_data(study, folder, is_written)
    if not isinstance(model, CodeSpec):
        return
    reference = OwnCallback(model.code)
    found = list(check_reference(reference, ("model", "code"), folder))
    yield from found
    if study.objectives is not None:
        problem = "the costs of a model of your own code are not measured"
        yield Fault(("objectives",), problem, "give one `objective`, or take a family of models", True)
    else:
        yield from _check_objective(study)
    values = values_of(study.data) | values_of(study.training)
    varied = {name for name, value in values.items() if isinstance(value, Varied)}
    for name in sorted(varied & model.space.keys()):
        problem = f"`{name}` varies under `data` or `training` too"
        yield Fault(("model", "space", name), problem, "leave it out of one of the two", True)
    is_plain = not found and takes_a_signature(reference, folder)
    kept = type(study.training).model_fields if is_plain else (*KEPT, *KEPT_FILES)
    for key in type(study.training).model_fields:
        if is_written(("training", key)) and (key not in kept or key == "others"):
            problem = f"`{key}` has no effect here: the model comes compiled by {model.code}"
            if key == "others":
                problem = "`others` has no meaning for a model of your own code: what is not written is fixed"
            yield Fault(("training", key), problem, "leave it out, and set it in your code")


def _check_data(study: StudySpec, folder: Path, is_written: Callable[[Below], bool]) -> Iterator[Fault]:
    """Rows that go to the model as they are: for models of the user's own code, and nothing of ours is done to them."""
    code = study.data.code
    if code is None:
        return
    if not isinstance(study.model, CodeSpec):
        problem = f"rows as they are fit a model of your own code, not the family {study.model.family}"
        yield Fault(("data", "code"), problem, "write `source` in its place, or `model: {code: file.py:build}`", True)
        return
    yield from check_reference(OwnCallback(code), ("data", "code"), folder / (study.data.folder or ""))
    for key in type(study.data).model_fields:
        if key not in DATA_KEPT and is_written(("data", key)):
            problem = f"`{key}` has no effect here: the rows of {code} go to the model as they are"
            yield Fault(("data", key), problem, "leave it out", True)
    for part in ("validation", "test"):
        if isinstance(getattr(study.data.split, part), str):
            problem = f"the rows of {code} do not go with a file of {part} rows"
            yield Fault(("data", "split", part), problem, "give a share, or return every part by itself")
    for key in ("group", "time", "stratify"):
        if is_written(("data", "split", key)):
            problem = f"`{key}` has no effect here: the rows of {code} are parted at random"
            yield Fault(("data", "split", key), problem, "leave it out, or return every part by itself", True)


def takes_a_signature(reference: OwnCallback, folder: Path) -> bool:
    """Whether the code is a function of two arguments, `build(config, signature)`, as far as its text tells."""
    source = source_of(reference, folder)
    if source.suffix != ".py" or not source.is_file():
        return False
    tree = ast.parse(source.read_text(encoding="utf-8", errors="replace"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == reference.name:
            return len(node.args.posonlyargs + node.args.args) - len(node.args.defaults) == 2
    return False


def _check_objective(study: StudySpec) -> Iterator[Fault]:
    """A metric of the user's own needs a direction; which ones the model has is seen when it is built."""
    metric, goal = study.objective.metric, study.objective.goal
    known = METRICS.get(base_name(metric))
    direction = known.direction if known is not None else None
    if direction is None and goal is None:
        problem = f"whether `{metric}` is to be large or small is not known"
        yield Fault(("objective", "metric"), problem, "add `goal: max` or `goal: min` to the objective")
    if direction is not None and goal is not None and Direction(goal) is not direction:
        problem = f"`{metric}` improves towards {direction.value}, not {goal}"
        yield Fault(("objective", "goal"), problem, "leave `goal` out")

"""An Optuna objective of the user's own, as far as its study file can be judged without running it."""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from models.spec.callbacks import OwnCallback
from models.spec.entries import is_whole
from models.spec.families import CODE
from models.spec.faults import Fault
from models.spec.faults import Path as Below
from search.pruning.registry import OPTIONS
from search.spec_callbacks import check_reference, source_of
from search.spec_search import AUTO, PrunerSpec
from search.spec_sections import ObjectiveSpec, is_reference
from search.spec_study import StudySpec
from search.study import OPEN_END

VALUE = "value"
"""What the number of such an objective is called where the study file gives it no name."""
NO_DATA = "objective.code"
"""Stands for `data.source`: the function reads its own rows."""
SILENCE = "1000h"
"""A function need not report, and its trial is not taken for hung."""
SAMPLERS = (AUTO, "tpe", "random", "gp")
"""Samplers that can begin without knowing what varies."""
PAUSING_PRUNERS = ("asha", "one_epoch")
PLANNING_PRUNERS = ("hyperband", "extrapolate")
"""Pruners that need to know how long a trial is."""

_ENQUEUE = "enqueue_trial"
_WITHOUT = {
    "data": "the function reads its own rows",
    "model": "the function builds its own model",
    "training": "the function trains by itself",
    "limits": "its parameters are known only once it has asked for them",
    "confirm": "its trials are not trained again with other seeds",
    "ensemble": "its models are not kept",
    "keep": "its models are not kept",
}
"""Keys that mean nothing beside such an objective, and why."""


def has_code(objective: Any) -> bool:
    """Whether what stands under `objective` names a function."""
    return isinstance(objective, Mapping) and objective.get("code") not in (None, "none")


def for_objective(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`raw` as the study of such an objective: nothing that it does itself is left to this project."""
    objective = {"metric": VALUE, **raw["objective"]}
    code = objective["code"]
    filled = {key: value for key, value in raw.items() if key not in (*_WITHOUT, "objectives")}
    filled |= {
        "objective": objective,
        "data": {"source": NO_DATA},
        "model": {"family": CODE, "code": code if is_reference(code) else "own.py:objective"},
        "training": {"epochs": _epochs(objective.get("reports"))},
        "ensemble": None,
    }
    search, workers = raw.get("search", {}), raw.get("workers", {})
    search = {"sampler": search} if isinstance(search, str) else search
    workers = {"count": workers} if is_whole(workers) else workers
    if isinstance(search, Mapping) and search.get("driver") != "keras_tuner":
        filled["search"] = {"duplicates": "train", **search}
    if isinstance(workers, Mapping):
        filled["workers"] = {"silence": SILENCE, **workers}
    return filled


def _epochs(reports: Any) -> int:
    """What a trial trains at most; anything that is no number of reports is told later."""
    return int(reports) if is_whole(reports) and 0 < reports <= OPEN_END else OPEN_END


def required_keys(names: list[str]) -> dict[str, Any]:
    """`required` of a study file's schema, and what else must be there: `data`, or an objective that reads its own."""
    own = {"objective": {"type": "object", "required": ["code"]}}
    return {
        "required": [name for name in names if name not in ("study", "data")],
        "anyOf": [{"required": ["data"]}, {"required": ["objective"], "properties": own}],
    }


def check_own_objective(study: StudySpec, folder: Path, is_written: Callable[[Below], bool]) -> Iterator[Fault]:
    """What is wrong with the function, its goal, and what cannot be done with it."""
    objective = study.objective
    if objective.code is None:
        if objective.reports is not None and study.data.source != NO_DATA:
            problem = "`reports` counts what a function of your own reports, and there is none"
            yield Fault(("objective", "reports"), problem, "leave it out; `training.epochs` bounds a training", True)
        return
    reference = OwnCallback(objective.code)
    found = list(check_reference(reference, ("objective", "code"), folder))
    yield from found or _check_function(reference, folder)
    yield from _check_keys(objective, is_written)
    yield from _check_search(study, is_written)


def _check_keys(objective: ObjectiveSpec, is_written: Callable[[Below], bool]) -> Iterator[Fault]:
    if objective.goal is None:
        problem = "whether the objective is to be large or small is not known"
        yield Fault(("objective", "code"), problem, "add `goal: max` or `goal: min`", True)
    if is_written(("objective", "at")):
        problem = "`at` has no effect here: the number that the function returns is the trial's"
        yield Fault(("objective", "at"), problem, "leave it out", True)
    for key, why in _WITHOUT.items():
        if is_written((key,)):
            yield Fault((key,), f"`{key}` has no meaning beside `objective.code`: {why}", "leave it out", True)
    if is_written(("objectives",)):
        problem = "a function of your own has one objective"
        yield Fault(("objectives",), problem, "leave it out, and return one number", True)


def _check_search(study: StudySpec, is_written: Callable[[Below], bool]) -> Iterator[Fault]:
    search, reports = study.search, study.objective.reports
    if search.driver != "optuna":
        problem = f"the driver {search.driver} must know what varies before the first trial"
        yield Fault(("search", "driver"), problem, "take the driver optuna")
    elif search.sampler not in SAMPLERS:
        problem = f"the sampler {search.sampler} must know what varies before the first trial"
        yield Fault(("search", "sampler"), problem, f"take one of {', '.join(SAMPLERS[1:])}")
    pruner = _innermost(search.pruner)
    if pruner.name in PAUSING_PRUNERS or pruner.options.get("promote"):
        problem = f"the pruner {pruner.name} pauses trials, and a function of your own cannot pause"
        mend = "write `promote: false`" if pruner.name == "hyperband" else "take median or successive_halving"
        yield Fault(("search", "pruner"), problem, mend)
    elif pruner.name in PLANNING_PRUNERS and reports is None:
        problem = f"the pruner {pruner.name} plans by how often a trial reports, which is not known"
        yield Fault(("search", "pruner"), problem, "add `reports` to the objective, such as `reports: 30`")
    if is_written(("search", "duplicates")) and search.duplicates == "skip":
        problem = "two trials cannot be told to be alike before the function has asked for all of its parameters"
        yield Fault(("search", "duplicates"), problem, "leave it out, or write `train`")


def _innermost(pruner: PrunerSpec) -> PrunerSpec:
    """The pruner that decides: the one that `patient` wraps."""
    while pruner.name == "patient":
        inner = pruner.options["pruner"]
        name = inner if isinstance(inner, str) else str(inner["name"])
        given = {} if isinstance(inner, str) else {key: value for key, value in inner.items() if key != "name"}
        pruner = PrunerSpec(name, {**OPTIONS.get(name, {}), **given})
    return pruner


def _check_function(reference: OwnCallback, folder: Path) -> Iterator[Fault]:
    source = source_of(reference, folder)
    tree = _tree(source)
    at = ("objective", "code")
    function = _function(tree, reference.name)
    if function is not None and _required(function) != 1:
        problem = f"`{reference.name}` takes {_required(function)} arguments, and is called with a `trial`"
        mend = f"write a function of one, such as `def search(trial): return {reference.name}(trial, ...)`"
        yield Fault(at, problem, mend)
    made = _method(tree, reference.name, "__init__")
    if made is not None and _required(made) > 1:
        problem = f"the class `{reference.name}` needs arguments"
        mend = f"make an instance in the file, `objective = {reference.name}(...)`, and name that"
        yield Fault(at, problem, mend)


def takes_a_trial(reference: OwnCallback, folder: Path) -> bool:
    """Whether the code is called with one argument that is called `trial`, as far as its text tells."""
    tree = _tree(source_of(reference, folder))
    function = _function(tree, reference.name)
    if function is not None:
        return _required(function) == 1 and [a.arg for a in function.args.args[:1]] == ["trial"]
    call = _method(tree, _class_of(tree, reference.name), "__call__")
    return call is not None and [a.arg for a in call.args.args[1:]] == ["trial"]


def _class_of(tree: ast.Module, name: str) -> str:
    """The class that `name` is, or of which it is made an instance, as in `objective = Objective(rows)`."""
    made = (node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call))
    for node in made:
        is_it = any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        if is_it and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            return node.value.func.id
    return name


def _tree(source: Path) -> ast.Module:
    if source.suffix != ".py" or not source.is_file():
        return ast.Module([], [])
    try:
        return ast.parse(source.read_text(encoding="utf-8", errors="replace"))
    except SyntaxError:
        return ast.Module([], [])


def _function(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return found[-1] if found else None


def _method(tree: ast.Module, of: str, name: str) -> ast.FunctionDef | None:
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == of]
    return _function(ast.Module(found[-1].body, []), name) if found else None


def _required(function: ast.FunctionDef) -> int:
    """Arguments that a call must give."""
    given = function.args
    named = sum(default is None for default in given.kw_defaults)
    return len(given.posonlyargs + given.args) - len(given.defaults) + named


def own_search_note(code: str, folder: Path) -> str:
    """A sentence on the search that the file of `code` does by itself, as far as its text tells; empty for none."""
    source = source_of(OwnCallback(code), folder)
    tree = _tree(source)
    lines = [node.lineno for node in _run_on_import(tree)]
    notes = [f"{source.name} searches by itself in line {lines[0]}, which is left out here"] if lines else []
    enqueued = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == _ENQUEUE]
    if enqueued:
        notes.append(f"`{_ENQUEUE}` in line {enqueued[0]} of {source.name} has no effect here")
    return "; ".join(notes)


def _run_on_import(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of `....optimize(objective...)` that run when the module is imported."""
    for node in tree.body:
        if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr == "optimize":
                yield node.value

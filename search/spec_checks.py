"""What only the whole study can tell: whether metric, loss and task fit, whether limits and grids can be."""

from collections.abc import Callable, Iterator

from models.signature import Signature
from models.spec.data import possible_tasks
from models.spec.families import CODE
from models.spec.faults import Fault, Path
from models.spec.metrics import METRICS, VALIDATION, base_name, why_unknown
from models.spec.shapes import misfit
from models.spec.training import LOSSES
from models.spec.varied import Varied
from search.spec_objectives import Tasks, check_objective, metric_misfit
from search.spec_search import AUTO, BELIEVING, PAUSING
from search.spec_space import absent_knobs, held_knobs, known_names
from search.spec_study import StudySpec
from spaces.domains import Categories, DomainError
from spaces.expressions import ExpressionError
from spaces.limits import Limit
from spaces.space import Space

PARAMS = "params"
"""In limits: the number of weights of the model."""

CLASSES_ONLY = ("class_weights", "label_smoothing")
"""Training knobs that mean nothing for numbers as targets."""


def check_task(study: StudySpec) -> Iterator[Fault]:
    """The task that is stated, against the source and the split."""
    tasks = possible_tasks(study.data)
    if not tasks:
        problem = f"{study.data.source} is no {study.data.task}"
        yield Fault(("data", "task"), problem, "leave `task` out, or change it")
    if tasks == ("regression",) and study.data.split.stratify:
        problem = "numbers as targets cannot be stratified"
        yield Fault(("data", "split", "stratify"), problem, "leave `stratify` out")


def check_budget(study: StudySpec) -> Iterator[Fault]:
    """A study must have an end."""
    budget = study.budget
    if budget.trials is None and budget.time is None and budget.epochs is None:
        # a target may never be reached
        yield Fault(("budget",), "the budget has no bound", "give at least one of trials, time and epochs")


def check_pruner(study: StudySpec) -> Iterator[Fault]:
    """A sampler that pauses trials has no use for a pruner that stops them."""
    sampler, pruner = study.search.sampler, study.search.pruner.name
    if sampler in PAUSING and pruner not in ("none", AUTO):
        problem = f"the sampler {sampler} says itself which trials go on, and {pruner} would stop them"
        yield Fault(("search", "pruner"), problem, "write `pruner: none`")


def check_priors(study: StudySpec) -> Iterator[Fault]:
    """A sampler that covers the space evenly has no use for beliefs."""
    search = study.search
    if search.sampler in BELIEVING:
        return
    who = f"the sampler {search.sampler}" if search.sampler else "KerasTuner"
    for held in held_knobs(study).values():
        if isinstance(held.value, Varied) and held.value.prior is not None:
            problem = f"{who} covers the space evenly, whatever is believed"
            mend = f"leave it out, or take the sampler {', '.join(BELIEVING[:-1])} or {BELIEVING[-1]}"
            yield Fault((*held.path, "prior"), problem, mend)


def check_fit(study: StudySpec, tasks: Tasks, is_written: Callable[[Path], bool]) -> Iterator[Fault]:
    """Objective, metrics and loss against the tasks that the data may have."""
    if study.model.family == CODE:
        return  # its metrics and loss are its own: see `spec_code`
    yield from check_objective(study, tasks)
    yield from check_metrics(study, tasks)
    yield from check_loss(study, tasks, is_written)


def check_data(study: StudySpec, signature: Signature, is_written: Callable[[Path], bool]) -> Iterator[Fault]:
    """What the study file asks for, against the data as they turned out to be."""
    yield from check_fit(study, (signature.task,), is_written)
    unfit = misfit(study.model.family, signature.input_shape)
    if unfit is not None:
        yield Fault(("model", "family"), *unfit)


def check_metrics(study: StudySpec, tasks: Tasks) -> Iterator[Fault]:
    """The metrics to compute besides."""
    for i, metric in enumerate(study.training.metrics):
        at = ("training", "metrics", i)
        unknown = why_unknown(metric)
        if unknown is not None:
            yield Fault(at, *unknown)
        elif metric.startswith(VALIDATION):
            yield Fault(at, f"`{metric}` is computed with `{base_name(metric)}`", f"write `{base_name(metric)}`")
        elif tasks and not set(METRICS[metric].tasks) & set(tasks):
            yield metric_misfit(at, metric, tasks)


def check_loss(study: StudySpec, tasks: Tasks, is_written: Callable[[Path], bool]) -> Iterator[Fault]:
    """Losses, and knobs for classes only, against the task."""
    if not tasks:
        return
    for at, loss in _choices(study.training.loss, ("training", "loss")):
        if not set(LOSSES[loss]) & set(tasks):
            fit = ", ".join(name for name, known in LOSSES.items() if set(known) & set(tasks))
            yield Fault(at, f"the loss {loss} does not fit a {' or '.join(tasks)} task", f"choose among {fit}")
    if tasks == ("regression",):
        for name in CLASSES_ONLY:
            if is_written(("training", name)):
                yield Fault(("training", name), f"{name} has no effect here: the task is regression", "leave it out")


def _choices(value: object, at: Path) -> Iterator[tuple[Path, str]]:
    """Every value that a knob of categories may take, with its place."""
    if not isinstance(value, Varied):
        yield at, str(value)
    elif isinstance(value.domain, Categories):
        for i, choice in enumerate(value.domain.choices):
            yield (*at, "choice", i), str(choice)


def check_grid(study: StudySpec, space: Space) -> Iterator[Fault]:
    """Whether every dimension has points for a grid."""
    if study.search.sampler != "grid":
        return
    knobs = held_knobs(study)
    told: set[str] = set()
    for dimension in space.dimensions:
        name = dimension.name if dimension.name in knobs else dimension.name.rpartition(".")[0]
        try:
            dimension.domain.grid(study.search.grid_points)
        except DomainError as error:
            if name not in told:
                told.add(name)
                mend = "give it a `step`, or say `grid_points: 5` under search"
                yield Fault(knobs[name].path, f"the sampler grid cannot list it: {error.problem}", mend)


def read_limits(study: StudySpec) -> tuple[tuple[Limit, ...], list[Fault]]:
    """The limits that can be read, and the faults of the others."""
    absent = absent_knobs(study)
    names = known_names(held_knobs(study)) | ({PARAMS} if study.model.family != CODE else set())
    limits: list[Limit] = []
    faults: list[Fault] = []
    for i, text in enumerate(study.limits):
        try:
            limit = Limit.parse(text, names=names | absent.keys())
        except ExpressionError as error:
            faults.append(Fault(("limits", i), error.problem, error.mend))
            continue
        without = sorted(limit.expression.names & absent.keys())
        if without:
            problem = f"`{without[0]}` has no value, as {absent[without[0]]} is none"
            faults.append(Fault(("limits", i), problem, f"give {absent[without[0]]}, or drop the limit"))
        elif not limit.expression.names:
            faults.append(Fault(("limits", i), f"`{text}` asks for no knob", "name a knob, or `params`"))
        else:
            limits.append(limit)
    return tuple(limits), faults

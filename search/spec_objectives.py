"""Objectives against the task of the data, and against sampler, pruner and budget where there are several."""

from collections.abc import Callable, Iterator

from models.objective import Aim, Direction, Objective
from models.signature import Task
from models.spec.costs import COSTS, PARAMS, why_no_cost
from models.spec.faults import Fault, Path
from models.spec.metrics import METRICS, VALIDATION, base_name, fitting, why_unknown
from models.spec.varied import Varied
from search.spec_search import AUTO
from search.spec_sections import At, ObjectiveSpec
from search.spec_several import AimSpec
from search.spec_study import StudySpec

SEVERAL: dict[str, tuple[str, ...]] = {"optuna": ("tpe", "nsga2", "gp", "random", "qmc", "grid")}
"""Driver -> its samplers that can search for several objectives."""
PRUNERS_OF_SEVERAL = ("dominated", "threshold", "none")

Tasks = tuple[Task, ...]
"""The tasks that the data may have; empty when the study file contradicts itself."""


def objective_of(study: StudySpec) -> Objective:
    """The one objective, or the first of several, with its direction."""
    written = study.objective if study.objectives is None else study.objectives[0]
    at = written.at or At()
    return Objective(written.metric, _direction(written), at=at.rule, last_k=at.last_k)


def aims_of(study: StudySpec) -> tuple[Aim, ...]:
    """The several objectives, in the order in which they are written; empty where there is one."""
    return tuple(Aim(written.metric, _direction(written)) for written in study.objectives or ())


def further_metrics(study: StudySpec) -> tuple[str, ...]:
    """Metrics that have to be measured for the objectives after the first, without `val_`."""
    further = (study.objectives or ())[1:]
    names = [base_name(written.metric) for written in further if written.metric not in COSTS]
    return tuple(name for name in names if name != "loss")


def _direction(written: ObjectiveSpec | AimSpec) -> Direction:
    if written.metric in COSTS:
        return Direction.MINIMIZE
    metric = METRICS.get(base_name(written.metric))
    known = metric.direction if metric is not None else None
    direction = Direction(written.goal) if written.goal is not None else known
    assert direction is not None
    return direction


def pruner_of_several(study: StudySpec) -> str | None:
    """The pruner that suits several objectives: by dominance, if all further ones are costs; None for one objective."""
    if study.objectives is None:
        return None
    return "dominated" if all(written.metric in COSTS for written in study.objectives[1:]) else "none"


# ------------------------------------------------------------------------------------------------ faults
def check_objective(study: StudySpec, tasks: Tasks) -> Iterator[Fault]:
    """Metrics and directions of the objectives."""
    if study.objectives is None:
        yield from _check_metric(study, study.objective, ("objective",), tasks)
        return
    for i, written in enumerate(study.objectives):
        at: Path = ("objectives", i)
        if written.metric in COSTS:
            yield from _check_cost(written, at)
        elif i > 0 and why_unknown(written.metric) is not None:
            known = tuple(VALIDATION + name for name in fitting(tasks) or METRICS)
            yield Fault((*at, "metric"), *why_no_cost(written.metric, known))
        else:
            yield from _check_metric(study, written, at, tasks)


def _check_cost(written: AimSpec, at: Path) -> Iterator[Fault]:
    if at[-1] == 0:
        problem = f"the first objective is the one that is trained for, and `{written.metric}` is a cost"
        yield Fault((*at, "metric"), problem, "write a metric such as val_accuracy first, and the costs after it")
    if written.goal == Direction.MAXIMIZE.value:
        yield Fault((*at, "goal"), f"`{written.metric}` improves towards min, not max", "leave `goal` out")


def _check_metric(study: StudySpec, written: ObjectiveSpec | AimSpec, at: Path, tasks: Tasks) -> Iterator[Fault]:
    metric, on_metric = written.metric, (*at, "metric")
    unknown = why_unknown(metric, prefix=VALIDATION)
    if unknown is not None:
        yield Fault(on_metric, *unknown)
        return
    if not metric.startswith(VALIDATION):
        yield Fault(on_metric, f"`{metric}` is measured on training rows", f"write `{VALIDATION}{metric}`")
        return
    known = METRICS[base_name(metric)]
    if tasks and not set(known.tasks) & set(tasks):
        yield metric_misfit(on_metric, metric, tasks)
    goal = written.goal
    if known.direction is None and goal is None:
        problem = f"`{metric}` is better neither when large nor when small"
        yield Fault(on_metric, problem, "add `goal: max` or `goal: min` to the objective")
    if known.direction is not None and goal is not None and Direction(goal) is not known.direction:
        problem = f"`{metric}` improves towards {known.direction.value}, not {goal}"
        yield Fault((*at, "goal"), problem, "leave `goal` out")
    if base_name(metric) == "loss":
        yield from _moving_loss(study, on_metric)


def _moving_loss(study: StudySpec, at: Path) -> Iterator[Fault]:
    for name in ("loss", "label_smoothing"):
        if isinstance(getattr(study.training, name), Varied):
            yield Fault(
                at,
                f"`val_loss` is another number in every trial, as training.{name} varies",
                f"choose a metric such as val_crossentropy or val_mse, or fix training.{name}",
            )


def metric_misfit(at: Path, metric: str, tasks: Tasks) -> Fault:
    """The fault of a metric that no possible task has."""
    prefix = VALIDATION if metric.startswith(VALIDATION) else ""
    fit = ", ".join(prefix + name for name in fitting(tasks))
    return Fault(at, f"`{metric}` does not fit a {' or '.join(tasks)} task", f"choose among {fit}")


def check_several(study: StudySpec, is_written: Callable[[Path], bool]) -> Iterator[Fault]:
    """Whether sampler, pruner and budget fit the number of objectives."""
    search = study.search
    if study.objectives is None:
        if search.pruner.name == "dominated":
            problem = "the pruner dominated compares several objectives, and there is one"
            yield Fault(("search", "pruner"), problem, "write median, or list the others under `objectives`")
        return
    if is_written(("objective",)):
        for key in ("objective", "objectives"):
            yield Fault((key,), "`objective` and `objectives` exclude each other", "keep one of them", on_key=True)
    yield from _check_sampler(study)
    yield from _check_pruner(study)
    if study.confirm is not None:
        problem = "the mean over seeds is that of one objective, and there are several"
        yield Fault(("confirm",), problem, "leave it out", on_key=True)
    if study.budget.expected_gain_below is not None:
        problem = "the expected gain is that of one objective, and there are several"
        yield Fault(("budget", "expected_gain_below"), problem, "leave it out, or write patience_trials")


def _check_sampler(study: StudySpec) -> Iterator[Fault]:
    search = study.search
    able = SEVERAL.get(search.driver, ())
    if not able:
        problem = f"the driver {search.driver} searches for one objective, and there are several"
        yield Fault(("search", "driver"), problem, f"take the driver {' or '.join(SEVERAL)}")
    elif search.sampler not in (AUTO, *able):
        problem = f"the sampler {search.sampler} searches for one objective, and there are several"
        yield Fault(("search", "sampler"), problem, f"take one of {', '.join(able)}")


def _check_pruner(study: StudySpec) -> Iterator[Fault]:
    assert study.objectives is not None
    pruner, at = study.search.pruner.name, ("search", "pruner")
    if pruner not in (AUTO, *PRUNERS_OF_SEVERAL):
        problem = f"{pruner} judges trials by the first of several objectives alone"
        yield Fault(at, problem, f"take {' or '.join(PRUNERS_OF_SEVERAL)}")
    metrics = [written.metric for written in study.objectives[1:] if written.metric not in COSTS]
    if pruner == "dominated" and metrics:
        problem = f"dominated judges by the first objective and by `{PARAMS}`, which say nothing of `{metrics[0]}`"
        yield Fault(at, problem, "write `pruner: none`")

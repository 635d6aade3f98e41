"""`check --build`: the data of a study file, prepared, and the models of a few sampled configurations."""

from typing import TextIO

from models.data.dataset import Dataset
from models.quiet import quiet_stderr
from models.spec.code import CodeSpec
from search.by_step import by_step_sentence
from search.open_study import OpenStudy
from search.spec import StudyFile
from search.tables import aligned, cell
from spaces.problems import MendableError
from spaces.space import Params

_BUILT = 3


def build_some(file: StudyFile, samples: list[Params], stream: TextIO) -> int:
    """Prints what the data are and the sizes of some sampled models. Returns 0, or 1 when no sample keeps the limits.

    Raises DataError, SpecError for a study that does not fit its data, TrainingError and UserCodeError for callbacks
    that cannot be made, and whatever a family says of data that it cannot take.
    """
    study = OpenStudy.open(file)
    with study.folder.held():
        _, dataset = study.data.of(file.config(samples[0]))
    print(f"\ndata: {describe(dataset)}", file=stream)
    for note in dataset.notes:
        print(f"  note: {note}", file=stream)
    file.refuse_unfit(dataset.signature)
    feasible = [p for p in samples if study.why_infeasible(p) is None]
    if file.limits:
        print(f"\n{100 * len(feasible) / len(samples):.0f} % of the configurations keep the limits", file=stream)
    if not feasible:
        print("no sampled configuration keeps the limits; widen `limits` or the space", file=stream)
        return 1
    if isinstance(file.spec.model, CodeSpec):
        _try_callbacks(file, stream)
        return 0
    from models.families.registry import build, builder

    with quiet_stderr():
        builder(file.config(feasible[0]).model.family)

    print(f"\n{min(_BUILT, len(feasible))} models built:", file=stream)
    rows = [("params", "configuration")]
    for params in feasible[:_BUILT]:
        model = build(file.config(params).model, dataset.signature)
        rows.append((str(model.count_params()), " ".join(f"{k}={cell(v)}" for k, v in params.items())))
    print(aligned(rows), file=stream)
    _try_callbacks(file, stream)
    return 0


def _try_callbacks(file: StudyFile, stream: TextIO) -> None:
    """Makes the user's callbacks once. Raises TrainingError and UserCodeError, whatever the user's code raises."""
    wanted = file.training.callbacks
    if not wanted:
        return
    from models.training.callbacks.own import batch_hooks, own_callbacks
    from models.training.errors import TrainingError
    from models.training.life import Life

    try:
        made = own_callbacks(wanted, Life(1))
    except MendableError:
        raise
    except Exception as error:  # the user's own code
        raise TrainingError(
            f"training.callbacks: {type(error).__name__}: {error}", "mend the callback, or what stands under `with`"
        ) from error
    print(f"\ncallbacks: {', '.join(own.name for own in made)}", file=stream)
    if why := batch_hooks(made).why:
        print(f"  {by_step_sentence(why)}", file=stream)


def describe(dataset: Dataset) -> str:
    """Rows, inputs and outputs of a data set in a line."""
    signature = dataset.signature
    parts = [("training", dataset.train), ("validation", dataset.validation), ("test", dataset.test)]
    rows = ", ".join(f"{len(part.y)} {name}" for name, part in parts if part is not None)
    shape = " x ".join(map(str, signature.input_shape))
    if signature.task == "regression":
        return f"{rows} rows; {shape} inputs; predicts {', '.join(signature.targets)}"
    return f"{rows} rows; {shape} inputs; {len(signature.classes)} classes"

"""`check`: what a study file describes, sampled some hundred times; with `build`, also its data and a few models."""

from typing import TextIO

import numpy as np

from models.data.dataset import Dataset
from search.open_study import OpenStudy
from search.spec import StudyFile, feasible_share
from search.tables import aligned, cell
from spaces.space import Params

SAMPLES = 300
_BUILT = 3


def check(file: StudyFile, *, build: bool, stream: TextIO) -> int:
    """Prints what varies and how much of it keeps the limits. Returns 0, or 1 when nothing does.

    Raises DataError and whatever a family says of data it cannot take, both with how to mend it.
    """
    rng = np.random.default_rng(file.spec.seed)
    print(f"{file.path}: study `{file.spec.study}`", file=stream)
    print(f"\n{len(file.space)} parameters vary:", file=stream)
    print(aligned(_dimensions(file)), file=stream)
    samples = [file.space.sample(rng) for _ in range(SAMPLES)]
    for params in samples:
        file.config(params)
    print(f"\n{SAMPLES} sampled configurations are valid", file=stream)
    if file.limits and not build:
        share = feasible_share(file, SAMPLES, rng)
        note = "; rules over `params` are looked at with --build" if _counts_params(file) else ""
        print(f"{100 * share:.0f} % of them keep the limits{note}", file=stream)
        return int(share == 0)
    return _build(file, samples, stream) if build else 0


def describe(dataset: Dataset) -> str:
    """Rows, inputs and outputs of a data set in a line."""
    signature = dataset.signature
    parts = [("training", dataset.train), ("validation", dataset.validation), ("test", dataset.test)]
    rows = ", ".join(f"{len(part.y)} {name}" for name, part in parts if part is not None)
    shape = " x ".join(map(str, signature.input_shape))
    if signature.task == "regression":
        return f"{rows} rows; {shape} inputs; predicts {', '.join(signature.targets)}"
    return f"{rows} rows; {shape} inputs; {len(signature.classes)} classes"


def _dimensions(file: StudyFile) -> list[tuple[str, str, str]]:
    rows = [("parameter", "values", "when")]
    for d in file.space.dimensions:
        rows.append((d.name, str(d.domain), d.when.text if d.when else ""))
    return rows


def _counts_params(file: StudyFile) -> bool:
    return any("params" in limit.expression.names for limit in file.limits)


def _build(file: StudyFile, samples: list[Params], stream: TextIO) -> int:
    """Prepares the data and builds some of the sampled models."""
    study = OpenStudy.open(file)
    with study.folder.held():
        _, dataset = study.data.of(file.config(samples[0]))
    print(f"\ndata: {describe(dataset)}", file=stream)
    for note in dataset.notes:
        print(f"  note: {note}", file=stream)
    feasible = [p for p in samples if study.why_infeasible(p) is None]
    if file.limits:
        print(f"\n{100 * len(feasible) / len(samples):.0f} % of the configurations keep the limits", file=stream)
    if not feasible:
        print("no sampled configuration keeps the limits; widen `limits` or the space", file=stream)
        return 1
    from models.families.registry import build

    print(f"\n{min(_BUILT, len(feasible))} models built:", file=stream)
    rows = [("params", "configuration")]
    for params in feasible[:_BUILT]:
        model = build(file.config(params).model, dataset.signature)
        rows.append((str(model.count_params()), " ".join(f"{k}={cell(v)}" for k, v in params.items())))
    print(aligned(rows), file=stream)
    return 0

"""`check`: what a study file describes, sampled some hundred times. Looks at data and models only with `build`."""

from pathlib import Path
from typing import TextIO

import numpy as np

from models.spec.callbacks import OwnCallback
from models.spec.code import CodeSpec
from search.folder import StudyFolder
from search.history import history_of
from search.spec import StudyFile, feasible_share
from search.spec_code import takes_a_signature
from search.spec_own_objective import own_search_note
from search.tables import aligned

SAMPLES = 300


def check(file: StudyFile, *, build: bool, stream: TextIO) -> int:
    """Prints what varies and how much of it keeps the limits. Returns 0, or 1 when nothing does.

    Raises DataError and whatever a family says of data it cannot take, both with how to mend it.
    """
    rng = np.random.default_rng(file.spec.seed)
    print(f"{file.path}: study `{file.spec.study}`", file=stream)
    if file.is_own_objective:
        print(f"\n{file.spec.objective.code} says what varies when the trials call it", file=stream)
        note = own_search_note(str(file.spec.objective.code), file.path.parent)
        if note:
            print(f"\nnote: {note}", file=stream)
        print(f"\n{file.choice.why}", file=stream)
        return 0
    file = with_code(file, stream)
    print(f"\n{len(file.space)} parameters vary:", file=stream)
    print(aligned(_dimensions(file)), file=stream)
    if file.choice.why:
        print(f"\n{file.choice.why}", file=stream)
    folder = StudyFolder(Path(file.spec.folder) / file.spec.study)
    past = history_of(folder.history, file.objective, file.space)
    if past is not None:
        print(f"\nhistory: {past.words}", file=stream)
    samples = [file.space.sample(rng) for _ in range(SAMPLES)]
    for params in samples:
        file.config(params)
    print(f"\n{SAMPLES} sampled configurations are valid", file=stream)
    if file.limits and not build:
        share = feasible_share(file, SAMPLES, rng)
        if _counts_params(file):
            print("limits over `params` are looked at with --build", file=stream)
        if not all("params" in limit.expression.names for limit in file.limits):
            print(f"{100 * share:.0f} % of them keep the {'other ' if _counts_params(file) else ''}limits", file=stream)
        return int(share == 0)
    if not build:
        return 0
    # here, because the data and the models load frameworks that a plain check does without
    from search.building import build_some

    return build_some(file, samples, stream)


def with_code(file: StudyFile, stream: TextIO) -> StudyFile:
    """`file` with the space of its own code, which a process of its own looks at; raises ProbeError."""
    model = file.spec.model
    if not isinstance(model, CodeSpec) or takes_a_signature(OwnCallback(model.code), file.path.parent):
        return file
    # here, because the record behind it loads a framework
    from search.probing import joined, probe

    found = probe(file, None)
    for note in found.notes:
        print(f"note: {note}", file=stream)
    return joined(file, found)


def _dimensions(file: StudyFile) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("parameter", "values", "when", "believed")]
    for d in file.space.dimensions:
        believed = "" if d.prior is None else str(d.prior)
        rows.append((d.name, str(d.domain), d.when.text if d.when else "", believed))
    return rows if file.space.has_prior else [row[:3] for row in rows]


def _counts_params(file: StudyFile) -> bool:
    return any("params" in limit.expression.names for limit in file.limits)

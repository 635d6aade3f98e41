"""`import`: trials of an earlier search become history of a study that has not begun."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TextIO

import numpy as np

from models.files import write_json
from models.spec.code import CodeSpec
from search.checking import with_code
from search.folder import StudyFolder
from search.history import History, Part, PastTrial, fingerprint
from search.importing.fitting import Fitted, Names, fit
from search.importing.objectives import Reading, differences, reading
from search.importing.opening import open_source
from search.importing.source import NO_OBJECTIVE, Source, SourceError, SourceTrial
from search.lock import Lock
from search.open_study import OpenStudy
from search.spec import StudyFile
from search.spec_search import HEEDING_HISTORY
from search.stored import StoredStudy
from search.tables import aligned
from spaces.problems import did_you_mean
from spaces.walker import written_out


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to import. tracking_uri: where MLflow keeps the experiment, if it is one.

    overrides: `key=value` that the study file was read with.
    """

    source: str
    names: Names = field(default_factory=Names)
    tracking_uri: str = "sqlite:///mlflow.db"
    overrides: Sequence[str] = ()


def names_of(renames: Sequence[str], *, dropped: Sequence[str], given: Sequence[str]) -> Names:
    """The names that `--rename OLD=NEW`, `--without NAME` and `--with NAME=VALUE` give. Raises: SourceError."""
    return Names(_pairs("--rename", renames), frozenset(dropped), _pairs("--with", given))


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name or not value:
            raise SourceError(f"{option} {text} has no two sides", f"write it as {option} name=other")
        pairs[name] = value
    return pairs


def import_into(file: StudyFile, wanted: Wanted, *, stream: TextIO) -> int:
    """Brings the trials that fit the space of `file` in as history, and prints what became of the others. Returns 0.

    Raises SourceError for a search that cannot be read or of which nothing fits, and for a study that has begun;
    HistoryError for a history that cannot be read; StudyBusyError for a study that runs; ProbeError for code of the
    user's own that builds no model.
    """
    folder = OpenStudy.open(file).folder
    if file.aims:
        raise SourceError(
            f"{file.path} has several objectives, and samplers learn from earlier trials of one",
            "import into a study with one objective",
        )
    if file.is_own_objective:
        raise SourceError(
            f"the parameters of {file.spec.objective.code} are not known before its first trial",
            "import into a study whose file says what varies",
        )
    source = open_source(wanted.source, metric=file.objective.metric, tracking_uri=wanted.tracking_uri)
    file = with_code(file, stream)
    _refuse_unknown(wanted.names, source, file)
    read = reading(source, file.objective)
    fitted, past = _past(source, read, file, wanted.names)
    if not past:
        raise SourceError(_none_fits(source, fitted, file))
    with folder.held():
        _refuse_begun(folder, file)
        history = _stored(folder, file).with_part(Part(source.label, tuple(past)))
        history.write(folder.history)
        _relock(folder)
    total = len(past) + sum(fitted.left_out.values())
    print(f"{len(past)} of {total} trials of {source.label} are history of the study {file.spec.study}", file=stream)
    if fitted.left_out:
        print(f"left out:\n{_reasons(fitted)}", file=stream)
    for note in (*source.notes, *_notes(source, read, fitted, file)):
        print(f"note: {note}", file=stream)
    print(f"\nhistory: {history.words}", file=stream)
    print(f"run it:  {shlex.join(['python', '-m', 'search', 'run', str(file.path), *wanted.overrides])}", file=stream)
    return 0


def _refuse_unknown(names: Names, source: Source, file: StudyFile) -> None:
    """Raises: SourceError for an old name that no trial has, or a new one that the space does not have."""
    there = {name for trial in source.trials for name in trial.params} | source.fixed.keys()
    here = {*file.space.names, *written_out(file.space.fixed)}
    for option, old in [*(("--rename", name) for name in names.renamed), *(("--without", n) for n in names.dropped)]:
        if old not in there:
            raise SourceError(
                f"{option} {old}: no trial of {source.label} has a parameter `{old}`", did_you_mean(old, there)
            )
    for option, new in [*(("--rename", n) for n in names.renamed.values()), *(("--with", n) for n in names.given)]:
        if new not in here:
            raise SourceError(f"{option}: the space has no parameter `{new}`", did_you_mean(new, file.space.names))


def _past(source: Source, read: Reading, file: StudyFile, names: Names) -> tuple[Fitted, list[PastTrial]]:
    """The trials that fit and have an objective, and why the others are left out."""
    fitted = fit(_completed(source, file, names), file.space, names, source.fixed)
    past: list[PastTrial] = []
    for trial, params in fitted.trials:
        found = read.of(trial)
        broken = file.broken_limit(params)
        if found is None:
            fitted.leave_out(NO_OBJECTIVE)
        elif broken is not None:
            fitted.leave_out("outside the limits", broken)
        else:
            past.append(PastTrial(params, found.objective, found.epochs, found.values, trial.cut))
    for reason, count in source.left_out.items():
        fitted.left_out[reason] += count
    return fitted, past


def _completed(source: Source, file: StudyFile, names: Names) -> Sequence[SourceTrial]:
    """The trials; for code of the user's own, with a value of each parameter that only others of them asked for.

    It made no difference to the trial, and is drawn from the study's seed, the trial's place and the name.
    """
    if not isinstance(file.spec.model, CodeSpec):
        return source.trials
    old = {new: name for name, new in names.renamed.items()}
    there = {name for trial in source.trials for name in trial.params} - names.dropped
    domains = {old.get(d.name, d.name): d.domain for d in file.space.dimensions if d.name not in names.given}
    completed = []
    for place, trial in enumerate(source.trials):
        drawn = {
            name: domain.sample(np.random.default_rng([file.spec.seed, place, *name.encode()]))
            for name, domain in domains.items()
            if name in there and name not in trial.params
        }
        completed.append(replace(trial, params={**drawn, **trial.params}))
    return completed


def _refuse_begun(folder: StudyFolder, file: StudyFile) -> None:
    """Raises: SourceError for a study that has a trial: what its sampler knew may not change afterwards."""
    if not (folder.lock.exists() and folder.record.exists()):
        return
    trials = StoredStudy.open(str(folder.root)).trials
    if trials:
        name = file.spec.study
        raise SourceError(
            f"the study {name} has begun ({len(trials)} trials), and its suggestions follow from what was known then",
            f"import into a new study, with `study={name}-2` after the file, here and for `run`",
        )


def _stored(folder: StudyFolder, file: StudyFile) -> History:
    """The history so far, without what was imported for another objective or lies outside of the space by now."""
    objective = file.objective
    history = History.read(folder.history)
    if history is None or (history.metric, history.direction) != (objective.metric, objective.direction):
        return History(objective.metric, objective.direction)
    return history.within(file.space)


def _relock(folder: StudyFolder) -> None:
    """A study that was begun without coming to a trial is begun with this history."""
    if folder.lock.exists():
        write_json(folder.lock, replace(Lock.read(folder.lock), history=fingerprint(folder.history)).to_json())


def _none_fits(source: Source, fitted: Fitted, file: StudyFile) -> str:
    total = sum(fitted.left_out.values())
    if not total:
        return f"{source.label} has no trials; import a search that has"
    return (
        f"none of the {total} trials of {source.label} can be taken into {file.path}:\n{_reasons(fitted)}\n"
        "widen the space, or say with --rename, --without and --with how the parameters are named there"
    )


def _reasons(fitted: Fitted) -> str:
    """One line a reason, with the number of trials and an example."""
    rows = []
    for reason, count in fitted.left_out.most_common():
        example = fitted.examples.get(reason, "")
        rows.append((str(count), f"{reason}, such as {example}" if example else reason))
    return aligned(rows)


def _notes(source: Source, read: Reading, fitted: Fitted, file: StudyFile) -> Iterator[str]:
    """What a person should know of what was taken."""
    if read.note:
        yield read.note
    if fitted.passed_over:
        yield f"passed over, as they are the same in all trials: {', '.join(fitted.passed_over)}"
    changed = differences(source, file.space.fixed)
    if changed:
        yield f"not all was the same: {'; '.join(changed)}"
    if file.choice.sampler not in HEEDING_HISTORY:
        yield f"{file.choice.sampler} learns nothing from other trials"

"""The end of a `run`: leaderboard, ensemble, what the tracker keeps of them, and what a person reads."""

from collections.abc import Mapping, Sequence
from typing import TextIO

from models.ensemble.candidates import EnsembleError
from models.ensemble.judge import Plan
from models.files import write_text
from models.objective import Objective
from search import confirmed, ensembling
from search.audit import Audit
from search.ensembling import Ensemble
from search.leaderboard import Row, as_csv, best_so_far, board
from search.open_study import OpenStudy
from search.parts import Ending
from search.progress import clock_time
from search.pruning.wilcoxon import P_THRESHOLD
from search.record import Record
from search.spec_confirm import ConfirmSpec
from search.study import Cause, RecordedTrial, TrialState
from search.tables import aligned, cell, figure
from tracking.tracker import Tracker
from tracking.values import StudySummary

_SHOWN = 5
_NAMED = 6
"""Parameters that are named with their importance."""


def close_study(study: OpenStudy, record: Record, tracker: Tracker, ending: Ending, *, stream: TextIO) -> None:
    """Ranks, builds the ensemble, tells the tracker and prints the result of this command."""
    trials, aims = record.trials(), study.file.aims
    rows = board(trials, study.file.objective, aims)
    front = tuple(row for row in rows if row.is_on_front)
    write_text(study.folder.leaderboard, as_csv(rows))
    if aims:
        write_text(study.folder.front, as_csv(front))
    ended = tuple(row for row in rows if row.state.is_final)
    ensemble, why_none = _ensemble(study, front if aims else ended, ending)
    importances = record.importances([t for t in trials if t.suggestion.repeat is None])
    found = confirmed.finalists(trials, study.file.objective.direction)
    audit = Audit.of(trials, study.file.objective.direction, aims)
    tracker.study_finished(
        StudySummary(
            leaderboard=tuple(row.flat() for row in ended),
            best_so_far=best_so_far(trials, study.file.objective.direction),
            importances=importances,
            ensemble=ensemble.to_json() if ensemble else {},
            counts=counts(trials) | audit.counts(),
            confirmed=confirmed.to_json(found, study.file.objective.direction),
            finished=not ending.interrupted,
        )
    )
    tracker.close()
    print(f"\nstopped: {ending.reason}  ({counts_line(trials)}; {clock_time(record.seconds)})", file=stream)
    if ending.traceback:
        print(f"\n{ending.traceback.rstrip()}", file=stream)
    if rows:
        print(f"\n{best_line(study.file.objective.metric, rows)}", file=stream)
        print(side_by_side((front or [row for row in rows if row.repeats is None])[:_SHOWN]), file=stream)
    if text := confirmed_text(trials, study.file.objective, study.file.spec.confirm):
        print(f"\n{text}", file=stream)
    if audit.sentence:
        print(f"\npruning: {audit.sentence}", file=stream)
    if importances:
        print(f"\nwhat mattered: {importances_line(importances)}", file=stream)
    _print_ensemble(ensemble, why_none, stream)
    _print_next(study, tracker.link(), has_ensemble=ensemble is not None, ending=ending, stream=stream)


def best_line(metric: str, rows: Sequence[Row]) -> str:
    """What the first rows of a leaderboard are; with several objectives, how many of them are the front."""
    front = sum(row.is_on_front for row in rows)
    if not front:
        return f"best trials by {metric}:"
    shown = f", the first {_SHOWN}" if front > _SHOWN else ""
    return f"the front, {front} of {len(rows)} trials by {metric}{shown}:"


def side_by_side(rows: Sequence[Row]) -> str:
    """A few trials as columns, their facts and parameters as lines: parameters are many and have long names."""
    facts: dict[str, list[str]] = {
        "trial": [str(r.number) for r in rows],
        "objective": [f"{r.objective:.4f}" for r in rows],
        **{name: [figure(r.further[name]) for r in rows] for name in rows[0].further},
        "at epoch": [str(r.best_epoch) for r in rows],
        "state": [r.state.value.lower() for r in rows],
    }
    if any(r.finalist for r in rows):
        facts["other seeds"] = [r.finalist.text if r.finalist else "" for r in rows]
    for name in dict.fromkeys(name for row in rows for name in row.params):
        facts[name] = [cell(row.params.get(name)) for row in rows]
    return aligned([(name, *cells) for name, cells in facts.items()])


def confirmed_text(trials: Sequence[RecordedTrial], objective: Objective, spec: ConfirmSpec | None) -> str:
    """Who was confirmed, with mean and spread, and what can be said of it; empty where nobody was."""
    found = confirmed.finalists(trials, objective.direction)
    if not found:
        return ""
    p_threshold = spec.p_threshold if spec else P_THRESHOLD
    lines = confirmed.sentences(found, objective.direction, p_threshold=p_threshold)
    heading = f"confirmed: {objective.metric} with other seeds than in the search"
    return "\n".join([heading, aligned(confirmed.table(found)), *(f"  {line}" for line in lines)])


def counts(trials: Sequence[RecordedTrial]) -> dict[str, int]:
    """Trials by state, and epochs, over the whole life of the study."""
    repeats = [t for t in trials if t.suggestion.repeat is not None]
    outcomes = [t.outcome for t in trials if t.outcome and t.suggestion.repeat is None]
    infeasible = sum(o.cause is Cause.INFEASIBLE for o in outcomes)
    duplicate = sum(o.cause is Cause.DUPLICATE for o in outcomes)
    return {
        "complete": sum(o.state is TrialState.COMPLETE for o in outcomes),
        "pruned": sum(o.state is TrialState.PRUNED for o in outcomes) - infeasible - duplicate,
        "infeasible": infeasible,
        "duplicate": duplicate,
        "failed": sum(o.state is TrialState.FAILED for o in outcomes),
        "paused": sum(t.state is TrialState.PAUSED for t in trials),
        "unfinished": sum(t.state is TrialState.RUNNING for t in trials),
        **({"repeats": len(repeats)} if repeats else {}),
        "epochs": sum(len(t.values) for t in trials),
    }


def counts_line(trials: Sequence[RecordedTrial]) -> str:
    words = {"complete": "done", "infeasible": "outside the limits", "duplicate": "tried before"}
    shown = {words.get(name, name): n for name, n in counts(trials).items()}
    always = ("done", "pruned", "epochs")
    return " · ".join(f"{n} {name}" for name, n in shown.items() if n or name in always)


def importances_line(importances: Mapping[str, float]) -> str:
    """The parameters by the share of the objective's variation that they explain; the small ones together."""
    ordered = sorted(importances.items(), key=lambda item: -item[1])
    first, rest = ordered[:_NAMED], ordered[_NAMED:]
    shown = [f"{name} {100 * share:.0f} %" for name, share in first]
    if rest:
        shown.append(f"{len(rest)} others {100 * sum(share for _, share in rest):.0f} %")
    return " · ".join(shown)


def ensemble_text(ensemble: Ensemble) -> str:
    """The four contenders, what their scores are of, and who won."""
    below = [*ensembling.parts_lines(ensemble), ensemble.sentence]
    below += [f"passed over: {line}" for line in ensemble.passed_over]
    heading = f"ensemble: {ensemble.metric} of the four contenders"
    return "\n".join([heading, aligned(ensembling.table(ensemble)), *(f"  {line}" for line in below)])


def _ensemble(study: OpenStudy, rows: Sequence[Row], ending: Ending) -> tuple[Ensemble | None, str]:
    """The ensemble, or why there is none."""
    spec = study.file.spec.ensemble
    if spec is None or ending.interrupted or not rows:
        return None, ""
    config = study.file.config(rows[0].params)
    _, dataset = study.data.of(config)
    try:
        ensemble = ensembling.build(
            study.folder,
            rows,
            dataset,
            study.file.objective,
            plan=Plan(size=spec.size, holdout=spec.holdout),
            seed=study.file.spec.seed,
        )
    except EnsembleError as error:
        return None, str(error)
    return ensemble, ""


def _print_ensemble(ensemble: Ensemble | None, why_none: str, stream: TextIO) -> None:
    if why_none:
        print(f"\nno ensemble: {why_none}", file=stream)
    if ensemble is None:
        return
    print(f"\n{ensemble_text(ensemble)}", file=stream)


def _print_next(study: OpenStudy, link: str | None, *, has_ensemble: bool, ending: Ending, stream: TextIO) -> None:
    print(file=stream)
    if link:
        print(f"see it: mlflow ui    then open {link}", file=stream)
    if ending.interrupted:
        print(f"go on:  python -m search run {study.file.arguments}", file=stream)
    elif has_ensemble:
        print(f"use it: python -m search export {study.folder.root} --to exported/", file=stream)

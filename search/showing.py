"""`show`: the leaderboard of a study, or all that is known of one trial."""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from models.bundle import BundleError, DeletedError, load_bundle
from models.ensemble.candidates import EnsembleError
from search import ensembling
from search.audit import Audit
from search.by_step import why_by_step
from search.closing import confirmed_text, counts_line, ensemble_text
from search.confirmed import finalists
from search.leaderboard import Row, board
from search.stored import NoStudyError, StoredStudy
from search.study import RecordedTrial
from search.tables import aligned, cell, figure

_BAR = 40


def show(study: str, number: int | None, *, stream: TextIO) -> int:
    """Prints the study, or its trial `number`. Raises NoStudyError for one that is not there."""
    stored = StoredStudy.open(study)
    if number is None:
        _show_study(stored, stream)
        return 0
    trial = next((t for t in stored.trials if t.number == number), None)
    if trial is None:
        last = len(stored.trials) - 1
        raise NoStudyError(f"{stored.name} has no trial {number}; its trials are numbered from 0 to {last}")
    _show_trial(stored, trial, stream)
    return 0


def _show_study(stored: StoredStudy, stream: TextIO) -> None:
    print(f"{stored.name}: {counts_line(stored.trials)}", file=stream)
    if (history := stored.history()) is not None:
        print(f"history: {history.words}", file=stream)
    rows = board(stored.trials, stored.objective, stored.aims)
    if rows:
        by = "rank (1 is the front) and " if stored.aims else ""
        print(f"\ntrials by {by}{stored.objective.metric}:", file=stream)
        print(_leaderboard(rows), file=stream)
    if text := confirmed_text(stored.trials, stored.objective, stored.confirm):
        print(f"\n{text}", file=stream)
    if audit := Audit.of(stored.trials, stored.objective.direction, stored.aims).sentence:
        print(f"\npruning: {audit}", file=stream)
    failed = [t for t in stored.trials if t.outcome and t.outcome.traceback]
    for trial in failed:
        assert trial.outcome is not None
        print(f"\ntrial {trial.number} failed: {trial.outcome.reason}", file=stream)
    try:
        ensemble = ensembling.load(stored.folder.ensemble)
    except EnsembleError:
        return
    print(f"\n{ensemble_text(ensemble)}", file=stream)


def _leaderboard(rows: Sequence[Row]) -> str:
    further = tuple(rows[0].further)
    several = ("rank", "trial", "objective", *further) if further else ("trial", "objective")
    heading = (*several, "at epoch", "epochs", "seconds", "state", "ended by")
    body = [
        (
            *([str(r.rank or "")] if further else []),
            str(r.number),
            f"{r.objective:.4f}",
            *(figure(r.further[name]) for name in further),
            str(r.best_epoch),
            str(r.epochs),
            f"{r.seconds:.1f}",
            r.state.value.lower(),
            r.reason,
        )
        for r in rows
    ]
    return aligned([heading, *body])


def _show_trial(stored: StoredStudy, trial: RecordedTrial, stream: TextIO) -> None:
    outcome = trial.outcome
    if outcome is not None:
        state = outcome.state.value.lower()
    elif trial.pause is not None:
        state = f"{trial.pause.words}; it goes on when it is promoted"
    else:
        state = "unfinished; the next run goes on with it"
    print(f"{stored.name} trial {trial.number}: {state}", file=stream)
    if outcome is not None:
        facts = [("ended by", outcome.reason or outcome.cause.value)]
        if trial.audited is not None:
            facts.append(("audited", f"to be stopped after epoch {trial.audited.epoch}: {trial.audited.reason}"))
        if trial.suggestion.repeat is not None:
            facts.append(("repeats", f"trial {trial.suggestion.repeat.of}, with seed {trial.suggestion.repeat.seed}"))
        if one := next(
            (c for c in finalists(stored.trials, stored.objective.direction) if c.number == trial.number), None
        ):
            facts.append(("other seeds", one.text))
        if outcome.objective is not None:
            facts.append(("objective", f"{outcome.objective:.6g} at epoch {outcome.best_epoch}"))
        facts.append(("trained", f"{outcome.epochs} epochs in {outcome.seconds:.1f} s"))
        facts += [(name, f"{value:.6g}") for name, value in outcome.metrics.items()]
        print(aligned(facts), file=stream)
        if why := why_by_step(stored.folder.trial(trial.number)):
            print(f"\ntrained step by step, because {why}; whole epochs are faster", file=stream)
    suggested = f" (by {trial.suggestion.source})" if trial.suggestion.source else ""
    print(f"\nconfiguration{suggested}:", file=stream)
    print(aligned([(name, cell(value)) for name, value in trial.suggestion.params.items()]), file=stream)
    if trial.values:
        print(f"\n{stored.objective.metric} by epoch:", file=stream)
        print(aligned(_curve(trial.values)), file=stream)
    print(f"\nfiles: {_files(stored.folder.trial(trial.number))}", file=stream)
    if outcome is not None and outcome.traceback:
        print(f"\n{outcome.traceback.rstrip()}", file=stream)


def _files(folder: Path) -> str:
    """Where the trial's files are, or what became of them."""
    try:
        load_bundle(folder)
    except DeletedError as error:
        return str(error)
    except BundleError:
        pass
    return str(folder)


def _curve(values: Sequence[float]) -> list[tuple[str, str, str]]:
    """One line an epoch with a bar between the least and the greatest finite value."""
    numbers = [float(v) for v in values]
    finite = [v for v in numbers if v == v and abs(v) != float("inf")]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    lines = []
    for epoch, value in enumerate(numbers, start=1):
        share = (value - low) / (high - low) if high > low and value in finite else 0.0
        lines.append((str(epoch), f"{value:.4f}", "▪" * (1 + round(share * (_BAR - 1)))))
    return lines

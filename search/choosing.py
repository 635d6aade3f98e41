"""What `auto` stands for: the sampler and the pruner of a study, and in a sentence why. Knows no driver.

The rules and the figures behind them are in docs/decisions/auto.md.
"""

from dataclasses import dataclass

from search.duplicates import size_of
from search.pruning.registry import check_options
from search.spec_search import AUTO, PAUSING, PLANNED, ROUNDS, PrunerSpec, SearchSpec
from spaces.space import Space


@dataclass(frozen=True, slots=True)
class Choice:
    """The sampler and the pruner that a study has. why: a sentence; empty when the file names both."""

    sampler: str
    pruner: PrunerSpec
    why: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """trials: the budget's bound on them. max_epochs: of one trial. several: the pruner that suits the study's several
    objectives; None where it has one. grows: whether the space may, which ends a grid. trains_itself: whether a
    function of the user's own does, which cannot pause."""

    trials: int | None
    max_epochs: int
    several: str | None = None
    grows: bool = False
    trains_itself: bool = False


def chosen(search: SearchSpec, space: Space, terms: Terms) -> Choice:
    """Sampler (or oracle) and pruner as written, `auto` replaced."""
    sampler, pruner = search.suggester, search.pruner
    if sampler != AUTO and pruner.name != AUTO:
        return Choice(sampler, pruner)
    if terms.several is not None:
        return _of_several(sampler, pruner, terms.several)
    if terms.trains_itself:
        return _of_own_objective(sampler, pruner)
    if sampler != AUTO:
        name, why = _pruner_for(sampler, terms.max_epochs)
        return Choice(sampler, _plain(name), f"pruner {name}: {why}")
    if pruner.name not in (AUTO, "none"):
        why = f"sampler tpe: the written pruner {pruner.name} says which trials go on, and tpe learns from those"
        return Choice("tpe", pruner, why)
    size = None if terms.grows else size_of(space)
    if size is not None and terms.trials is not None and size <= terms.trials:
        name = pruner.name if pruner.name != AUTO else "none"
        why = f"sampler grid: the budget of {terms.trials} trials is enough for all {size} configurations"
        return Choice("grid", _plain(name), why)
    if pruner.name == "none":
        return Choice("tpe", pruner, "sampler tpe: with `pruner: none` every trial trains to its end")
    why = "sampler freeze_thaw: it pauses trials early and lets those go on that promise most, so no pruner is needed"
    return Choice("freeze_thaw", _plain("none"), why)


def _of_several(sampler: str, pruner: PrunerSpec, fitting: str) -> Choice:
    """tpe, and the pruner that fits, where they are left open."""
    whys = []
    if sampler == AUTO:
        sampler = "tpe"
        whys.append("sampler tpe: it searches for several objectives")
    if pruner.name == AUTO:
        pruner = _plain(fitting)
        reason = (
            "trials behind others that are no larger are stopped"
            if fitting == "dominated"
            else "a metric is judged at the end"
        )
        whys.append(f"pruner {fitting}: {reason}")
    return Choice(sampler, pruner, "; ".join(whys))


def _of_own_objective(sampler: str, pruner: PrunerSpec) -> Choice:
    """tpe and median where they are left open: a function of the user's own can be stopped, and cannot pause."""
    whys = []
    if sampler == AUTO:
        sampler = "tpe"
        whys.append("sampler tpe: it suggests every parameter that the objective was seen to ask for")
    if pruner.name == AUTO:
        pruner = _plain("median")
        whys.append("pruner median: an objective of your own can be stopped, and cannot pause")
    return Choice(sampler, pruner, "; ".join(whys))


def _pruner_for(sampler: str, max_epochs: int) -> tuple[str, str]:
    """The pruner that goes with a written sampler, and why."""
    if sampler in PAUSING or sampler in ROUNDS:
        return "none", f"{sampler} says itself which trials go on"
    if max_epochs == 1:
        return "none", "a trial of one epoch cannot be stopped early"
    if sampler in PLANNED:
        return "asha", f"{sampler} learns nothing from trials, so most of them may rest early"
    return "median", f"{sampler} learns from whole trials, and only clearly poor ones are stopped"


def _plain(pruner: str) -> PrunerSpec:
    return PrunerSpec(pruner, check_options(pruner, {}))

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


def chosen(search: SearchSpec, space: Space, *, trials: int | None, max_epochs: int) -> Choice:
    """Sampler (or oracle) and pruner as written, `auto` replaced.

    trials: the budget's bound on them. max_epochs: of one trial.
    """
    sampler, pruner = search.suggester, search.pruner
    if sampler != AUTO and pruner.name != AUTO:
        return Choice(sampler, pruner)
    if sampler != AUTO:
        name, why = _pruner_for(sampler, max_epochs)
        return Choice(sampler, _plain(name), f"pruner {name}: {why}")
    if pruner.name not in (AUTO, "none"):
        why = f"sampler tpe: the written pruner {pruner.name} says which trials go on, and tpe learns from those"
        return Choice("tpe", pruner, why)
    size = size_of(space)
    if size is not None and trials is not None and size <= trials:
        name = pruner.name if pruner.name != AUTO else "none"
        why = f"sampler grid: the budget of {trials} trials is enough for all {size} configurations"
        return Choice("grid", _plain(name), why)
    if pruner.name == "none":
        return Choice("tpe", pruner, "sampler tpe: with `pruner: none` every trial trains to its end")
    why = "sampler freeze_thaw: it pauses trials early and lets those go on that promise most, so no pruner is needed"
    return Choice("freeze_thaw", _plain("none"), why)


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

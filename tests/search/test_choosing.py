"""What `auto` stands for."""

from typing import Any

import pytest

from search.choosing import Choice, Terms, chosen
from search.pruning.registry import PRUNERS, check_options
from search.spec_search import AUTO, DRIVERS, ORACLES, SAMPLERS, PrunerSpec, SearchSpec
from spaces.domains import Categories, FloatRange
from spaces.space import Dimension, Space

ENDLESS = Space((Dimension("rate", FloatRange(1e-4, 1e-1, log=True)),))
SIX = Space((Dimension("layers", Categories((1, 2, 3))), Dimension("act", Categories(("relu", "tanh")))))


def choice(
    space: Space = ENDLESS,
    *,
    trials: int | None = None,
    epochs: int = 20,
    several: str | None = None,
    **written: Any,
) -> Choice:
    return chosen(SearchSpec.model_validate(written), space, Terms(trials, epochs, several))


def test_a_study_that_names_neither_pauses_trials_and_goes_on_with_the_promising_ones() -> None:
    found = choice()
    assert (found.sampler, found.pruner.name) == ("freeze_thaw", "none")
    assert found.why.startswith("sampler freeze_thaw: ")


def test_a_study_that_names_both_has_them_and_nothing_to_explain() -> None:
    written = PrunerSpec("percentile", check_options("percentile", {"percentile": 40.0}))
    found = choice(sampler="tpe", pruner={"name": "percentile", "percentile": 40.0})
    assert found == Choice("tpe", written)


def test_a_space_that_the_budget_covers_is_tried_whole() -> None:
    found = choice(SIX, trials=6)
    assert (found.sampler, found.pruner.name) == ("grid", "none")
    assert "6 trials" in found.why
    assert choice(SIX, trials=5).sampler == "freeze_thaw"
    assert choice(SIX).sampler == "freeze_thaw"


def test_a_space_that_may_grow_is_not_listed_beforehand() -> None:
    found = chosen(SearchSpec.model_validate({}), SIX, Terms(60, 20, grows=True))
    assert found.sampler == "freeze_thaw"


@pytest.mark.parametrize("pruner", ["median", "asha", "none"])
def test_a_written_pruner_is_kept_and_tpe_chosen_beside_it(pruner: str) -> None:
    found = choice(pruner=pruner)
    assert (found.sampler, found.pruner.name) == ("tpe", pruner)
    assert found.why.startswith("sampler tpe: ")


@pytest.mark.parametrize(
    ("written", "pruner"),
    [
        ({"sampler": "tpe"}, "median"),
        ({"sampler": "random"}, "asha"),
        ({"sampler": "freeze_thaw"}, "none"),
        ({"driver": "keras_tuner", "oracle": "hyperband"}, "none"),
        ({"driver": "keras_tuner", "oracle": "random"}, "asha"),
        ({"driver": "keras_tuner", "oracle": "bayesian"}, "median"),
    ],
)
def test_a_written_sampler_is_kept_and_a_pruner_chosen_that_suits_it(written: dict[str, str], pruner: str) -> None:
    found = choice(**written)
    assert found.sampler in written.values()
    assert found.pruner.name == pruner
    assert found.why.startswith(f"pruner {pruner}: ")


def test_several_objectives_are_searched_by_tpe_and_pruned_by_dominance() -> None:
    found = choice(several="dominated")
    assert (found.sampler, found.pruner.name) == ("tpe", "dominated")
    assert found.why.startswith("sampler tpe: ")
    assert "; pruner dominated: " in found.why
    assert choice(SIX, trials=6, several="none", sampler="nsga2").pruner.name == "none"
    assert choice(several="dominated", pruner="none").pruner.name == "none"


def test_trials_of_one_epoch_are_not_pruned() -> None:
    assert choice(sampler="tpe", epochs=1).pruner.name == "none"


@pytest.mark.parametrize(("driver", "names"), [("optuna", SAMPLERS), ("keras_tuner", ORACLES)])
def test_whatever_is_written_a_known_sampler_and_pruner_come_out(driver: str, names: tuple[str, ...]) -> None:
    assert driver in DRIVERS
    for name in names:
        key = "sampler" if driver == "optuna" else "oracle"
        found = choice(driver=driver, **{key: name})
        assert found.sampler in names
        assert found.sampler != AUTO
        assert found.pruner.name in PRUNERS

"""`prior:` of a space: what may be written, what is refused with its place, and which samplers heed it."""

from pathlib import Path
from typing import Any

import pytest
from spec_text import SMALL, problems, read

from search.checking import check
from search.drivers.registry import make_driver
from search.drivers.setup import DriverSetup
from search.spec_search import AUTO, BELIEVING, SAMPLERS
from spaces.prior import Near, Prior, Weights

RATE = "training: {learning_rate: {float: [1e-4, 1e-1], log: true, prior: %s}}\n"
BATCH = "training: {batch_size: {choice: [32, 64], prior: %s}}\n"
KIND = "model: {activation: {choice: [relu, gelu, tanh], prior: %s}}\n"


@pytest.mark.parametrize(
    ("knob", "prior", "meant"),
    [
        (RATE, "1e-3", Near(1e-3, 0.2)),
        (RATE, "{value: 1e-3}", Near(1e-3, 0.2)),
        (RATE, "{value: 1e-3, spread: 0.1}", Near(1e-3, 0.1)),
        (KIND, "relu", Weights((("relu", 1.0),))),
        (KIND, "{gelu: 1, relu: 3, tanh: 0}", Weights((("relu", 3.0), ("gelu", 1.0)))),
        (BATCH, '{"64": 2, "32": 1}', Weights(((32, 1.0), (64, 2.0)))),
        ("model: {batch_norm: {choice: [true, false], prior: %s}}\n", '{"true": 2}', Weights(((True, 2.0),))),
        ("model: {layers: {int: [1, 4], prior: %s}}\n", "2", Near(2, 0.2)),
    ],
)  # fmt: skip
def test_a_prior_is_a_value_a_value_with_a_spread_or_weights(
    tmp_path: Path, knob: str, prior: str, meant: Prior
) -> None:
    file = read(tmp_path, SMALL + knob % prior)
    believed = [d.prior for d in file.space.dimensions if d.prior is not None]
    assert believed == [meant]
    assert type(file.space).from_json(file.space.to_json()) == file.space


def test_a_prior_holds_for_every_layer(tmp_path: Path) -> None:
    text = SMALL + "model: {layers: {int: [1, 2]}, units: {int: [8, 64], per: layers, prior: 32}}\n"
    space = read(tmp_path, text).space
    assert [space.dimension(name).prior for name in ("units.1", "units.2")] == [Near(32)] * 2


def test_a_condition_that_cannot_stand_leaves_the_prior(tmp_path: Path) -> None:
    text = SMALL + "model: {layers: {int: [1, 4], prior: 9}, dropout: {float: [0.1, 0.5], when: layer > 2}}\n"
    told = problems(tmp_path, text)
    assert [line.split(": ")[0].split(" ")[1] for line in told] == ["model.layers.prior", "model.dropout.when"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (RATE % "0.5", "space.yaml:6:67 training.learning_rate.prior: 0.5 is outside {float: [0.0001, 0.1], log: true};"
                       " believe in a value that the space holds"),
        (RATE % "{value: 0.5}", "training.learning_rate.prior.value: 0.5 is outside"),
        (RATE % "{spread: 0.1}", "training.learning_rate.prior: `value` is missing; write {value: ..., spread: ...}"),
        (RATE % "{value: 1e-3, spread: 0}", "prior.spread: 0 is no spread; write a share of the range from 0.001 to 1"),
        (RATE % "{value: 1e-3, width: 1}", "learning_rate.prior.width: unknown key `width`"),
        (RATE % "small", "training.learning_rate.prior: small is not a number"),
        (KIND % "relo", "model.activation.prior: relo is not one of them; did you mean `relu`?"),
        (KIND % "elu", "model.activation.prior: elu is outside {choice: [relu, gelu, tanh]}; believe in a value"),
        (KIND % "{relo: 1}", "activation.prior.relo: relo is none of the choices; did you mean `relu`?"),
        (KIND % "{relu: -1}", "activation.prior.relu: -1 is no weight; write a number from 0, such as 1 or 3"),
        (KIND % "{relu: 0}", "activation.prior: no choice has a weight; give one of them a weight above 0"),
        (KIND % "{}", "activation.prior: no choice has a weight"),
    ],
)  # fmt: skip
def test_what_is_no_prior_is_told_where_it_stands(tmp_path: Path, text: str, line: str) -> None:
    told = problems(tmp_path, SMALL + text)
    assert len(told) == 1
    assert line in told[0]


@pytest.mark.parametrize("sampler", sorted({*SAMPLERS} - {*BELIEVING}))
def test_a_sampler_that_covers_the_space_evenly_takes_no_prior(tmp_path: Path, sampler: str) -> None:
    text = SMALL + f"search: {{sampler: {sampler}, pruner: none}}\n" + KIND % "relu" + "training: {epochs: 3}\n"
    assert problems(tmp_path, text) == [
        f"space.yaml:7:57 model.activation.prior: the sampler {sampler} covers the space evenly, whatever is believed; "
        "leave it out, or take the sampler auto, tpe, random, cmaes, gp or freeze_thaw"
    ]


@pytest.mark.parametrize("sampler", [name for name in BELIEVING if name not in ("gp", AUTO)])
def test_the_first_trials_of_every_other_sampler_are_drawn_near_the_prior(tmp_path: Path, sampler: str) -> None:
    believed = SMALL + RATE % "{value: 1e-3, spread: 0.03}"
    rates = first_rates(tmp_path, believed, sampler)
    near = [rate for rate in rates if 5e-4 < rate < 2e-3]
    assert 5 <= len(near) <= 8
    even = first_rates(tmp_path, SMALL + RATE.replace(", prior: %s", ""), sampler)
    assert sum(5e-4 < rate < 2e-3 for rate in even) <= 4


def first_rates(folder: Path, text: str, sampler: str) -> list[Any]:
    file = read(folder, text)
    startup = 8 if sampler != "freeze_thaw" else None
    setup = DriverSetup(file.space, sampler, file.objective.direction, max_epochs=9, seed=2, startup_trials=startup)
    driver = make_driver("optuna", setup)
    asked = [driver.ask(number) for number in range(8)]
    return [suggestion.params["learning_rate"] for suggestion in asked if suggestion is not None]


def test_check_shows_what_is_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    check(read(tmp_path, SMALL + RATE % "1e-3"), build=False, stream=sys.stdout)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith("believed") for line in lines)
    assert any(line.endswith("{value: 0.001, spread: 0.2}") for line in lines)


def test_check_says_nothing_of_beliefs_where_there_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    check(read(tmp_path, SMALL), build=False, stream=sys.stdout)
    assert "believed" not in capsys.readouterr().out


def test_the_resolved_study_keeps_the_prior(tmp_path: Path) -> None:
    resolved = read(tmp_path, SMALL + KIND % "{relu: 3, gelu: 1}").resolved()
    assert resolved["model"]["activation"]["prior"] == {"relu": 3.0, "gelu": 1.0}

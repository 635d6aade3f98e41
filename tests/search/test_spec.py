"""From a study file to a space, configurations, limits and an objective."""

import json
from pathlib import Path

import numpy as np
import pytest
from spec_text import FIXED, SMALL, read

from models.config import Config
from models.objective import Direction, Objective
from models.signature import Signature
from search.spec import StudySpec, feasible_share, load
from search.spec_sections import At
from spaces.domains import FloatRange
from spaces.space import Space

ROOT = Path(__file__).resolve().parents[2]
DIGITS = Signature("multiclass", (64,), 10, tuple(range(10)), ("target",), n_train=1000)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_example_of_the_digits_is_a_study() -> None:
    study = load(ROOT / "examples" / "digits.yaml")
    assert study.objective == Objective("val_accuracy", Direction.MAXIMIZE)
    assert {"layers", "units.1", "units.4", "l2", "momentum", "early_stopping.patience"} <= set(study.space.names)
    assert study.broken_limit(study.space.sample(rng()), DIGITS) is None
    assert study.spec.budget.time == 600.0
    assert study.spec.workers.count == 2


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_is_a_study_whose_samples_are_configurations(path: Path) -> None:
    study = load(path)
    # the space of a program of the user's is found when it is run
    assert len(study.space) > 3 or study.spec.model.family == "code"
    for seed in range(20):
        study.config(study.space.sample(rng(seed)))


def test_a_file_without_a_version_is_read_as_version_1(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL.replace("version: 1\n", "")).spec.version == 1


def test_a_file_of_four_lines_searches_the_default_spaces(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        "version: 1\ndata: sklearn:digits\nobjective: val_accuracy\nbudget: 10m\n",
        name="my digits.yaml",
    )
    assert study.spec.study == "my-digits"
    assert study.spec.model.family == "mlp"
    names = set(study.space.names)
    assert {"layers", "units.1", "learning_rate", "optimizer", "dropout", "early_stopping.patience"} <= names
    assert study.space.first_guess() is not None


def test_a_family_alone_searches_its_default_space(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL + "model: cnn\n")
    assert {"blocks", "filters.1", "kernel", "head"} <= set(study.space.names)


def test_a_section_with_a_knob_keeps_the_others_at_their_defaults(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL + "model: {layers: {int: [1, 3]}}\ntraining: {epochs: 3}\n")
    assert study.space.names == ("layers",)


def test_others_can_be_told_to_vary_beside_written_knobs(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL + "model: {layers: 2}\ntraining: {optimizer: adam, others: vary}\n")
    assert "learning_rate" in study.space.names
    assert "optimizer" not in study.space.names
    assert "momentum" not in study.space.names  # its default space never applies under adam


def test_others_can_be_told_to_stay_fixed(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL + "model: {others: fixed}\ntraining: {others: fixed}\n").space.names == ()


def test_an_override_does_not_end_the_default_space_of_a_section(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL, "training.epochs=3", "model.layers=2")
    assert "learning_rate" in study.space.names
    assert "layers" not in study.space.names
    assert study.config(study.space.sample(rng())).training.epochs == 3


def test_an_override_keeps_what_a_bare_value_stands_for(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL + "model: cnn\nworkers: 2\n", "model.blocks=2", "workers.threads=1")
    assert study.spec.model.family == "cnn"
    assert (study.spec.workers.count, study.spec.workers.threads) == (2, 1)


def test_per_layer_values_exist_for_the_layers_there_are(tmp_path: Path) -> None:
    model = "model: {layers: {int: [1, 3]}, units: {int: [4, 8], per: layers}}\n"
    study = read(tmp_path, FIXED.replace("model: {layers: 2}\n", model))
    for seed in range(20):
        params = study.space.sample(rng(seed))
        layers = params["layers"]
        assert set(params) == {"layers", *(f"units.{k}" for k in range(1, layers + 1))}
        config = study.config(params)
        assert config.model.units == tuple(params[f"units.{k}"] for k in range(1, layers + 1))


def test_per_layer_values_of_a_fixed_count_have_no_condition(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED, "model.units={int: [4, 8], per: layers}")
    assert [(d.name, d.when) for d in study.space.dimensions] == [("units.1", None), ("units.2", None)]


def test_a_shared_value_is_repeated_for_every_layer(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED, "model.units={int: [4, 8]}", "model.layers={int: [2, 3]}")
    assert study.config({"layers": 3, "units": 5}).model.units == (5, 5, 5)


def test_an_inactive_knob_holds_its_default_in_a_configuration(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        FIXED,
        "training.optimizer={choice: [adam, sgd]}",
        "training.momentum={float: [0.5, 0.9]}",
        "model.dropout={float: [0.2, 0.5], per: layers, when: optimizer == sgd}",
    )
    config = study.config({"optimizer": "adam"})
    assert config.training.momentum == 0.0
    assert config.model.dropout == (0.0, 0.0)


def test_built_in_and_written_conditions_hold_together(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        FIXED,
        "training.optimizer={choice: [adam, sgd]}",
        "model.layers={int: [1, 3]}",
        "training.momentum={float: [0.5, 0.9], when: layers > 1}",
    )
    assert study.space.active({"optimizer": "sgd", "layers": 2}) == ("layers", "optimizer", "momentum")
    assert study.space.active({"optimizer": "sgd", "layers": 1}) == ("layers", "optimizer")
    assert study.space.active({"optimizer": "adam", "layers": 2}) == ("layers", "optimizer")


def test_a_condition_may_be_a_mapping(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        FIXED,
        "model.activation={choice: [relu, tanh, gelu]}",
        "model.dropout={float: [0.1, 0.5], when: {activation: [relu, gelu]}}",
    )
    assert study.space.active({"activation": "gelu"}) == ("activation", "dropout")
    assert study.space.active({"activation": "tanh"}) == ("activation",)


def test_whole_numbers_for_a_knob_of_numbers_become_numbers(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED, "training.clip_norm={int: [1, 5]}")
    clip_norm = study.config({"clip_norm": 2}).training.clip_norm
    assert clip_norm == 2.0
    assert isinstance(clip_norm, float)


def test_defaults_of_spaces_are_the_first_guess(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED, "training.learning_rate={float: [1e-4, 1e-1], log: true, default: 0.002}")
    assert study.space.first_guess() == {"learning_rate": 0.002}


def test_every_sample_of_the_default_spaces_is_a_configuration_that_survives_json(tmp_path: Path) -> None:
    for model in ("mlp", "cnn", "rnn"):
        study = read(tmp_path, SMALL + f"model: {model}\n")
        for seed in range(30):
            config = study.config(study.space.sample(rng(seed)))
            assert Config.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    ("written", "read_as"),
    [((), None), (("model=rnn",), True), (("model=rnn", "data.windows=false"), False), (("data.windows=true",), True)],
    ids=str,
)
def test_arrays_are_windows_for_a_recurrent_family_unless_the_file_says_otherwise(
    tmp_path: Path, written: tuple[str, ...], read_as: bool | None
) -> None:
    study = read(tmp_path, SMALL, *written)
    assert study.data.windows is read_as
    assert study.config(study.space.sample(rng(0))).data.windows is read_as


def test_limits_are_judged_on_the_whole_configuration(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        FIXED + "limits: [layers * max(units) <= 100, params <= 5000, momentum < 0.5]\n",
        "model.units={int: [4, 200], per: layers}",
    )
    assert study.broken_limit({"units.1": 40, "units.2": 30}, DIGITS) is None
    assert study.broken_limit({"units.1": 60, "units.2": 30}, DIGITS) == (
        "layers * max(units) <= 100: layers is 2, units is [60, 30]"
    )
    assert study.broken_limit({"units.1": 50, "units.2": 50}, DIGITS) == "params <= 5000: params is 6310"
    assert study.broken_limit({"units.1": 50, "units.2": 50}) is None


def test_a_limit_on_a_knob_that_does_not_apply_is_kept(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        FIXED + "limits: [momentum > 0.7]\n",
        "training.optimizer={choice: [adam, sgd]}",
        "training.momentum={float: [0.5, 0.9]}",
    )
    assert study.broken_limit({"optimizer": "adam"}) is None
    assert study.broken_limit({"optimizer": "sgd", "momentum": 0.6}) == "momentum > 0.7: momentum is 0.6"


def test_the_feasible_share_tells_limits_that_cannot_be_kept(tmp_path: Path) -> None:
    text = FIXED + "limits: [units.1 > MOST]\n"
    layer = "model.units={int: [1, 100], per: layers}"
    assert feasible_share(read(tmp_path, text.replace("MOST", "100"), layer), 200, rng()) == 0.0
    assert 0.3 < feasible_share(read(tmp_path, text.replace("MOST", "50"), layer), 200, rng()) < 0.7


@pytest.mark.parametrize(
    ("written", "objective"),
    [
        ("val_loss", Objective("val_loss", Direction.MINIMIZE)),
        ("{metric: val_auc, at: last}", Objective("val_auc", Direction.MAXIMIZE, at="last")),
        (
            "{metric: val_accuracy, goal: max, at: {mean_of_last: 3}}",
            Objective("val_accuracy", Direction.MAXIMIZE, at="mean", last_k=3),
        ),
    ],
)
def test_the_objective_has_a_direction_and_a_rule(tmp_path: Path, written: str, objective: Objective) -> None:
    assert read(tmp_path, SMALL.replace("val_accuracy", written)).objective == objective


def test_a_metric_without_a_direction_takes_the_goal(tmp_path: Path) -> None:
    text = SMALL.replace("digits", "diabetes").replace("val_accuracy", "{metric: val_bias, goal: min}")
    assert read(tmp_path, text).objective.direction is Direction.MINIMIZE


def test_files_are_looked_up_beside_the_study_file(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL.replace("sklearn:digits", "{source: rows.csv, folder: raw}"))
    assert study.data.folder == str(tmp_path / "raw")
    assert study.config(study.space.sample(rng())).data.folder == str(tmp_path / "raw")
    assert study.resolved()["data"]["folder"] == "raw"


def test_the_resolved_study_holds_every_key_and_reads_back(tmp_path: Path) -> None:
    study = read(tmp_path, SMALL + "ensemble: none\n")
    resolved = json.loads(json.dumps(study.resolved()))
    assert resolved["training"]["batch_size"] == {"choice": [32, 64, 128], "ordered": True}
    assert resolved["ensemble"] is None
    assert StudySpec.model_validate(resolved) == study.spec


def test_the_space_survives_json(tmp_path: Path) -> None:
    space = read(tmp_path, SMALL).space
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space


@pytest.mark.parametrize(
    ("line", "section", "values"),
    [
        ("budget: 10m", "budget", {"time": 600.0, "trials": None}),
        ("budget: 40", "budget", {"trials": 40, "time": None}),
        ("workers: 3", "workers", {"count": 3}),
        ("ensemble: 5", "ensemble", {"size": 5}),
        ("confirm: 4", "confirm", {"top": 4, "seeds": 3}),
        ("search: random", "search", {"sampler": "random"}),
        ("tracking: none", "tracking", {"mlflow": None}),
        ("objective: {at: {mean_of_last: 2}}", "objective", {"at": At("mean", 2), "metric": "val_loss"}),
    ],
)
def test_a_bare_value_stands_for_the_key_that_matters(
    tmp_path: Path, line: str, section: str, values: dict[str, object]
) -> None:
    text = "".join(kept for kept in SMALL.splitlines(keepends=True) if not kept.startswith(line.split(":")[0]))
    read_section = getattr(read(tmp_path, text + line + "\n").spec, section)
    assert {name: getattr(read_section, name) for name in values} == values


def test_pruner_options_are_completed_with_their_defaults(tmp_path: Path) -> None:
    pruner = read(tmp_path, SMALL + "search: {pruner: {name: percentile, percentile: 10}}\n").spec.search.pruner
    assert pruner.name == "percentile"
    assert pruner.options["percentile"] == 10
    assert pruner.options["startup_trials"] == 5


def test_numbers_follow_yaml_1_2(tmp_path: Path) -> None:
    study = read(tmp_path, FIXED, "training.learning_rate={float: [1e-5, 1e-2], log: true}")
    assert study.space.dimension("learning_rate").domain == FloatRange(1e-5, 1e-2, log=True)

"""Every key of the study file reaches the spec, and every knob can vary; no key is forgotten."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from spec_text import SMALL, read

from models.spec.cnn import CnnSpec
from models.spec.code import CodeSpec
from models.spec.data import DataSpec
from models.spec.entries import Spec
from models.spec.families import FAMILIES, spec_of
from models.spec.knobs import Knob
from models.spec.mlp import MlpSpec
from models.spec.rnn import RnnSpec
from models.spec.sections import Section, entries_of
from models.spec.training import TrainingSpec
from search.spec_study import Family, StudySpec

CSV = "data={source: rows.csv}"
GRID = ("search.sampler=grid", "model.others=fixed", "training.others=fixed")

KEYS: dict[str, tuple[str, Any]] = {
    "study": ("other", "other"),
    "seed": ("5", 5),
    "data.source": ("rows.csv", "rows.csv"),
    "data.folder": ("raw", "raw"),
    "data.target": ("[y]", ("y",)),
    "data.task": ("classification", "classification"),
    "data.names": ("[a, b]", ("a", "b")),
    "data.separator": ("';'", ";"),
    "data.missing": ("['?']", ("?",)),
    "data.labels": ("{'a.': a}", {"a.": "a"}),
    "data.ignore": ("[id]", ("id",)),
    "data.numbers": ("[a]", ("a",)),
    "data.categories": ("[a]", ("a",)),
    "data.dates": ("[a]", ("a",)),
    "data.rows": ("100", 100),
    "data.split.validation": ("0.3", 0.3),
    "data.split.test": ("test.csv", "test.csv"),
    "data.split.group": ("person", "person"),
    "data.split.time": ("day", "day"),
    "data.split.stratify": ("false", False),
    "data.windows": ("true", True),
    "objective.metric": ("val_auc", "val_auc"),
    "objective.goal": ("max", "max"),
    "objective.at": ("last", "last"),
    "training.metrics": ("[auc, f1]", ("auc", "f1")),
    "training.callbacks": ("keras.callbacks:TerminateOnNaN", ("keras.callbacks:TerminateOnNaN",)),
    "training.stop_on_nan": ("false", False),
    "training.stop_at": ("0.99", 0.99),
    "training.restore_best": ("false", False),
    "training.csv_log": ("false", False),
    "training.jit_compile": ("true", True),
    "training.checkpoint_every": ("2m", 120.0),
    "training.reduce_lr": ("{factor: 0.1}", {"factor": 0.1, "patience": 3, "min_lr": 0.0}),
    "training.early_stopping": ("none", None),
    "search.driver": ("keras_tuner", "keras_tuner"),
    "search.sampler": ("random", "random"),
    "search.oracle": ("random", "random"),
    "search.pruner": ("none", {"name": "none"}),
    "search.duplicates": ("train", "train"),
    "search.audit": ("0.1", 0.1),
    "search.startup_trials": ("20", 20),
    "search.grid_points": ("3", 3),
    "budget.trials": ("9", 9),
    "budget.time": ("2h30m", 9000.0),
    "budget.epochs": ("99", 99),
    "budget.target": ("0.98", 0.98),
    "budget.patience_trials": ("20", 20),
    "budget.expected_gain_below": ("0.001", 0.001),
    "limits": ("[params < 10]", ("params < 10",)),
    "workers.count": ("3", 3),
    "workers.threads": ("2", 2),
    "workers.trial_time": ("90s", 90.0),
    "workers.silence": ("1m", 60.0),
    "workers.memory": ("4 GB", 4 * 10**9),
    "workers.gpus_per_trial": ("0.5", 0.5),
    "keep.trials": ("20", 20),
    "keep.disk": ("1.5 TB", 1500 * 10**9),
    "confirm.top": ("3", 3),
    "confirm.seeds": ("7", 7),
    "confirm.p_threshold": ("0.05", 0.05),
    "ensemble.size": ("3", 3),
    "ensemble.holdout": ("0.25", 0.25),
    "tracking.mlflow": ("none", None),
    "tracking.experiment": ("mine", "mine"),
    "folder": ("elsewhere", "elsewhere"),
}
"""Keys that never vary: a value that is not the default, and what the spec then holds."""

BESIDES: dict[str, tuple[str, ...]] = {
    "search.grid_points": GRID,
    "data.split.stratify": (CSV,),
    "data.folder": (CSV,),
    "search.oracle": ("search.driver=keras_tuner",),
    "search.startup_trials": ("search.sampler=tpe",),
    "confirm.top": ("confirm.seeds=2",),
    "confirm.seeds": ("confirm.top=2",),
    "confirm.p_threshold": ("confirm.top=2",),
}
ONE_VALUE = {"version", "model.family"}
"""Keys with one value only, or shown elsewhere: `model.family` has every case below."""
LONGER = {"model.others", "training.others", "objectives", "model.code", "model.space", "data.code"}
LONGER |= {"objective.code", "objective.reports"}
"""Keys with tests of their own in test_spec.py, test_spec_objectives.py, test_spec_code.py and
test_spec_own_objective.py."""


def keys(spec: type[Spec], *above: str) -> Iterator[str]:
    """Every key that is not a knob, dotted; of a section, the keys below it."""
    for name, entry in entries_of(spec).items():
        if isinstance(entry, Section):
            below = list(keys(entry.spec, *above, name))
            yield from below if below else [".".join((*above, name))]
        elif isinstance(entry, Family):
            for family in FAMILIES:
                yield from keys(spec_of(family), *above, name)
        elif not isinstance(entry, Knob):
            yield ".".join((*above, name))


def test_every_key_has_a_case() -> None:
    assert set(keys(StudySpec)) - {"model.augmentation"} == set(KEYS) | ONE_VALUE | LONGER


@pytest.mark.parametrize("key", KEYS)
def test_a_key_reaches_the_spec(tmp_path: Path, key: str) -> None:
    written, held = KEYS[key]
    base, changed = (
        read(tmp_path, SMALL, *BESIDES.get(key, ())),
        read(tmp_path, SMALL, *BESIDES.get(key, ()), f"{key}={written}"),
    )
    assert _at(changed.spec, key) == held
    assert _at(base.spec, key) != held


def _at(spec: Any, key: str) -> Any:
    for name in key.split("."):
        entry = entries_of(type(spec))[name]
        value = getattr(spec, name)
        spec = value if isinstance(value, Spec) else entry.plain(value)
    if isinstance(spec, Spec):
        return spec.model_dump(mode="json")
    return tuple(spec) if isinstance(spec, list) else spec


CONDITIONS: dict[str, dict[str, Any]] = {
    "momentum": {"optimizer": ["adam", "sgd"]},
    "nesterov": {"optimizer": ["adam", "sgd"], "momentum": 0.9},
    "beta_1": {"optimizer": ["sgd", "nadam"]},
    "beta_2": {"optimizer": ["sgd", "adamw"]},
    "rho": {"optimizer": ["sgd", "rmsprop"]},
    "weight_decay": {"optimizer": ["adam", "adamw"]},
    "decay_rate": {"schedule": ["constant", "step"]},
    "decay_epochs": {"schedule": ["constant", "exponential"]},
    "label_smoothing": {"loss": ["mse", "focal"]},
    "clip_value": {"clip_norm": [1, 0]},
    "head_activation": {"head": [0, 8]},
    "l1": {"regularizer": ["l2", "l1"]},
    "l2": {"regularizer": ["l1", "l1_l2"]},
}
"""Knobs that do not always apply: a choice whose first value leaves them out whose second lets them in."""


def places() -> Iterator[tuple[str, str, Knob]]:
    """Every knob with its family and its dotted path in the file."""
    for family in FAMILIES:
        for section, spec in (("data", DataSpec), ("model", spec_of(family)), ("training", TrainingSpec)):
            if section != "model" and family != "mlp":
                continue
            yield from ((family, path, knob) for path, knob in _knobs(spec, section))


def _knobs(spec: type[Spec], *above: str) -> Iterator[tuple[str, Knob]]:
    for name, entry in entries_of(spec).items():
        if isinstance(entry, Knob):
            yield ".".join((*above, name)), entry
        elif isinstance(entry, Section):
            yield from _knobs(entry.spec, *above, name)


def some_space(knob: Knob) -> dict[str, Any]:
    """Two values that the knob takes, as a choice."""
    schema = knob.literal_schema()
    if "enum" in schema:
        return {"choice": schema["enum"][:2]}
    if schema["type"] == "boolean":
        return {"choice": [True, False]}
    if schema["type"] == "integer":
        return {"int": [schema["minimum"], schema["minimum"] + 1]}
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    return {"float": [low + 0.1, low + 0.2]}


def fixed(family: str) -> tuple[str, str]:
    """Overrides under which no knob varies."""
    return f"model={{family: {family}, others: fixed}}", "training.others=fixed"


ALL = list(places())


@pytest.mark.parametrize(("family", "path", "knob"), ALL, ids=[f"{family}-{path}" for family, path, _ in ALL])
def test_a_knob_varies_where_it_applies(tmp_path: Path, family: str, path: str, knob: Knob) -> None:
    section, _, name = path.partition(".")
    others = CONDITIONS.get(name, {})
    overrides = [
        CSV,
        "objective=val_crossentropy",
        f"model={{family: {family}, others: fixed}}",
        "training.others=fixed",
    ]
    for other, value in others.items():
        written = {"choice": value} if isinstance(value, list) else value
        overrides.append(f"{section}.{other}={json.dumps(written)}")
    study = read(tmp_path, SMALL, *overrides, f"{path}={json.dumps(some_space(knob))}")
    assert name in study.space.names
    conditions = [other for other, value in others.items() if isinstance(value, list)]
    assert (knob.applies is not None) == bool(conditions)
    for other in conditions:
        without, with_it = others[other]
        assert name not in study.space.active({other: without})
        assert name in study.space.active({other: with_it})


@pytest.mark.parametrize(("family", "path", "knob"), ALL, ids=[f"{family}-{path}" for family, path, _ in ALL])
def test_a_value_of_a_knob_reaches_the_configuration(tmp_path: Path, family: str, path: str, knob: Knob) -> None:
    section, _, name = path.partition(".")
    overrides = [CSV, *fixed(family)]
    for other, value in CONDITIONS.get(name, {}).items():
        overrides.append(f"{section}.{other}={json.dumps(value[1] if isinstance(value, list) else value)}")
    space = some_space(knob)
    value = next(iter(space.values()))[1]
    study = read(tmp_path, SMALL.replace("objective: val_accuracy\n", ""), *overrides, f"{path}={json.dumps(value)}")
    held = study.config({}).values()[name]
    assert (held[0] if isinstance(held, tuple) else held) == value


def test_mlp_cnn_rnn_and_code_are_the_families() -> None:
    assert [spec_of(name) for name in FAMILIES] == [MlpSpec, CnnSpec, RnnSpec, CodeSpec]

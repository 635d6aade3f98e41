"""The JSON Schema, the reference made from it, and what reading a study file may load."""

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from models.spec.data import DataSpec
from models.spec.entries import Spec
from models.spec.families import FAMILIES, spec_of
from models.spec.sections import Section, entries_of
from search.spec import StudySpec, json_schema

ROOT = Path(__file__).resolve().parents[2]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def is_valid(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether `value` keeps `schema`, for the words of JSON Schema that study files use."""
    if "$ref" in schema:
        return is_valid(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if not all(is_valid(value, part, root) for part in schema.get("allOf", [])):
        return False
    if "anyOf" in schema and not any(is_valid(value, part, root) for part in schema["anyOf"]):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and not any(value == item and type(value) is type(item) for item in schema["enum"]):
        return False
    named = schema.get("type", [])
    kinds = tuple(kind for name in ([named] if isinstance(named, str) else named) for kind in TYPES[name])
    if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        return False
    return _inside(value, schema, root)


def _inside(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None and len(value) >= schema.get("minLength", 0)
    if isinstance(value, int | float):
        return (
            value >= schema.get("minimum", value)
            and value <= schema.get("maximum", value)
            and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
            and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        )
    if isinstance(value, list):
        sized = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return sized and all(is_valid(item, schema.get("items", {}), root) for item in value)
    if isinstance(value, dict):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        if any(name not in value for name in schema.get("required", [])):
            return False
        for key, item in value.items():
            form = known.get(key, rest)
            if form is False or (isinstance(form, Mapping) and not is_valid(item, form, root)):
                return False
    return True


SMALL: dict[str, Any] = {"version": 1, "data": "sklearn:digits", "budget": "10m"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"data": {"source": "a.csv", "split": {"test": "b.csv", "stratify": False}}, "budget": 40},
        {"model": "cnn", "workers": 2, "ensemble": "none", "tracking": {"mlflow": "none"}},
        {"model": {"layers": {"int": [1, 4]}, "units": {"int": [16, 256], "log": True, "per": "layers"}}},
        {"model": {"layers": 2, "units": [16, 32]}},
        {"model": {"family": "cnn", "filters": {"choice": [8, 16], "ordered": True}, "augmentation": "none"}},
        {
            "model": {"family": "rnn", "cell": "gru", "dropout": [0.1, 0.2], "layers": 2},
            "data": {"source": "a.npz", "windows": True},
        },
        {"training": {"momentum": {"float": [0, 0.9], "when": {"optimizer": ["sgd"]}, "default": 0.5}}},
        {"training": {"early_stopping": {"patience": {"int": [3, 9], "step": 3}}, "reduce_lr": None}},
        {"search": {"pruner": {"name": "patient", "pruner": {"name": "median"}}, "sampler": "grid"}},
        {"objective": {"metric": "val_auc", "at": {"mean_of_last": 3}}},
    ],
)
def test_the_schema_takes_what_is_right(more: dict[str, Any]) -> None:
    schema = json_schema()
    assert is_valid({**SMALL, **more}, schema, schema)
    StudySpec.model_validate({"study": "a", **SMALL, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"version": 2},
        {"sed": 1},
        {"budget": {"trials": 0}},
        {"budget": "soon"},
        {"model": "mpl"},
        {"model": {"layers": 0}},
        {"model": {"dropout": {"float": [0, 1.5]}}},
        {"model": {"layers": {"float": [1, 4]}}},
        {"model": {"activation": {"choice": ["relu"]}}},
        {"model": {"family": "cnn", "layers": 2}},
        {"model": {"family": "rnn", "cell": "rnn"}},
        {"model": {"batch_norm": {"choice": [True, 1]}}},
        {"training": {"epochs": {"int": [1, 4], "ordered": True}}},
        {"training": {"epochs": {"int": [1, 2, 3]}}},
        {"training": {"epochs": {"int": [1, 4], "per": "layers"}}},
        {"search": {"pruner": {"name": "median", "eta": 3}}},
        {"ensemble": {"size": True}},
    ],
)
def test_the_schema_refuses_what_is_wrong(more: dict[str, Any]) -> None:
    schema = json_schema()
    assert not is_valid({**SMALL, **more}, schema, schema)
    with pytest.raises(ValueError, match=r"not allowed here|Extra inputs"):
        StudySpec.model_validate({"study": "a", **SMALL, **more})


def test_the_schema_is_json_with_known_words_only() -> None:
    schema = json.loads(json.dumps(json_schema(), allow_nan=False))
    known = {
        *(
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "minItems",
            "maxItems",
            "uniqueItems",
        ),
        *(
            "anyOf",
            "allOf",
            "enum",
            "const",
            "pattern",
            "minLength",
            "minProperties",
            "default",
            "description",
        ),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "$ref", "$defs", "$schema", "title"),
    }
    for part in _parts(schema):
        assert {word for word in part if not word.startswith("x-")} <= known
        named = part.get("type", [])
        assert set([named] if isinstance(named, str) else named) <= TYPES.keys()


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for word in ("properties", "$defs"):
        for part in schema.get(word, {}).values():
            yield from _parts(part)
    for word in ("anyOf", "allOf"):
        for part in schema.get(word, []):
            yield from _parts(part)
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), Mapping):
            yield from _parts(schema[word])


def test_every_default_space_is_one_that_its_knob_takes() -> None:
    schema = json_schema()
    spaces = [part for part in _parts(schema) if "x-default-space" in part]
    assert len(spaces) > 15
    assert all(is_valid(part["x-default-space"], part, schema) for part in spaces)


def test_every_key_says_what_it_means() -> None:
    def told(spec: type[Spec]) -> Iterator[str]:
        for name, entry in entries_of(spec).items():
            yield entry.doc
            if isinstance(entry, Section):
                yield from told(entry.spec)
            assert name

    for spec in (StudySpec, DataSpec, *map(spec_of, FAMILIES)):
        assert all(told(spec))


def test_the_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["reference"]()
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == made, "run `python docs/make_reference.py`"


def test_reading_a_study_file_loads_no_framework() -> None:
    heavy = (
        "tensorflow",
        "keras",
        "optuna",
        "mlflow",
        "pandas",
        "sklearn",
        "scipy",
        "keras_tuner",
        "matplotlib",
    )
    code = (
        "import sys; from pathlib import Path; from search.spec import load, json_schema;"
        "load(Path('examples/digits.yaml')); json_schema();"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

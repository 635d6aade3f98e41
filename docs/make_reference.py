"""Writes `docs/reference.md` from the JSON Schema of study files: `python docs/make_reference.py`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from models.spec.costs import COSTS  # noqa: E402
from models.spec.families import FAMILIES  # noqa: E402
from models.spec.metrics import METRICS  # noqa: E402
from models.spec.training import LOSSES  # noqa: E402
from search.spec import json_schema  # noqa: E402
from spaces.arithmetic import FUNCTIONS  # noqa: E402

REFERENCE = ROOT / "docs" / "reference.md"
Schema = Mapping[str, Any]

INTRODUCTION = """\
# The study file

This page is made from the schema by `python docs/make_reference.py`; `python -m search schema` prints the
schema itself. The file is YAML 1.2: `1e-5` is a number, `yes` and `off` are texts, and a key given twice is
an error.

## Values and spaces

A **knob** is a key of `data`, `model` or `training` that may hold a value or, in the same place, a space:

| space | means |
|---|---|
| `{int: [1, 4]}` | a whole number from 1 to 4 |
| `{int: [16, 256], log: true}` | the same on a log scale |
| `{float: [0, 0.5], step: 0.1}` | 0, 0.1, ... 0.5 |
| `{float: [1e-4, 1e-1], log: true}` | a number on a log scale |
| `{choice: [relu, tanh]}` | one of the values |
| `{choice: [32, 64, 128], ordered: true}` | one of the values, whose order means something |

Each space may also have:

- `default:` a first guess; the first trial takes all of them, and the middle of the spaces without one;
- `prior:` where you believe that good values lie, which startup trials heed: a value, or
  `{value: 1e-3, spread: 0.1}` with the standard deviation as a share of the (log) range (left out: 0.2); for
  categories one of them, or weights (`{relu: 3, gelu: 1}`; keys that are numbers need quotes);
- `when:` a condition, as an expression (`optimizer == sgd and layers > 2`) or as a mapping from knobs to the
  values wanted (`{optimizer: [sgd, rmsprop]}`); it holds together with the knob's own condition;
- `per:` a value for each layer or block, where the knob has one: `units: {int: [16, 256], per: layers}` gives
  the parameters `units.1`, `units.2`, ... Without `per`, all layers share one value; a list of values gives
  each its own.

Only parameters whose conditions hold are sampled and recorded. A knob that does not apply holds its default
value. A value or a space that can never apply is an error.

`others` says what the knobs of a section hold that are not written: `fixed`, their default values, or `vary`,
their default spaces. Left out, they vary if the section has no knob at all in the file, else they are fixed.
So a file without `model` and `training` searches the default spaces, and so does `model: cnn`.

## Conditions and limits

Expressions know numbers, texts, names of knobs by their path below the section (`learning_rate`,
`early_stopping.patience`, `units.2`), `+ - * / // % **`, comparisons, `in [a, b]`, `not in`, `and`, `or`,
`not` and FUNCTIONS. In a limit, `params` is the number of weights of the
model, and a knob that has a value for each layer is a list: `layers * max(units) <= 2048`. A configuration
that breaks a limit is not trained.

## Changes on the command line

`key=value` after the file replaces a value by its dotted path: `training.epochs=3`, `budget.trials=10`,
`'model.layers={int: [1, 2]}'`.
"""


def reference() -> str:
    """The whole page."""
    schema = json_schema()
    parts = [INTRODUCTION.replace("FUNCTIONS", ", ".join(f"`{name}`" for name in FUNCTIONS))]
    parts.append("## Top level\n\n" + "\n".join(table(schema)))
    for name, section in schema["properties"].items():
        parts.extend(sections(name, section))
    parts.append("## Costs\n\n" + "\n".join(costs()))
    parts.append("## Metrics\n\n" + "\n".join(metrics()))
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def sections(name: str, section: Schema) -> Iterator[str]:
    """One chapter for each mapping that may stand at `name`, and for those inside it."""
    mappings = [form for form in members(section) if form.get("type") == "object" and "properties" in form]
    for form in mappings:
        title = f"`{name}`"
        tag = form["properties"].get("family", form["properties"].get("name", {}))
        named = tag.get("enum", [tag["const"]] if "const" in tag else [])
        if len(mappings) > 1 and named:
            title = f"`{name}`: {named[0]}"
        if len(form["properties"]) < 2 and (len(mappings) > 1 or len(members(section)) > 1):
            continue
        yield f"## {title}\n\n{sentence(section['description'])}\n\n" + "\n".join(table(form))
        for key, inner in form["properties"].items():
            if not is_knob(inner):
                yield from sections(f"{name}.{key}", inner)


def forms(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf", [schema]))


def members(schema: Schema) -> list[Schema]:
    """The forms of a key, those of its items where it is a list of mappings."""
    found: list[Schema] = []
    for form in forms(schema):
        found += [item for item in forms(form.get("items", form)) if item not in found]
    return found if any("properties" in item for item in found) else forms(schema)


def is_knob(schema: Schema) -> bool:
    return any(set(form.get("properties", ())) & {"int", "float", "choice"} for form in forms(schema))


def table(schema: Schema) -> Iterator[str]:
    """The keys of a mapping: what they take, their defaults, what they mean."""
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    required = schema.get("required", [])
    for key, item in schema["properties"].items():
        default = "required" if key in required else shown(item.get("default", ""))
        knob = " *" if is_knob(item) else ""
        yield f"| `{key}`{knob} | {taken(item)} | {default} | {meaning(item)} |"
    if any(is_knob(item) for item in schema["properties"].values()):
        yield ""
        yield "\\* a knob: takes a space too."


def meaning(item: Schema) -> str:
    text = sentence(item.get("description", ""))
    if "x-per" in item:
        text += f" May be given `per: {item['x-per']}`."
    if "x-applies-when" in item:
        text += f" Applies when `{item['x-applies-when']}`."
    if "x-default-space" in item:
        text += f" Default space `{spelled(item['x-default-space'])}`."
    return text.replace("|", "\\|")


def sentence(text: str) -> str:
    if not text:
        return ""
    starts_plain = text[0].isalpha()
    return (text[0].upper() + text[1:] if starts_plain else text) + "."


def taken(item: Schema) -> str:
    """What may be written for a key, spaces left out."""
    words = [word for form in forms(item) for word in words_of(form)]
    return " or ".join(dict.fromkeys(word for word in words if word)).replace("|", "\\|")


def words_of(form: Schema) -> Iterator[str]:
    if "anyOf" in form:
        for inner in form["anyOf"]:
            yield from words_of(inner)
    elif not set(form.get("properties", ())) & {"int", "float", "choice"}:
        yield words_for(form)


def words_for(form: Schema) -> str:
    if "const" in form:
        return f"`{shown_value(form['const'])}`"
    if "enum" in form:
        return ", ".join(f"`{shown_value(item)}`" for item in form["enum"] if item is not None)
    kind = form.get("type")
    if isinstance(kind, list):
        return " or ".join(words_for({"type": one}) for one in kind)
    if kind in ("integer", "number"):
        return {"integer": "whole number", "number": "number"}[kind] + interval(form)
    if kind == "array":
        return "list"
    named = {"string": "text", "boolean": "`true`, `false`", "object": "mapping"}
    return named.get(str(kind), "")


def interval(form: Schema) -> str:
    low, high = form.get("minimum"), form.get("maximum")
    above, below = form.get("exclusiveMinimum"), form.get("exclusiveMaximum")
    start = f"from {low:,}" if low is not None else f"above {above:g}" if above is not None else ""
    end = f"to {high:,}" if isinstance(high, int) else f"to {high:g}" if high is not None else ""
    end = f"to below {below:g}" if below is not None else end
    return "".join(f" {word}" for word in (start, end) if word)


def shown(default: object) -> str:
    if default == "":
        return ""
    if isinstance(default, dict):
        return "see below"
    return "none" if default in (None, "none") else f"`{shown_value(default)}`"


def shown_value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def spelled(space: Mapping[str, Any]) -> str:
    """A space as a study file has it."""
    parts = []
    for key, value in space.items():
        text = spelled(value) if isinstance(value, Mapping) else shown_value(value).replace('"', "")
        parts.append(f"{key}: {text}")
    return "{" + ", ".join(parts) + "}"


def costs() -> Iterator[str]:
    yield "With several `objectives`, those after the first may be costs of the model. Less is better of each."
    yield ""
    yield "| cost | meaning |"
    yield "|---|---|"
    for name, doc in COSTS.items():
        yield f"| `{name}` | {sentence(doc)} |"


def metrics() -> Iterator[str]:
    yield "The objective is a metric with `val_` before its name; `training.metrics` lists names without it."
    yield ""
    yield "| metric | tasks | improves towards | meaning |"
    yield "|---|---|---|---|"
    for name, metric in METRICS.items():
        goal = f"`{metric.direction.value}`" if metric.direction is not None else "say `goal`"
        yield f"| `{name}` | {', '.join(metric.tasks)} | {goal} | {sentence(metric.doc)} |"
    yield ""
    yield "Losses by task:"
    yield ""
    for name, tasks in LOSSES.items():
        yield f"- `{name}`: {', '.join(tasks)}"
    yield ""
    yield f"Families: {', '.join(f'`{name}`' for name in FAMILIES)}."


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")

"""Names, values and texts as MLflow takes them. Loads no MLflow."""

import math
import re
from collections.abc import Iterable, Mapping

from tracking.values import Value

NAME_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 5000

OWN_METRICS = frozenset({"objective", "seconds", "epochs", "best_epoch", "best_objective"})
"""What the tracker itself says about a trial or study; an epoch metric of such a name gets a `_` appended."""

_FORBIDDEN = re.compile(r"[^\w\-. :/]", re.ASCII)


def allowed(name: str) -> str:
    """`name` with every character that MLflow refuses replaced by `_`, and no path that leaves its folder."""
    name = _FORBIDDEN.sub("_", name).strip() or "_"
    parts = ["_" if part in ("", ".", "..") else part for part in name.split("/")]
    return "/".join(parts)[:NAME_LENGTH]


def allowed_names(names: Iterable[str]) -> dict[str, str]:
    """name -> allowed name, different for different names."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = candidate = allowed(name)
        count = 1
        while candidate in taken:
            count += 1
            candidate = f"{base[: NAME_LENGTH - 8]}_{count}"
        taken.add(candidate)
        given[name] = candidate
    return given


def metric_names(names: Iterable[str]) -> dict[str, str]:
    """Like `allowed_names`, clear of the tracker's own metrics."""
    wanted = {name: f"{name}_" if name in OWN_METRICS else name for name in names}
    given = allowed_names(wanted.values())
    return {name: given[want] for name, want in wanted.items()}


def param_text(value: Value) -> str:
    """Numbers plain, `true`, `false` and `none` as they are written in YAML."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))
    return str(value)[:PARAM_LENGTH]


def params(values: Mapping[str, Value]) -> dict[str, str]:
    names = allowed_names(values)
    return {names[name]: param_text(value) for name, value in values.items()}


def tag_text(value: object) -> str:
    """`value` as a tag, cut where MLflow would refuse it."""
    text = str(value)
    return text if len(text) <= TAG_LENGTH else text[: TAG_LENGTH - 1] + "…"


def number(value: float) -> float:
    """`value` as a metric: infinities as NaN, because MLflow would draw them as 1.8e308."""
    return float(value) if math.isfinite(value) else math.nan


def quoted(text: str) -> str:
    """`text` as a string of MLflow's filter language, which has no escapes: quotes choose the other kind."""
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace('"', "_") + '"'

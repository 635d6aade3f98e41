"""`init`: a first study file for a model of the user's own code, with what it was seen to ask for, or an objective."""

import re
from pathlib import Path
from typing import TextIO

from models.files import write_text
from models.objective import Direction
from models.spec.callbacks import REFERENCE, OwnCallback
from models.spec.metrics import METRICS, VALIDATION
from search.found import Found
from search.probing import probe
from search.spec import study_of
from search.spec_own_objective import takes_a_trial
from spaces.problems import MendableError
from spaces.source import parse

ERRORS = ("error", "loss", "divergence", "mae", "mse", "rmse", "mape")
"""Parts of a metric's name that say that small is good."""

_TEXT = """\
# A first study file for {code}; `python -m search check {name}` says what it means.
data:
  source: data.py:load          # a function that returns (x, y), a .csv, .parquet or .npz file, or sklearn:digits
model:
  code: {code}
{parameters}objective: {objective}
training:
  epochs: 30                    # at most; `fit` of your own code may train fewer
search: {{sampler: tpe, pruner: median}}
budget: {{trials: 40, time: 1h}}
"""

_OBJECTIVE = """\
# A first study file for {code}; `python -m search check {name}` says what it means.
objective: {{code: {code}, goal: max}}    # min, where a small number is good
search: {{sampler: tpe, pruner: median}}  # the pruner decides what trial.should_prune() says
budget: {{trials: 40, time: 1h}}
"""

_LEAST = "data: sklearn:digits\nmodel: {{code: '{code}'}}\nbudget: 1\n"


class StartError(MendableError):
    """No study file can be made."""


def init(code: str, to: Path, *, stream: TextIO) -> int:
    """Looks at the code behind the reference `code` and writes a study file to `to`.

    Raises: StartError for a reference that is none and for a file that is there; ProbeError; SpecError.
    """
    if re.fullmatch(REFERENCE, code) is None:
        raise StartError(f"`{code}` names no model", "write `--from file.py:build` or `--from package.module:Name`")
    if to.exists():
        raise StartError(f"{to} is there already", "name another file with `--to`")
    if takes_a_trial(OwnCallback(code), Path()):
        return _for_objective(code, to, stream)
    file = study_of(parse(_LEAST.format(code=code), name=str(to)), to)
    found = probe(file, None)
    text = _TEXT.format(code=code, name=to, parameters=_parameters(found), objective=objective_of(found.metrics))
    write_text(to, text)
    for note in found.notes:
        print(f"note: {note}", file=stream)
    print(f"{to}: {len(found.space)} parameters of {code}", file=stream)
    print(f"next: say where your data are, then `python -m search run {to}`", file=stream)
    return 0


def _for_objective(code: str, to: Path, stream: TextIO) -> int:
    text = _OBJECTIVE.format(code=code, name=to)
    study_of(parse(text, name=str(to)), to)
    write_text(to, text)
    print(f"{to}: a search with the Optuna objective {code}", file=stream)
    print(f"next: say whether its number is to be large or small, then `python -m search run {to}`", file=stream)
    return 0


def objective_of(metrics: tuple[str, ...]) -> str:
    """What a study file would have as `objective` for a model compiled with `metrics`; the loss without any."""
    if not metrics:
        return f"{VALIDATION}loss"
    first = metrics[0]
    if first in METRICS and METRICS[first].direction is not None:
        return f"{VALIDATION}{first}"
    goal = Direction.MINIMIZE if any(part in first.lower() for part in ERRORS) else Direction.MAXIMIZE
    return f"{{metric: {VALIDATION}{first}, goal: {goal.value}}}"


def _parameters(found: Found) -> str:
    """The parameters as comments: they are the code's, and the file need not repeat them."""
    lines = [f"  #   {d.name}: {d.domain}{f'  when {d.when.text}' if d.when else ''}" for d in found.space.dimensions]
    return "\n".join(["  # it asks for", *lines, ""]) if lines else ""

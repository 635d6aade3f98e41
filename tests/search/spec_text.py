"""Study files for tests: a small one, and how it is read with lines added or changed."""

from pathlib import Path

import pytest

from search.spec import StudyFile, load
from spaces.problems import SpecError

SMALL = """\
version: 1
study: small
data: sklearn:digits
objective: val_accuracy
budget: {trials: 4}
"""
"""Everything that must be written."""

FIXED = SMALL + "model: {layers: 2}\ntraining: {epochs: 3}\n"
"""No knob varies."""


def read(folder: Path, text: str, *overrides: str, name: str = "space.yaml") -> StudyFile:
    """The study in `text`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path, overrides)


def problems(folder: Path, text: str, *overrides: str) -> list[str]:
    """The lines that are told about `text`, without the folder."""
    with pytest.raises(SpecError) as caught:
        read(folder, text, *overrides)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]

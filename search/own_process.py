"""One of this project's modules run in a process of its own, for what the coordinator must not load."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import models

_ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""It needs no GPU, and is to leave the memory of those there are to the workers."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a process has left: its result, None without one; its exit code; the last line that it printed."""

    result: Mapping[str, Any] | None
    code: int
    last: str


def run_module(module: str, job: Mapping[str, Any]) -> Done:
    """Runs `module` with the file of `job` and the file for its result."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "job.json", Path(folder) / "result.json"
        paths[0].write_text(json.dumps(job), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, paths)],
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        result = json.loads(paths[1].read_text(encoding="utf-8")) if paths[1].exists() else None
        return Done(result, done.returncode, (done.stderr.strip().splitlines() or ["nothing"])[-1])


def _environment() -> dict[str, str]:
    """That of this process, in which this project is found wherever it is run from."""
    root = str(Path(models.__path__[0]).parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)}

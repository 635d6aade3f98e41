"""The process that looks at a program before the first trial: `python -m models.code.probe job.json result.json`.

It writes what it knows after every build, so that a build which ends it by taking all memory loses only itself.
"""

import json
import sys
from pathlib import Path
from typing import Any

from models.code.discovery import Discovery, discover
from models.code.program import load_program
from models.data.dataset import signature_from_json
from models.files import write_json
from models.own_traceback import error_words, own_traceback
from models.spec.code import CodeSpec
from models.training.process import sow_generators
from spaces.problems import MendableError
from spaces.space import Space


def main(job: Path, result: Path) -> None:
    """Raises nothing: what goes wrong is the result."""
    written = json.loads(job.read_text(encoding="utf-8"))
    try:
        spec = CodeSpec.model_validate(written["model"])
        signature = signature_from_json(written["signature"]) if written["signature"] else None
        sow_generators(written["seed"])
        program = load_program(spec, signature)
        found = discover(program, fixed=spec.fixed, written=tuple(spec.space), seed=written["seed"])
        for known in found:
            write_json(result, _told(known, program.note))
    except MendableError as error:
        write_json(result, {"problem": error.problem, "mend": error.mend, "traceback": _cause(error)})
    except Exception as error:  # the user's own code
        write_json(result, {"problem": error_words(error), "traceback": own_traceback(error)})


def _told(known: Discovery, note: str) -> dict[str, Any]:
    return {
        "space": Space(known.dimensions).to_json(),
        "places": known.places,
        "builds": known.builds,
        "failures": known.failures,
        "metrics": known.metrics,
        "is_cut": known.is_cut,
        "note": note,
    }


def _cause(error: BaseException) -> str:
    return own_traceback(error.__cause__) if error.__cause__ is not None else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

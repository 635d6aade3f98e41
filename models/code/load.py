"""The process that calls the user's function for data: `python -m models.code.load job.json result.json`.

It leaves a prepared folder as any other, with the targets by which predictions are scored, and the rows themselves
beside them, unless they can only be made anew.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.code.own_data import PARTS, OwnPart, parts_of, scoring_targets, write_parts
from models.data.dataset import MANIFEST, PREPROCESSOR, SIGNATURE, signature_to_json
from models.data.functions import call
from models.data.preprocessor import Preprocessor
from models.data.scaling import Scaling
from models.files import write_json, write_text
from models.own_traceback import error_words, own_traceback
from models.signature import Signature
from models.spec.data import DataSpec
from models.training.process import sow_generators
from spaces.problems import MendableError


def main(job: Path, result: Path) -> None:
    """Raises nothing: what goes wrong is the result."""
    written = json.loads(job.read_text(encoding="utf-8"))
    try:
        spec = DataSpec.model_validate(written["data"])
        sow_generators(written["seed"])
        parts = parts_of(call(str(spec.code), spec.folder), spec, seed=written["seed"])
        prepare_own(parts, Path(written["folder"]), mark=written["mark"])
        write_json(result, {})
    except MendableError as error:
        cause = own_traceback(error.__cause__) if error.__cause__ is not None else ""
        write_json(result, {"problem": error.problem, "mend": error.mend, "traceback": cause})
    except Exception as error:  # the user's own code
        write_json(result, {"problem": error_words(error), "traceback": own_traceback(error)})


def prepare_own(parts: Mapping[str, OwnPart], folder: Path, *, mark: str) -> None:
    """Writes `parts` into `folder`, the manifest last."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = {word: scoring_targets(part) for word, part in parts.items()}
    for word, y in targets.items():
        np.save(folder / f"x_{word}.npy", np.zeros((len(y), 0), np.float32))
        np.save(folder / f"y_{word}.npy", y)
        np.save(folder / f"rows_{word}.npy", np.arange(len(y), dtype=np.int64))
    write_parts(parts, folder)
    write_json(folder / SIGNATURE, signature_to_json(_signature(parts["train"], targets)))
    write_text(folder / PREPROCESSOR, Preprocessor((), None, Scaling((), ())).dumps())
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    words = [word for word in PARTS if word in parts]
    manifest = {"fingerprint": mark, "content": _content(parts, targets), "parts": words, "notes": [], "sizes": sizes}
    write_json(folder / MANIFEST, manifest)


def _signature(train: OwnPart, targets: Mapping[str, np.ndarray]) -> Signature:
    """What the rows are, as far as it shows: predictions are scored by it."""
    y = targets["train"]
    shape = tuple(train.x.shape[1:]) if isinstance(train.x, np.ndarray) else ()
    if y.ndim == 1:
        count = int(max(part.max() for part in targets.values())) + 1
        task: Any = "binary" if count <= 2 else "multiclass"
        return Signature(task, shape, 1 if count <= 2 else count, tuple(range(max(count, 2))), ("target",), len(y))
    names = tuple(f"target{i}" for i in range(y.shape[1])) if y.shape[1] != 1 else ("target",)
    scale = tuple(s or 1.0 for s in y.std(axis=0).tolist())
    return Signature("regression", shape, y.shape[1], (), names, len(y), tuple(y.mean(axis=0).tolist()), scale)


def _content(parts: Mapping[str, OwnPart], targets: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of all arrays; of data sets, of the targets alone."""
    digest = hashlib.sha256()
    for word, part in parts.items():
        for column in [targets[word]] if part.is_live else keras.tree.flatten([part.x, part.y]):
            digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

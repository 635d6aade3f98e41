"""One file that a trial continues from: weights, optimizer, callbacks, history. Knows no framework.

Layout: a line of magic, a line with the SHA-256 of the rest, then a numpy archive: arrays and one JSON text.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.files import write_bytes
from models.training.errors import CheckpointError

MAGIC = b"keras-search checkpoint 1\n"
DIGEST_BYTES = 65  # 64 hexadecimal digits and a line end


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that training needs to go on bit for bit.

    model: all variables of the model in its order, the states of its random generators included.
    optimizer: all variables of the optimizer in its order, the learning rate and the step counter included.
    best_weights: weights of the best epoch so far, if any are kept.
    state: the rest, as JSON values.
    """

    model: Sequence[NDArray[Any]]
    optimizer: Sequence[NDArray[Any]]
    best_weights: Sequence[NDArray[Any]] | None
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The checkpoint of one trial at `path`; always whole, each write takes the last one's place."""

    path: Path

    def exists(self) -> bool:
        return self.path.is_file()

    def write(self, checkpoint: Checkpoint) -> None:
        """Store `checkpoint`; it is on disk when this returns."""
        payload = _pack(checkpoint)
        digest = hashlib.sha256(payload).hexdigest().encode()
        write_bytes(self.path, MAGIC + digest + b"\n" + payload)

    def read(self) -> Checkpoint:
        """The stored checkpoint. Raises CheckpointError when it is missing, damaged or of another format."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise CheckpointError(f"{self.path}: cannot be read ({error.strerror}); {_MEND}") from error
        if not content.startswith(MAGIC):
            raise CheckpointError(f"{self.path}: is no checkpoint of this version; {_MEND}")
        digest = content[len(MAGIC) : len(MAGIC) + DIGEST_BYTES].rstrip(b"\n")
        payload = content[len(MAGIC) + DIGEST_BYTES :]
        if hashlib.sha256(payload).hexdigest().encode() != digest:
            raise CheckpointError(f"{self.path}: is damaged, its checksum differs; {_MEND}")
        return _unpack(payload, self.path)

    def delete(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)


_MEND = "delete it to train the trial from its first epoch"


def _pack(checkpoint: Checkpoint) -> bytes:
    best = checkpoint.best_weights
    arrays = {
        **{f"model_{i}": a for i, a in enumerate(checkpoint.model)},
        **{f"optimizer_{i}": a for i, a in enumerate(checkpoint.optimizer)},
        **{f"best_{i}": a for i, a in enumerate(best or ())},
    }
    head = {
        "model": len(checkpoint.model),
        "optimizer": len(checkpoint.optimizer),
        "best": None if best is None else len(best),
        "state": checkpoint.state,
    }
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    np.savez(buffer, allow_pickle=False, head=text, **arrays)
    return buffer.getvalue()


def _unpack(payload: bytes, path: Path) -> Checkpoint:
    try:
        with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
            head = json.loads(archive["head"].tobytes())
            best = head["best"]
            return Checkpoint(
                model=[archive[f"model_{i}"] for i in range(head["model"])],
                optimizer=[archive[f"optimizer_{i}"] for i in range(head["optimizer"])],
                best_weights=None if best is None else [archive[f"best_{i}"] for i in range(best)],
                state=head["state"],
            )
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path}: holds something else than a checkpoint ({error}); {_MEND}") from error

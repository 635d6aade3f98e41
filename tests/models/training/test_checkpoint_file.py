"""The checkpoint file: whole or refused."""

import hashlib
import io
import math
from pathlib import Path

import numpy as np
import pytest

from models.training.checkpoint import MAGIC, Checkpoint, CheckpointFile
from models.training.errors import CheckpointError

CHECKPOINT = Checkpoint(
    model=[np.arange(6, dtype=np.float32).reshape(2, 3), np.array([1, 2], np.uint32)],
    optimizer=[np.array(7, np.int64)],
    best_weights=[np.ones(2, np.float32)],
    state={"history": [{"loss": 0.1, "val_loss": math.inf}]},
)


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    written = CheckpointFile(tmp_path / "trial" / "checkpoint")
    written.write(CHECKPOINT)
    return written


def test_what_is_written_is_read_back_bit_for_bit(file: CheckpointFile) -> None:
    read = file.read()
    for one, other in ((read.model, CHECKPOINT.model), (read.optimizer, CHECKPOINT.optimizer)):
        assert [a.dtype for a in one] == [a.dtype for a in other]
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    assert read.best_weights is not None
    assert read.state == CHECKPOINT.state


def test_no_best_weights_are_not_an_empty_list_of_them(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    file.write(Checkpoint([], [], None, {}))
    assert file.read().best_weights is None


def test_a_write_takes_the_place_of_the_last_and_leaves_nothing_beside(file: CheckpointFile) -> None:
    file.write(Checkpoint([], [], None, {"second": True}))
    assert file.read().state == {"second": True}
    assert [path.name for path in file.path.parent.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize("place", [0.2, 0.5, 0.999])
def test_one_flipped_byte_is_noticed(file: CheckpointFile, place: float) -> None:
    content = bytearray(file.path.read_bytes())
    content[int(place * len(content))] ^= 1
    file.path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"checkpoint: is damaged, its checksum differs; delete it to train"):
        file.read()


def test_half_a_file_is_noticed(file: CheckpointFile) -> None:
    content = file.path.read_bytes()
    file.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="is damaged"):
        file.read()


def test_another_file_is_no_checkpoint(file: CheckpointFile) -> None:
    file.path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="is no checkpoint of this version"):
        file.read()


def test_a_whole_file_with_something_else_in_it_is_no_checkpoint(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, head=np.frombuffer(b"{}", np.uint8))
    payload = buffer.getvalue()
    file = CheckpointFile(tmp_path / "checkpoint")
    digest = hashlib.sha256(payload).hexdigest().encode()
    file.path.write_bytes(MAGIC + digest + b"\n" + payload)
    with pytest.raises(CheckpointError, match=r"checkpoint: holds something else than a checkpoint \('best'\); delete"):
        file.read()


def test_a_missing_checkpoint_cannot_be_read(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoint")
    assert not file.exists()
    with pytest.raises(CheckpointError, match=r"cannot be read \(No such file or directory\)"):
        file.read()


def test_a_deleted_checkpoint_is_gone_and_may_be_deleted_again(file: CheckpointFile) -> None:
    file.delete()
    file.delete()
    assert not file.exists()

"""Files that are whole or absent."""

from pathlib import Path

import numpy as np
import pytest

from models.files import checksum, replacing, write_json, write_text


def test_a_file_is_written_into_a_new_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "ä")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "ä".encode()


def write_half(path: Path) -> None:
    with replacing(path) as temporary:
        assert temporary.suffix == ".npz"
        np.savez(temporary, a=np.zeros(3))
        raise RuntimeError("disk")


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk"):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


def test_the_checksum_tells_contents_apart(tmp_path: Path) -> None:
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        write_text(tmp_path / name, text)
    assert checksum(tmp_path / "a") == checksum(tmp_path / "b") != checksum(tmp_path / "c")

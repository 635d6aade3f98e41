import resource
from pathlib import Path

import pytest

from tracking.lines import LineFile
from tracking.spool import Spool


def _lines(spool: Spool) -> list[str]:
    return [line.decode().strip() for line in spool.read(limit=100)]


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for text in ("a", "b", "c"):
        spool.append(text)
    assert _lines(spool) == ["a", "b", "c"]
    assert not spool.is_empty()
    spool.close()


def test_delivered_lines_are_not_read_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append("a")
    spool.append("b")
    spool.delivered(2)
    assert _lines(spool) == ["b"]
    spool.close()


def test_a_spool_whose_lines_are_all_delivered_leaves_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append("a")
    spool.delivered(2)
    assert spool.is_empty()
    assert spool.path.stat().st_size == 0
    spool.close()
    assert not spool.path.exists()


def test_the_next_spool_has_only_what_was_left(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool")
    first.append("a")
    first.append("b")
    first.delivered(2)
    first.close()
    second = Spool(tmp_path / "spool")
    second.append("c")
    assert _lines(second) == ["b", "c"]
    second.close()


def test_a_spool_of_a_killed_process_tells_everything_again(tmp_path: Path) -> None:
    killed = Spool(tmp_path / "spool")
    killed.append("a")
    killed.append("b")
    killed.delivered(2)
    second = Spool(tmp_path / "spool")
    assert _lines(second) == ["a", "b"]
    killed.close()
    second.close()


@pytest.mark.parametrize("torn", ["half", "x" * 200_000])
def test_a_half_written_line_is_cut_off(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "lines"
    path.write_text("whole\n" + torn)
    file = LineFile(path)
    file.append("next")
    file.close()
    assert path.read_text() == "whole\nnext\n"


def test_a_file_without_one_whole_line_starts_empty(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("half")
    LineFile(path).close()
    assert path.read_text() == ""


def test_a_line_that_fits_only_in_part_is_taken_back(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "lines")
    file.append("whole")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.size_bytes() + 4, before[1]))
    try:
        with pytest.raises(OSError, match="lines: the disk is full"):
            file.append("too long")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "lines").read_text() == "whole\n"
    file.close()


def test_a_full_disk_is_told_and_leaves_whole_lines_only() -> None:
    file = LineFile(Path("/dev/full"))
    with pytest.raises(OSError, match="No space left"):
        file.append("x" * 10)
    file.close()

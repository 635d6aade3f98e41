"""How rows are parted by class, group and time, and which splits are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import spec, written

from models.data.assemble import assemble
from models.data.errors import DataError
from models.data.raw import Raw, Table
from models.data.sources import load
from models.data.splits import Rows, split
from models.data.targets import Target, read_target
from models.spec.data import DataSpec


def parted(folder: Path, frame: pd.DataFrame, *, seed: int = 1, **fields: Any) -> tuple[Raw, Target, Rows]:
    data = spec(source=written(folder, frame), folder=str(folder), target="y", **fields)
    raw = load(data)
    target = read_target(raw, data)
    return raw, target, split(raw, target, data, seed=seed)


def frame_of(y: Any, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": range(len(y)), **columns, "y": y})


def table(y: Any) -> tuple[Table, Target, DataSpec]:
    data = spec(source="unread.csv", target="y")
    raw = assemble(frame_of(y), data, origin="unread.csv")
    assert isinstance(raw, Table)
    return raw, read_target(raw, data), data


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(2, 60), min_size=2, max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_row_is_in_one_part_and_every_class_in_training(counts: list[int], seed: int) -> None:
    y = [word for word, count in zip("abcdef", counts, strict=False) for _ in range(count)]
    if len(counts) > len(y) / 2 or len(y) < 10:
        return
    raw, target, data = table(y)
    rows = split(raw, target, data, seed=seed)
    assert rows.test is not None
    everything = np.concatenate([rows.train, rows.validation, rows.test])
    assert sorted(everything.tolist()) == list(range(len(y)))
    assert set(target.y[rows.train]) == set(target.y)


def test_stratified_parts_have_the_shares_of_the_classes(tmp_path: Path) -> None:
    _, target, rows = parted(tmp_path, frame_of(["a"] * 80 + ["b"] * 20))
    assert rows.test is not None
    assert [np.bincount(target.y[part]).tolist() for part in (rows.train, rows.validation, rows.test)] == [
        [48, 12],
        [16, 4],
        [16, 4],
    ]


def test_an_unstratified_split_follows_chance(tmp_path: Path) -> None:
    _, target, rows = parted(tmp_path, frame_of(["a"] * 80 + ["b"] * 20), split={"stratify": False}, seed=3)
    assert len(rows.validation) == 20
    assert np.bincount(target.y[rows.validation]).tolist() != [16, 4]


def test_the_seed_decides_the_split(tmp_path: Path) -> None:
    frame = frame_of(["a", "b"] * 30)
    first, again, other = (parted(tmp_path, frame, seed=seed)[2].train.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_scaling_does_not_change_the_split(tmp_path: Path) -> None:
    frame = frame_of(["a", "b"] * 30)
    plain, scaled = (parted(tmp_path, frame, scaling=kind)[2].train.tolist() for kind in ("none", "quantile"))
    assert plain == scaled


def test_a_group_is_never_torn_apart(tmp_path: Path) -> None:
    group = np.repeat(np.arange(20), 5)
    _, _, rows = parted(
        tmp_path, frame_of(["a", "b"] * 50, who=group), split={"group": "who", "validation": 0.2, "test": 0.2}
    )
    assert rows.test is not None
    sets = [set(group[part]) for part in (rows.train, rows.validation, rows.test)]
    assert [len(groups) for groups in sets] == [12, 4, 4]
    assert not sets[0] & sets[1]
    assert not sets[0] & sets[2]
    assert not sets[1] & sets[2]


def test_time_puts_the_last_rows_last_and_keeps_equal_times_together(tmp_path: Path) -> None:
    days = np.repeat(pd.date_range("2024-01-01", periods=25).strftime("%Y-%m-%d"), 4)
    shuffled = np.random.default_rng(0).permutation(100)
    frame = frame_of(["a", "b"] * 50, day=days).iloc[shuffled]
    raw, _, rows = parted(tmp_path, frame, split={"time": "day", "validation": 0.21, "test": 0.2})
    assert isinstance(raw, Table)
    assert rows.test is not None
    day = raw.frame["day"]
    assert day.iloc[rows.train].max() < day.iloc[rows.validation].min()
    assert day.iloc[rows.validation].max() < day.iloc[rows.test].min()
    assert len(rows.test) == 20


def test_test_none_gives_no_test_part(tmp_path: Path) -> None:
    assert parted(tmp_path, frame_of(["a", "b"] * 30), split={"test": None})[2].test is None


def test_files_are_taken_whole(tmp_path: Path) -> None:
    written(tmp_path, frame_of(["a", "b"] * 4), "late.csv")
    _, _, rows = parted(tmp_path, frame_of(["a", "b"] * 30), split={"validation": 0.1, "test": "late.csv"})
    assert rows.test is not None
    assert rows.test.tolist() == list(range(60, 68))
    assert len(rows.validation) == 6


def test_rows_thins_the_training_part_alone_and_keeps_the_shares(tmp_path: Path) -> None:
    _, target, rows = parted(tmp_path, frame_of(["a"] * 80 + ["b"] * 20), rows=10)
    assert np.bincount(target.y[rows.train]).tolist() == [8, 2]
    assert len(rows.validation) == 20


@pytest.mark.parametrize(
    ("frame", "fields", "says"),
    [
        (frame_of(["a"] * 9 + ["b"]), {}, r"class `b` has one row \(row 10\)"),
        (
            frame_of(["a", "b"] * 5, who=[1] * 10),
            {"split": {"group": "who"}},
            "the validation part has no rows",
        ),
        (
            frame_of(["a", "b"] * 5, who=[1, None] * 5),
            {"split": {"group": "who"}},
            "`who` is missing in rows 2, 4",
        ),
        (
            frame_of(["a", "b"] * 5, t=["x", "z"] * 5),
            {"split": {"time": "t"}},
            "time column `t` holds neither dates nor numbers",
        ),
        (frame_of(["a", "b"] * 5, t=[1, None] * 5), {"split": {"time": "t"}}, "`t` is missing in rows 2, 4"),
        (frame_of(["a"] * 8 + ["b"] * 2), {"split": {"time": "a"}}, "class `b` is in no training row"),
        (frame_of(np.arange(30) + 0.5), {"split": {"stratify": True}}, "numbers as targets cannot be"),
        (frame_of(["a", "b"]), {"split": {"stratify": False}}, "has 2 classes in 2 rows|part has no rows"),
    ],
)
def test_what_is_wrong_with_a_split_is_said(tmp_path: Path, frame: Any, fields: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        parted(tmp_path, frame, **fields)


def test_a_group_in_two_given_files_is_refused(tmp_path: Path) -> None:
    frame = frame_of(["a", "b"] * 10, who=np.arange(20) // 2)
    written(tmp_path, frame.iloc[:4], "test.csv")
    with pytest.raises(DataError, match="2 groups of `who` stand in several given parts: 0, 1"):
        parted(tmp_path, frame, split={"group": "who", "test": "test.csv"})
